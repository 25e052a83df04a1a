package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MuonTest {
    /** The published iteration written out on the JVM, in double precision, over two steps. */
    @ParameterizedTest
    @CsvSource({"3, 5", "5, 3", "4, 4"})
    void followsThePublishedIteration(int rows, int columns) {
        try (NDManager manager = Torch.newManager()) {
            NDArray parameter = NoiseSource.of(1).gaussian(manager, new Shape(rows, columns));
            double[][] p = matrix(parameter);
            double[][] m = new double[rows][columns];
            try (Lanes lanes = new Lanes(2);
                    Muon muon = new Muon(manager, Map.of("x", parameter), 0.95, 0.1)) {
                for (int step = 0; step < 2; step++) {
                    NDArray gradient = NoiseSource.of(2, step).gaussian(manager, new Shape(rows, columns));
                    double[][] g = matrix(gradient);
                    muon.step(lanes, Map.of("x", gradient), 0.01);
                    m = sum(m, 0.95, g, 1);
                    double[][] x = sum(g, 1, m, 0.95);
                    double norm = 0;
                    for (double[] row : x) {
                        for (double value : row) {
                            norm += value * value;
                        }
                    }
                    x = sum(x, 1 / (Math.sqrt(norm) + 1e-7), x, 0);
                    for (int i = 0; i < 5; i++) {
                        double[][] a = product(x, transposed(x));
                        x = sum(sum(x, 3.4445, product(a, x), -4.775), 1, product(product(a, a), x), 2.0315);
                    }
                    p = sum(p, 1 - 0.01 * 0.1, x, -0.01 * 0.2 * Math.sqrt(Math.max(rows, columns)));
                }
            }
            double[][] found = matrix(parameter);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    assertThat(found[i][j]).isCloseTo(p[i][j], within(1e-5));
                }
            }
        }
    }

    private static double[][] matrix(NDArray array) {
        int rows = (int) array.getShape().get(0);
        int columns = (int) array.getShape().get(1);
        float[] values = array.toFloatArray();
        double[][] matrix = new double[rows][columns];
        for (int i = 0; i < values.length; i++) {
            matrix[i / columns][i % columns] = values[i];
        }
        return matrix;
    }

    private static double[][] sum(double[][] a, double factorA, double[][] b, double factorB) {
        double[][] sum = new double[a.length][a[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                sum[i][j] = factorA * a[i][j] + factorB * b[i][j];
            }
        }
        return sum;
    }

    private static double[][] transposed(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    private static double[][] product(double[][] a, double[][] b) {
        double[][] product = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                for (int k = 0; k < b.length; k++) {
                    product[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return product;
    }
}
