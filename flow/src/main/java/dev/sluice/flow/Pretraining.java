package dev.sluice.flow;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.PretrainedModel;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Flow-matching pretraining of a small transformer together with its text encoder, in pixel space: SD3's and T5 for pictures, Wan's and
 * UMT5 for videos.
 *
 * <p>The loss is the mean of ‖v_θ(x_σ, σ, c) − (ε − z)‖² with x_σ = (1 − σ)·z + σ·ε and σ logit-normal.
 *
 * <p>A model of videos may be given the first frame, as one from a picture is. One that is to make videos in chunks sees a random
 * number of blocks clean and the others at one σ, so that it learns to go on from every block; clean blocks count as an error of 0.
 *
 * <p>Where the data have labels, the transformer also predicts those of the clean image's pixels, in channels beside the
 * velocity's, and a linear layer those of the caption's words from the text encoder's states; the exported model has neither.
 * What an object is called, and which of two a word belongs to, weighs little in pixels; labels teach it sooner. Labels of videos may
 * tell what moves, frame by frame; they are those of the clean video at every noise level, so that motion is learned as a whole.
 *
 * <p>An error of one frame that is not one of its neighbours is a tremble, and weighs no more than any other. With a weight of
 * motion the squares of its differences from frame to frame, and of theirs, are added; what is best to predict stays the mean.
 *
 * <p>Source: Lipman et al. (2023), arXiv:2210.02747; the times of Esser et al. (2024), arXiv:2403.03206; predicting
 * more than the picture from the same features is from Chefer et al. (2025), VideoJAM, arXiv:2502.02492.
 */
public final class Pretraining implements Learner {
    /**
     * Videos instead of pictures, and so Wan's networks.
     *
     * @param frames of a video
     * @param patchFrames frames of a token
     * @param blockFrames frames that see each other and those before, but none after, for a model that makes videos in chunks
     *     ({@link VideoStream}); all see all if left out
     * @param picture whether the model starts from the first frame, which it is given; no if left out
     * @param cleanOutput whether the network predicts the clean video, of which the velocity follows, and not the velocity, which is mostly
     *     noise: a network can only pass on as much noise in a token as it is wide, but a clean video may be simple (Li and He, 2025,
     *     arXiv:2511.13720); no if left out
     */
    public record Video(
            int frames,
            int patchFrames,
            Optional<Integer> blockFrames,
            Optional<Boolean> picture,
            Optional<Boolean> cleanOutput) {
        /** Videos from text, in which all frames see all. */
        public Video(int frames, int patchFrames) {
            this(frames, patchFrames, Optional.empty(), Optional.empty(), Optional.empty());
        }

        public Video {
            Require.atLeast("frames", frames, 1);
            Require.atLeast("patchFrames", patchFrames, 1);
            if (frames % patchFrames != 0) {
                throw new IllegalArgumentException(
                        "frames (%s) must be a multiple of patchFrames (%s).".formatted(frames, patchFrames));
            }
            int block = blockFrames.orElse(frames);
            if (block < 1 || frames % block != 0 || block % patchFrames != 0) {
                throw new IllegalArgumentException(
                        "blockFrames (%s) must be a multiple of patchFrames (%s) that frames (%s) is a multiple of."
                                .formatted(block, patchFrames, frames));
            }
        }

        /** Returns how many parts of a video see none that come later. */
        public int blocks() {
            return frames / blockFrames.orElse(frames);
        }

        /** Returns whether the model starts from the first frame. */
        public boolean fromPicture() {
            return picture.orElse(false);
        }

        /** Returns whether the network predicts the clean video. */
        public boolean predictsVideo() {
            return cleanOutput.orElse(false);
        }

        /** Checkpoints hold this text: those of runs that choose none of the rest have the first two alone. */
        @Override
        public String toString() {
            String more = blockFrames.map(", blockFrames=%s"::formatted).orElse("")
                    + picture.map(", picture=%s"::formatted).orElse("")
                    + cleanOutput.map(", cleanOutput=%s"::formatted).orElse("");
            return "Video[frames=%s, patchFrames=%s%s]".formatted(frames, patchFrames, more);
        }
    }

