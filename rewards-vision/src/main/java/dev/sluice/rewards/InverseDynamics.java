package dev.sluice.rewards;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.internal.FrameWindows;
import dev.sluice.rewards.internal.IdmBatches;
import dev.sluice.rewards.internal.IdmWeights;
import dev.sluice.rewards.internal.LearnedWeights;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An inverse dynamics model: a small network that reads the joints of the arm from a frame and its neighbours.
 *
 * <p>Convolutions, a spatial softmax (the mean place of what each channel finds, which degrades gracefully on pictures unlike
 * those it learned from), and a linear layer with three others that correct it give (sin, cos) of the direction of each link, and the
 * joints' speeds. A link's direction is linear in the places of its ends; the angle between two links, the elbow's, is not, and so is
 * left to subtraction. Unlike {@link ArmJudge} it always gives an answer.
 *
 * <p>Source: EVA (2026), arXiv:2603.17808; the sizes are our own.
 *
 * <p>Memory: the weights belong to it. Several threads may read at a time.
 */
public final class InverseDynamics implements AutoCloseable {
    /**
     * The sizes of the network.
     *
     * @param context frames before and after each that it sees
     * @param channels of the convolutions, a multiple of 8
     * @param hidden width of the layers
     */
    public record Architecture(int context, int channels, int hidden) {
        /** Numbers that the network predicts: sine and cosine of the direction of each link, and the speed of each joint. */
        public static final int OUTPUTS = 6;

        public Architecture {
            Require.within("context", context, 0, 8);
            Require.atLeast("channels", channels, 8);
            Require.atLeast("hidden", hidden, 1);
            if (channels % 8 != 0) {
                throw new IllegalArgumentException("channels (%s) must be a multiple of 8.".formatted(channels));
            }
        }

        /** Returns the frames that it sees at a time. */
        public int window() {
            return 2 * context + 1;
        }
    }

    /**
     * What was read from a video.
     *
     * @param angles frames × 2, in radians, without jumps of a whole turn
     * @param speeds frames × 2, in rad/s up to twice the greatest, as the network sees them and not as the angles change
     */
    public record Joints(double[][] angles, double[][] speeds) {
        /** Returns the angles as a motion. */
        public ArmMotion motion() {
            return new ArmMotion(Arrays.stream(angles)
                    .map(frame -> new ArmPose(frame[0], frame[1]))
                    .toList());
        }
    }

    private static final String BUNDLED = "/dev/sluice/rewards/idm-arm/";

    private final NDManager manager;
    private final Architecture architecture;
    private final Weights weights;

    private InverseDynamics(NDManager manager, Architecture architecture, Weights weights) {
        this.manager = manager;
        this.architecture = architecture;
        this.weights = weights;
    }

    /**
     * Opens a folder with {@code config.json} and {@code model.safetensors}.
     *
     * @throws IOException if a file is missing, broken or does not fit the other
     */
    public static InverseDynamics open(Path folder) throws IOException {
        Architecture architecture = architecture(folder.resolve(LearnedWeights.CONFIG));
        NDManager manager = Torch.newManager(Device.cpu());
        try (WeightFiles files = WeightFiles.open(folder.resolve(LearnedWeights.WEIGHTS))) {
            IdmWeights.check(architecture, files);
            return new InverseDynamics(manager, architecture, files.load(manager));
        } catch (IOException | RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    private static Architecture architecture(Path config) throws IOException {
        if (!Files.isRegularFile(config)) {
            throw new IOException("%s is not there; expected a folder of an inverse dynamics model.".formatted(config));
        }
        try {
            JsonNode json = JsonMapper.builder().build().readTree(config);
            return new Architecture(
                    json.path("context").asInt(-1),
                    json.path("channels").asInt(-1),
                    json.path("hidden").asInt(-1));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException(
                    "%s: %s"
                            .formatted(
                                    config, e.getMessage().lines().findFirst().orElse("")),
                    e);
        }
    }

    /** Opens the bundled model of the arm. */
    public static InverseDynamics bundled() {
        try {
            Path folder = Files.createTempDirectory("sluice-idm");
            try {
                for (String name : new String[] {LearnedWeights.CONFIG, LearnedWeights.WEIGHTS}) {
                    try (InputStream in = InverseDynamics.class.getResourceAsStream(BUNDLED + name)) {
                        Files.copy(in, folder.resolve(name));
                    }
                }
                return open(folder);
            } finally {
                Files.deleteIfExists(folder.resolve(LearnedWeights.CONFIG));
                Files.deleteIfExists(folder.resolve(LearnedWeights.WEIGHTS));
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns what {@code config.json} says. */
    static Map<String, Object> config(Architecture architecture) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", "InverseDynamics");
        json.put("context", architecture.context());
        json.put("channels", architecture.channels());
        json.put("hidden", architecture.hidden());
        return json;
    }

    /** Returns the sizes. */
    public Architecture architecture() {
        return architecture;
    }

    /** Returns the number of weights. */
    public long parameterCount() {
        return weights.parameterCount();
    }

    /**
     * Reads every frame of a video.
     *
     * @throws IllegalArgumentException if it has fewer than two frames or another size than 32×32 pixels
     */
    public Joints read(Media video) {
        ArmJudge.require(video);
        int frames = video.frames();
        Shape shape = new Shape(frames, 3L * architecture.window(), video.height(), video.width());
        float[] read;
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray windows = scratch.create(FrameWindows.of(video, architecture.context()), shape);
            read = Ops.call("idm", weights, windows).toFloatArray();
        }
        double[][] angles = new double[frames][2];
        double[][] speeds = new double[frames][2];
        for (int frame = 0; frame < frames; frame++) {
            int row = frame * Architecture.OUTPUTS;
            double upper = Math.atan2(read[row], read[row + 1]);
            double lower = Math.atan2(read[row + 2], read[row + 3]);
            for (int joint = 0; joint < 2; joint++) {
                double angle = joint == 0 ? upper : ArmPose.wrapped(lower - upper);
                double before = frame == 0 ? 0 : angles[frame - 1][joint];
                angles[frame][joint] = before + ArmPose.wrapped(angle - before);
                speeds[frame][joint] = read[row + 4 + joint]
                        * IdmBatches.SPEED_UNIT
                        * ArmWorld.LIMITS.get(joint).velocity();
            }
        }
        return new Joints(angles, speeds);
    }

    @Override
    public void close() {
        weights.close();
        manager.close();
    }
}
