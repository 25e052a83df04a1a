package dev.sluice.rewards.internal.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.RewardArchitecture;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.TestMedia;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RewardNetworkTest {
    private static RewardArchitecture experts(double temperature) {
        return new RewardArchitecture(
                new RewardArchitecture.Encoding.Pixels(16, 8),
                true,
                new RewardArchitecture.Head.Experts(8, 3, temperature),
                List.of("look", "motion/path", "motion/speed"));
    }

    private static List<Encoder.Seen> seen(RewardArchitecture architecture) throws IOException {
        try (Encoder encoder = Encoder.open(architecture, 1)) {
            return encoder.see(List.of(
                    new Sample(TestMedia.photo(20, 1), "a red star", Map.of()),
                    new Sample(TestMedia.square(6, 0), "two circles", Map.of()),
                    new Sample(TestMedia.photo(16, 3), "a star", Map.of())));
        }
    }

    private static RewardNetwork network(RewardArchitecture architecture) {
        return new RewardNetwork(architecture, 3 * 16 * 16, PromptWords.SIZE);
    }

    private static double[][] outputs(
            RewardNetwork network, NDManager manager, Weights weights, List<Encoder.Seen> seen) {
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            return network.means(network.call(scratch, weights, seen).toFloatArray(), seen);
        }
    }

    @Test
    void aVideoIsTheMeanOfItsFramesAndAspectsAreMixturesOfTheirCriteria() throws IOException {
        RewardArchitecture architecture = experts(1);
        RewardNetwork network = network(architecture);
        List<Encoder.Seen> seen = seen(architecture);
        assertThat(seen.get(1).views()).hasNumberOfRows(4);
        try (NDManager manager = Torch.newManager();
                Weights weights = network.fresh(manager, 1)) {
            double[][] all = outputs(network, manager, weights, seen);
            assertThat(network.outputs()).isEqualTo(1 + 2 + 5 + 2);
            for (double[] row : all) {
                assertThat(row[8] + row[9]).isCloseTo(1, within(1e-6));
            }
            // Of one view, everything is a mixture of what stands below it.
            double[] row = all[0];
            assertThat(row[0]).isCloseTo(row[8] * row[1] + row[9] * row[2], within(1e-6));
            assertThat(row[1]).isBetween(least(row, 3, 6), most(row, 3, 6));
            assertThat(row[2]).isBetween(least(row, 6, 8), most(row, 6, 8));
            Encoder.Seen video = seen.get(1);
            double sum = 0;
            for (float[] view : video.views()) {
                sum += outputs(
                        network, manager, weights, List.of(new Encoder.Seen(new float[][] {view}, video.prompt())))[0][
                        0];
            }
            assertThat(all[1][0]).isCloseTo(sum / 4, within(1e-6));
        }
    }

    private static double least(double[] row, int from, int to) {
        return Arrays.stream(row, from, to).min().orElseThrow() - 1e-6;
    }

    private static double most(double[] row, int from, int to) {
        return Arrays.stream(row, from, to).max().orElseThrow() + 1e-6;
    }

    /** The softmax of (1, 2, 3)/T of the source, as the gates of one aspect's criteria. */
    @Test
    void gatesAreASoftmaxWithATemperature() throws IOException {
        for (double temperature : new double[] {1, 10}) {
            RewardArchitecture architecture = experts(temperature);
            RewardNetwork network = network(architecture);
            try (NDManager manager = Torch.newManager();
                    Weights weights = network.fresh(manager, 1)) {
                for (String name : List.of("gate.criteria.weight", "gate.aspects.weight", "out.weight")) {
                    InPlace.zero(weights.get(name));
                }
                weights.put("gate.criteria.bias", manager.create(new float[] {1, 2, 3, 7, 7}));
                weights.put("out.bias", manager.create(new float[] {1, 10, 100, 0, 0}));
                double look = outputs(network, manager, weights, seen(architecture))[0][1];
                double expected = temperature == 1
                        ? 0.090031 + 10 * 0.244728 + 100 * 0.665241
                        : 0.300610 + 10 * 0.332225 + 100 * 0.367165;
                assertThat(look).isCloseTo(expected, within(2e-4));
            }
        }
    }

    @Test
    void gradientsOfWeightsAreThoseOfFiniteDifferences() throws IOException {
        RewardArchitecture architecture = experts(2);
        RewardNetwork network = network(architecture);
        List<Encoder.Seen> seen = seen(architecture);
        double[][] slopes = new double[3][network.outputs()];
        for (int i = 0; i < 3; i++) {
            for (int k = 0; k < slopes[i].length; k++) {
                slopes[i][k] = Math.sin(1 + i + 2.3 * k);
            }
        }
        try (NDManager manager = Torch.newManager();
                Weights weights = network.fresh(manager, 7)) {
            weights.asMap().forEach((name, array) -> array.setRequiresGradient(RewardNetwork.learned(name)));
            try (NDManager scratch = manager.newSubManager();
                    Torch.Scope recording = Torch.withGradient()) {
                NDArray outputs = network.call(scratch, weights, seen);
                Torch.backward(outputs, scratch.create(network.cotangents(slopes, seen), outputs.getShape()));
            }
            for (String name : List.of(
                    "words.weight",
                    "conv_1.weight",
                    "norm_2.film.weight",
                    "mix.prompt.weight",
                    "hidden.weight",
                    "out.weight",
                    "gate.criteria.weight",
                    "gate.aspects.bias")) {
                float[] gradient = weights.get(name).getGradient().toFloatArray();
                int strongest = 0;
                for (int i = 0; i < gradient.length; i++) {
                    strongest = Math.abs(gradient[i]) > Math.abs(gradient[strongest]) ? i : strongest;
                }
                float step = 2e-3f;
                double above = value(network, manager, weights, seen, slopes, name, strongest, step);
                double below = value(network, manager, weights, seen, slopes, name, strongest, -step);
                double numeric = (above - below) / (2 * step);
                assertThat((double) gradient[strongest])
                        .as(name)
                        .isCloseTo(numeric, within(0.02 * Math.abs(numeric) + 2e-3));
            }
        }
    }

    private static double value(
            RewardNetwork network,
            NDManager manager,
            Weights weights,
            List<Encoder.Seen> seen,
            double[][] slopes,
            String name,
            int place,
            float step) {
        float[] values = weights.get(name).toFloatArray();
        float[] moved = values.clone();
        moved[place] += step;
        assign(weights.get(name), moved);
        double[][] outputs = outputs(network, manager, weights, seen);
        assign(weights.get(name), values);
        double sum = 0;
        for (int i = 0; i < outputs.length; i++) {
            for (int k = 0; k < outputs[i].length; k++) {
                sum += outputs[i][k] * slopes[i][k];
            }
        }
        return sum;
    }

    private static void assign(NDArray target, float[] values) {
        try (NDManager scratch = target.getManager().newSubManager()) {
            InPlace.assign(target, scratch.create(values, target.getShape()));
        }
    }
}