    /**
     * The sizes of the model.
     *
     * @param imageSize rows and columns of the images
     * @param patchSize pixels in a row of a token
     * @param layers blocks of the transformer
     * @param heads attention heads of the transformer
     * @param headSize width of a head
     * @param textLayers blocks of the text encoder
     * @param textHeads attention heads of the text encoder
     * @param textWidth width of the text encoder
     * @param maxTokens length that captions are padded to, the end token included
     * @param video of a model of videos; empty for pictures
     */
    public record Architecture(
            int imageSize,
            int patchSize,
            int layers,
            int heads,
            int headSize,
            int textLayers,
            int textHeads,
            int textWidth,
            int maxTokens,
            Optional<Video> video) {
        /** The sizes of a model of pictures. */
        public Architecture(
                int imageSize,
                int patchSize,
                int layers,
                int heads,
                int headSize,
                int textLayers,
                int textHeads,
                int textWidth,
                int maxTokens) {
            this(
                    imageSize,
                    patchSize,
                    layers,
                    heads,
                    headSize,
                    textLayers,
                    textHeads,
                    textWidth,
                    maxTokens,
                    Optional.empty());
        }

        public Architecture {
            Require.atLeast("imageSize", imageSize, 1);
            Require.atLeast("patchSize", patchSize, 1);
            Require.atLeast("layers", layers, 1);
            Require.atLeast("heads", heads, 1);
            Require.atLeast("headSize", headSize, 2);
            Require.atLeast("textLayers", textLayers, 1);
            Require.atLeast("textHeads", textHeads, 1);
            Require.atLeast("textWidth", textWidth, 1);
            Require.atLeast("maxTokens", maxTokens, 2);
            if (imageSize % patchSize != 0) {
                throw new IllegalArgumentException(
                        "imageSize (%s) must be a multiple of patchSize (%s).".formatted(imageSize, patchSize));
            }
            if (heads * headSize % 4 != 0 || textWidth % textHeads != 0) {
                throw new IllegalArgumentException(
                        "heads·headSize (%s) must be a multiple of 4 and textWidth (%s) of textHeads (%s)."
                                .formatted(heads * headSize, textWidth, textHeads));
            }
        }

        /** Returns the numbers of a token. */
        public int tokenSize() {
            return 3 * patchSize * patchSize * video.map(Video::patchFrames).orElse(1);
        }

        /**
         * Returns the share of the noise that stays in whatever the model makes, in [0, 1): a velocity is mostly noise, and a network
         * passes on no more numbers of a token than it is wide.
         */
        public double noiseKept() {
            boolean clean = video.map(Video::predictsVideo).orElse(false);
            return clean ? 0 : Math.max(0, 1 - heads * headSize / (double) tokenSize());
        }
    }

