package dev.sluice.rewards.internal.preference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.RewardArchitecture;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The network of a reward model: the names and shapes of its weights, fresh ones, and how it is called.
 *
 * @param architecture what it is
 * @param viewSize numbers of a view
 * @param promptSize numbers of a prompt
 */
public record RewardNetwork(RewardArchitecture architecture, int viewSize, int promptSize) {
    private static final int WORDS = 64;
    private static final int MIXED = 32;

    /** What a criterion of another aspect has added before the softmax. */
    private static final float NEVER = -1e4f;

    /** Returns the shape of views as the network takes them. */
    private Shape views(int rows) {
        return architecture.encoding() instanceof RewardArchitecture.Encoding.Pixels pixels
                ? new Shape(rows, 3, pixels.size(), pixels.size())
                : new Shape(rows, viewSize);
    }

    private Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        long prompt = promptSize;
        if (architecture.prompt()) {
            linear(shapes, "words", prompt, WORDS);
            prompt = WORDS;
        }
        long features = viewSize;
        if (architecture.encoding() instanceof RewardArchitecture.Encoding.Pixels pixels) {
            int c = pixels.channels();
            convolution(shapes, 1, 5, c, prompt);
            convolution(shapes, 2, c, c, prompt);
            convolution(shapes, 3, c, 2L * c, prompt);
            features = 4L * c;
        } else {
            shapes.put("features.mean", new Shape(features));
            shapes.put("features.deviation", new Shape(features));
        }
        if (architecture.prompt()) {
            linear(shapes, "mix.media", features, MIXED);
            linear(shapes, "mix.prompt", prompt, MIXED);
            features += MIXED;
        }
        head(shapes, features, prompt);
        return shapes;
    }

    private void head(Map<String, Shape> shapes, long features, long prompt) {
        if (architecture.head() instanceof RewardArchitecture.Head.Linear) {
            linear(shapes, "out", features, architecture.columns().size());
        } else if (architecture.head() instanceof RewardArchitecture.Head.TwoLayer two) {
            linear(shapes, "hidden", features, two.hidden());
            linear(shapes, "out", two.hidden(), architecture.columns().size());
        } else if (architecture.head() instanceof RewardArchitecture.Head.Experts experts) {
            int criteria = architecture.criteria().size();
            int aspects = architecture.aspects().size();
            linear(shapes, "hidden", features, experts.hidden());
            linear(shapes, "out", experts.hidden(), criteria);
            linear(shapes, "gate.hidden", prompt, experts.hidden());
            linear(shapes, "gate.criteria", experts.hidden(), criteria);
            linear(shapes, "gate.aspects", experts.hidden(), aspects);
            shapes.put("gate.groups", new Shape(aspects, criteria));
            shapes.put("gate.temperature", new Shape(1));
        }
    }

    private static void linear(Map<String, Shape> shapes, String name, long inputs, long outputs) {
        shapes.put(name + ".weight", new Shape(outputs, inputs));
        shapes.put(name + ".bias", new Shape(outputs));
    }

    private static void convolution(Map<String, Shape> shapes, int number, long inputs, long outputs, long prompt) {
        shapes.put("conv_%s.weight".formatted(number), new Shape(outputs, inputs, 3, 3));
        shapes.put("conv_%s.bias".formatted(number), new Shape(outputs));
        shapes.put("norm_%s.weight".formatted(number), new Shape(outputs));
        shapes.put("norm_%s.bias".formatted(number), new Shape(outputs));
        linear(shapes, "norm_%s.film".formatted(number), prompt, 2 * outputs);
    }

    /** Returns whether an array is learned, and not measured or given. */
    public static boolean learned(String name) {
        return !name.startsWith("features.") && !name.equals("gate.groups") && !name.equals("gate.temperature");
    }

    /**
     * Refuses files that are not of these sizes.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    public void check(WeightFiles files) throws IOException {
        for (Map.Entry<String, Shape> wanted : shapes().entrySet()) {
            String name = wanted.getKey();
            if (!files.contains(name) || !files.shape(name).equals(wanted.getValue())) {
                throw new IOException("%s: %s is %s; its config.json needs the shape %s."
                        .formatted(
                                files.path(),
                                name,
                                files.contains(name) ? files.shape(name) : "missing",
                                wanted.getValue()));
            }
        }
    }

    /** Returns fresh weights, normal with variance 2/inputs; what scores begins with a hundredth of it, so that all scores are near 0. */
    public Weights fresh(NDManager manager, long seed) {
        NoiseSource noise = NoiseSource.of(seed);
        Weights weights = new Weights(manager);
        shapes().forEach((name, shape) -> {
            if (name.equals("gate.groups")) {
                weights.put(name, manager.create(groups(), shape));
            } else if (name.equals("gate.temperature")) {
                double temperature = ((RewardArchitecture.Head.Experts) architecture.head()).temperature();
                weights.put(name, manager.create(new float[] {(float) temperature}, shape));
            } else if (name.endsWith(".bias") || name.equals("features.mean")) {
                weights.put(name, manager.zeros(shape));
            } else if (name.matches("norm_\\d\\.weight|features.deviation")) {
                weights.put(name, manager.ones(shape));
            } else {
                float[] values = noise.gaussian(Math.toIntExact(shape.size()));
                boolean small = name.startsWith("out") || name.contains("film");
                // What a prompt's numbers are, a vector of length 1, is small for a layer of so many inputs.
                double inputs = name.startsWith("words") ? 1 : (double) shape.size() / shape.get(0);
                double deviation = Math.sqrt(2 / inputs) * (small ? 0.1 : 1);
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (values[i] * deviation);
                }
                weights.put(name, manager.create(values, shape));
            }
        });
        return weights;
    }

    private float[] groups() {
        List<String> aspects = architecture.aspects();
        List<String> criteria = architecture.criteria();
        float[] groups = new float[aspects.size() * criteria.size()];
        for (int a = 0; a < aspects.size(); a++) {
            for (int c = 0; c < criteria.size(); c++) {
                boolean own = criteria.get(c).startsWith(aspects.get(a) + "/");
                groups[a * criteria.size() + c] = own ? 0 : NEVER;
            }
        }
        return groups;
    }

    /** Returns how many numbers the network gives for a view: the columns' scores, and with experts the gates of the aspects. */
    public int outputs() {
        boolean experts = architecture.head() instanceof RewardArchitecture.Head.Experts;
        return architecture.columns().size() + (experts ? architecture.aspects().size() : 0);
    }

    /**
     * Calls the network.
     *
     * @param scratch owns the result
     * @param seen what it judges
     * @return shape (views of all, outputs)
     */
    public NDArray call(NDManager scratch, Weights weights, List<Encoder.Seen> seen) {
        int rows = seen.stream().mapToInt(one -> one.views().length).sum();
        float[] views = new float[rows * viewSize];
        float[] prompts = new float[rows * promptSize];
        int row = 0;
        for (Encoder.Seen one : seen) {
            for (float[] view : one.views()) {
                System.arraycopy(view, 0, views, row * viewSize, viewSize);
                System.arraycopy(one.prompt(), 0, prompts, row * promptSize, promptSize);
                row++;
            }
        }
        return Ops.call(
                "reward_model",
                weights,
                scratch.create(views, views(rows)),
                scratch.create(prompts, new Shape(rows, promptSize)));
    }

    /** Returns the mean of each sample's views. */
    public double[][] means(float[] outputs, List<Encoder.Seen> seen) {
        int width = outputs();
        double[][] means = new double[seen.size()][width];
        int row = 0;
        for (int i = 0; i < means.length; i++) {
            int views = seen.get(i).views().length;
            for (int view = 0; view < views; view++, row++) {
                for (int k = 0; k < width; k++) {
                    means[i][k] += (double) outputs[row * width + k] / views;
                }
            }
        }
        return means;
    }

    /** Returns what each view's outputs contribute, from the derivatives by the samples' means. */
    public float[] cotangents(double[][] slopes, List<Encoder.Seen> seen) {
        int width = outputs();
        int rows = seen.stream().mapToInt(one -> one.views().length).sum();
        float[] cotangents = new float[rows * width];
        int row = 0;
        for (int i = 0; i < slopes.length; i++) {
            int views = seen.get(i).views().length;
            for (int view = 0; view < views; view++, row++) {
                for (int k = 0; k < width; k++) {
                    cotangents[row * width + k] = (float) (slopes[i][k] / views);
                }
            }
        }
        return cotangents;
    }
}
