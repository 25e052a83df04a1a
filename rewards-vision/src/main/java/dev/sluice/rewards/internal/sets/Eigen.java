package dev.sluice.rewards.internal.sets;

import java.util.Arrays;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations (1846).
 *
 * @param values in no order
 * @param vectors as columns, of length 1
 */
public record Eigen(double[] values, double[][] vectors) {
    private static final int MOST_SWEEPS = 60;

    /** Decomposes a matrix, which is not changed. */
    public static Eigen of(double[][] symmetric) {
        int size = symmetric.length;
        double[][] a = new double[size][];
        double[][] v = new double[size][size];
        for (int i = 0; i < size; i++) {
            a[i] = symmetric[i].clone();
            v[i][i] = 1;
        }
        for (int sweep = 0; sweep < MOST_SWEEPS && rest(a) > 0; sweep++) {
            for (int p = 0; p < size; p++) {
                for (int q = p + 1; q < size; q++) {
                    rotate(a, v, p, q);
                }
            }
        }
        double[] values = new double[size];
        Arrays.setAll(values, i -> a[i][i]);
        return new Eigen(values, v);
    }

    /** Returns the squares beside the diagonal, or 0 if they are nothing to those on it. */
    private static double rest(double[][] a) {
        double beside = 0;
        double on = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                if (i == j) {
                    on += a[i][j] * a[i][j];
                } else {
                    beside += a[i][j] * a[i][j];
                }
            }
        }
        return beside <= 1e-30 * on ? 0 : beside;
    }

    private static void rotate(double[][] a, double[][] v, int p, int q) {
        if (a[p][q] == 0) {
            return;
        }
        double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        double t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        double c = 1 / Math.sqrt(t * t + 1);
        double s = t * c;
        for (int k = 0; k < a.length; k++) {
            double kp = a[k][p];
            double kq = a[k][q];
            a[k][p] = c * kp - s * kq;
            a[k][q] = s * kp + c * kq;
        }
        for (int k = 0; k < a.length; k++) {
            double pk = a[p][k];
            double qk = a[q][k];
            a[p][k] = c * pk - s * qk;
            a[q][k] = s * pk + c * qk;
            double vp = v[k][p];
            double vq = v[k][q];
            v[k][p] = c * vp - s * vq;
            v[k][q] = s * vp + c * vq;
        }
    }

    /** Returns the symmetric root of the matrix; values below 0, which only rounding makes, count as 0. */
    double[][] root() {
        int size = values.length;
        double[][] root = new double[size][size];
        for (int k = 0; k < size; k++) {
            double value = Math.sqrt(Math.max(0, values[k]));
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    root[i][j] += value * vectors[i][k] * vectors[j][k];
                }
            }
        }
        return root;
    }
}