    /**
     * How to train.
     *
     * @param steps updates in all
     * @param batch images in an update
     * @param chunkSize images that go through the networks together, the last chunk perhaps with fewer; chunks are worked on
     *     side by side
     * @param optimizer AdamW's options; its learning rate is the highest
     * @param muonMomentum momentum of {@link Muon} for the matrices of the transformer's blocks, in [0, 1); 0 leaves them to
     *     AdamW as well
     * @param warmupSteps updates until the highest learning rate
     * @param finalLearningRate share of the highest learning rate at the end of a cosine decay, in [0, 1]
     * @param emaDecay decay of the moving average that is kept as the model, in [0, 1)
     * @param captionDropout share of captions replaced by the empty one, for guidance; in [0, 1]
     * @param labelWeight weight of the labels' mean squared errors beside the velocity's, where the data have labels; 0 leaves
     *     them out
     * @param motionWeight of videos, weight of the mean squared errors of the first and second differences of frames beside those of
     *     the frames themselves, of the velocity and of labels; 0 leaves them out
     * @param logitMean mean of logit σ
     * @param logitDeviation standard deviation of logit σ, above 0
     * @param seed of the first weights, the noise and the times
     */
    public record Options(
            long steps,
            int batch,
            int chunkSize,
            AdamW.Options optimizer,
            double muonMomentum,
            long warmupSteps,
            double finalLearningRate,
            double emaDecay,
            double captionDropout,
            double labelWeight,
            double motionWeight,
            double logitMean,
            double logitDeviation,
            long seed) {
        /** How to train without a weight of motion. */
        public Options(
                long steps,
                int batch,
                int chunkSize,
                AdamW.Options optimizer,
                double muonMomentum,
                long warmupSteps,
                double finalLearningRate,
                double emaDecay,
                double captionDropout,
                double labelWeight,
                double logitMean,
                double logitDeviation,
                long seed) {
            this(
                    steps,
                    batch,
                    chunkSize,
                    optimizer,
                    muonMomentum,
                    warmupSteps,
                    finalLearningRate,
                    emaDecay,
                    captionDropout,
                    labelWeight,
                    0,
                    logitMean,
                    logitDeviation,
                    seed);
        }

        public Options {
            Require.positive("steps", steps);
            Require.atLeast("batch", batch, 1);
            Require.atLeast("chunkSize", chunkSize, 1);
            Require.within("muonMomentum", muonMomentum, 0, Math.nextDown(1.0));
            Require.notNegative("warmupSteps", warmupSteps);
            Require.within("finalLearningRate", finalLearningRate, 0, 1);
            Require.within("emaDecay", emaDecay, 0, Math.nextDown(1.0));
            Require.within("captionDropout", captionDropout, 0, 1);
            Require.notNegative("labelWeight", labelWeight);
            Require.notNegative("motionWeight", motionWeight);
            Require.positive("logitDeviation", logitDeviation);
        }

        /** Returns the number of chunks of an update. */
        public int chunks() {
            return (batch - 1) / chunkSize + 1;
        }

        /** Returns the learning rate of an update, counted from 0. */
        public double learningRate(long step) {
            RateSchedule schedule = new RateSchedule(
                    Math.toIntExact(warmupSteps), Math.toIntExact(Math.max(1, steps - warmupSteps)), finalLearningRate);
            return optimizer.learningRate() * schedule.share(step);
        }
    }

    private final Lanes lanes;
    private final NDManager manager;
    private final Architecture architecture;
    private final Options options;
    private final PretrainingBatches batches;
    private final PretrainedModel model;
    private final Map<String, NDArray> parameters;
    private final PretrainingGradient gradient;
    private final AdamW optimizer;
    private final Muon muon;
    private final Ema ema;
    private long step;

    /**
     * Starts from fresh weights.
     *
     * @param lanes work on the chunks of an update; they stay the caller's
     * @param vocabulary all words that captions may have
     */
    public Pretraining(
            Lanes lanes,
            Device device,
            Architecture architecture,
            List<String> vocabulary,
            Options options,
            PretrainingData data) {
        if (options.motionWeight() > 0
                && architecture.video().map(Video::frames).orElse(1) < 3) {
            throw new IllegalArgumentException(
                    "motionWeight (%s) must be 0 for pictures and for videos of less than three frames, which have no second differences."
                            .formatted(options.motionWeight()));
        }
        this.lanes = lanes;
        this.manager = Torch.newManager(device);
        this.architecture = architecture;
        this.options = options;
        this.batches = new PretrainingBatches(options, architecture.maxTokens(), data);
        this.model = PretrainedModel.create(
                manager, architecture, batches.pixelLabels(), batches.wordLabels(), vocabulary, options.seed());
        this.parameters = new LinkedHashMap<>(model.arrays());
        parameters.keySet().removeIf(name -> !model.learned(name));
        Map<String, NDArray> matrices = new LinkedHashMap<>(parameters);
        matrices.entrySet()
                .removeIf(entry -> options.muonMomentum() == 0
                        || !model.hidden(entry.getKey(), entry.getValue().getShape()));
        Map<String, NDArray> others = new LinkedHashMap<>(parameters);
        others.keySet().removeAll(matrices.keySet());
        this.optimizer = new AdamW(manager, others, options.optimizer());
        this.muon = new Muon(
                manager, matrices, options.muonMomentum(), options.optimizer().weightDecay());
        this.ema = new Ema(manager, parameters, new Ema.Options(options.emaDecay(), 1));
        this.gradient = new PretrainingGradient(manager, lanes, model, parameters, options);
    }

