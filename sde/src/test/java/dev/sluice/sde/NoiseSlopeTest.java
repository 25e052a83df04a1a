package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Torch;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The literal log-density, in doubles, at slightly more and slightly less noise. */
class NoiseSlopeTest {
    private static final double[] X = {0.5, -1, 0.25, 2};
    private static final double[] V = {-0.3, 0.8, -1.2, 0.1};
    private static final double[] NEXT = {0.54, -1.13, 0.65, 1.46};

    @ParameterizedTest(name = "from {0} to {1} with g = {2}")
    @CsvSource({"0.7, 0.5, 1.069267662", "0.7, 0.5, 0.3", "1, 0.96, 3.5", "0.2, 0.05, 0.6"})
    void theSlopeIsTheDensitysFiniteDifference(double sigma, double next, double g) {
        TimeSchedule grid =
                new TimeSchedule.Explicit(sigma == 1 ? List.of(1.0, next, 0.0) : List.of(1.0, sigma, next, 0.0));
        int step = sigma == 1 ? 0 : 1;
        GaussianStep numbers = GaussianStep.eulerMaruyama(grid, step, g);
        try (NDManager manager = Torch.newManager()) {
            NDArray x = array(manager, X);
            NDArray mean = numbers.mean(x, array(manager, V), Optional.empty());
            float slope = numbers.noiseSlope(x, mean, array(manager, NEXT)).toFloatArray()[0];
            double expected =
                    (logProb(grid, step, g * Math.exp(1e-5)) - logProb(grid, step, g * Math.exp(-1e-5))) / 2e-5;
            assertThat((double) slope).isEqualTo(expected, Offset.offset(2e-5 * (1 + Math.abs(expected))));
        }
    }

    private static NDArray array(NDManager manager, double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return manager.create(floats, new Shape(1, floats.length));
    }

    private static double logProb(TimeSchedule grid, int step, double g) {
        double sigma = grid.sigma(step);
        double h = grid.length(step);
        double sum = 0;
        for (int i = 0; i < X.length; i++) {
            double mean = X[i] - (V[i] + g * g / (2 * sigma) * (X[i] + (1 - sigma) * V[i])) * h;
            sum += -(NEXT[i] - mean) * (NEXT[i] - mean) / (2 * g * g * h) / X.length;
        }
        return sum - Math.log(g * Math.sqrt(h)) - 0.5 * Math.log(2 * Math.PI);
    }
}