    /**
     * Starts from a model's weights instead of fresh ones; call before the first update.
     *
     * @param folder a model of the same architecture and vocabulary, as {@link #export} writes it
     * @throws IOException if it cannot be read or differs; then the weights may be partly taken
     */
    public void startFrom(Path folder) throws IOException {
        if (step != 0) {
            throw new IllegalStateException(
                    "startFrom must come before the first update, not after %s.".formatted(step));
        }
        model.load(folder);
        ema.restore(parameters);
    }

    /** Returns the options. */
    public Options options() {
        return options;
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public long parameterCount() {
        return parameters.values().stream().mapToLong(NDArray::size).sum();
    }

    @Override
    public Progress update() {
        double rate = options.learningRate(step);
        double loss = gradient.accumulate(batches.draw(model, step));
        Map<String, NDArray> gradients = gradient.values();
        double norm = AdamW.norm(manager, gradients.values());
        if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
            throw new PretrainingStoppedException(
                    "The loss (%s) and the gradient's norm (%s) of update %s must be finite.%nMaybe lower the learning rate (%s)."
                            .formatted(loss, norm, step, rate));
        }
        optimizer.step(gradients, rate);
        muon.step(lanes, gradients, rate);
        ema.step(parameters, step);
        step++;
        return new Progress(step, loss, norm, rate);
    }

    @Override
    public void checkpoint(Path folder) throws IOException {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        parameters.forEach((name, array) -> arrays.put("parameter." + name, array));
        optimizer.state().forEach((name, array) -> arrays.put("optimizer." + name, array));
        muon.state().forEach((name, array) -> arrays.put("muon." + name, array));
        ema.values().forEach((name, array) -> arrays.put("ema." + name, array));
        Map<String, String> metadata =
                Map.of("step", Long.toString(step), "architecture", architecture.toString(), "options", optionsText());
        SafetensorsWriter.write(folder.resolve(CHECKPOINT), arrays, metadata, SafetensorsWriter.Storage.FLOAT32);
    }

    /** The file in a checkpoint's folder. */
    public static final String CHECKPOINT = "pretraining.safetensors";

    @Override
    public void restore(Path folder) throws IOException {
        Path path = folder.resolve(CHECKPOINT);
        try (SafetensorsFile file = SafetensorsFile.open(path);
                NDManager scratch = manager.newSubManager()) {
            requireSame(path, "architecture", architecture.toString(), file.metadata());
            requireSame(path, "options", optionsText(), file.metadata());
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            for (String name : file.names()) {
                arrays.put(name, file.read(scratch, name));
            }
            parameters.forEach((name, array) -> InPlace.assign(array, arrays.get("parameter." + name)));
            long taken = Long.parseLong(file.metadata().get("step"));
            optimizer.restore(taken, part(arrays, "optimizer."));
            muon.restore(part(arrays, "muon."));
            ema.restore(part(arrays, "ema."));
            step = taken;
        }
    }

    /** Checkpoints hold this text: those of runs without a weight of motion do not name it. */
    private String optionsText() {
        return options.toString().replace(", motionWeight=0.0", "");
    }

    private static void requireSame(Path path, String name, String expected, Map<String, String> metadata)
            throws IOException {
        if (!expected.equals(metadata.get(name))) {
            throw new IOException(
                    "%s was made with another %s (%s); this run has %s.%nMaybe name another output folder."
                            .formatted(path, name, metadata.get(name), expected));
        }
    }

    private static Map<String, NDArray> part(Map<String, NDArray> arrays, String prefix) {
        Map<String, NDArray> part = new LinkedHashMap<>();
        arrays.forEach((name, array) -> {
            if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), array);
            }
        });
        return part;
    }

    /** Writes the averaged model as a folder in diffusers' layout, in half precision. */
    @Override
    public void export(Path folder, Map<String, Object> madeBy) throws IOException {
        Map<String, NDArray> averaged = new LinkedHashMap<>(model.arrays());
        averaged.putAll(ema.values());
        model.export(folder, averaged, madeBy);
    }

    @Override
    public void close() {
        gradient.close();
        optimizer.close();
        muon.close();
        ema.close();
        model.close();
        manager.close();
    }
}
