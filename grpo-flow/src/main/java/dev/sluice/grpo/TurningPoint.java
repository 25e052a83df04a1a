package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A step gets what it added to the reward of the completion, d_t = R_t − R_{t−1}; a turning point, after which the way goes on
 * as it has turned, gets what lies between the state before it and the outcome, η·(R_n − R_{t−1}). R_0 is the reward of the
 * ODE's sample from where the first trained step begins, R_n the outcome, and Δ = R_n − R_0.
 *
 * <p>Step t turns if d_{t−1} ran against Δ, d_t runs with it, and so does what is left, R_n − R_t; the first step if both d_1
 * and R_n − R_1 run one way. A turning point's score has the sign of d_t and is no smaller than it.
 *
 * <p>Source: TP-GRPO (2026), arXiv:2602.06422, {@code scripts/my_train_sd3_fast_with_op3.py} in its published setting. Differs:
 * the completion from the start has the sample's own noise; the source draws another.
 *
 * @param bonus η > 0, published as 1
 * @param balanced whether as many turning points of risen as of fallen samples are kept, those with the largest |Δ|
 */
public record TurningPoint(double bonus, boolean balanced) implements Credit {
    /** The published setting. */
    public static final TurningPoint TP_GRPO = new TurningPoint(1, true);

    public TurningPoint {
        Require.positive("bonus", bonus);
    }

    @Override
    public double[][] assign(Probed probed, int[] trainedSteps) {
        double[][] states = probed.requireStates();
        double[][] scores = new Gain().assign(probed, trainedSteps);
        if (trainedSteps.length == 0) {
            return scores;
        }
        boolean[][] turns = new boolean[scores.length][trainedSteps.length];
        double[] rises = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            rises[i] = probed.outcome()[i] - states[i][trainedSteps[0]];
            for (int t = 0; t < trainedSteps.length; t++) {
                double left = probed.outcome()[i] - states[i][trainedSteps[t] + 1];
                turns[i][t] = Math.signum(scores[i][t]) * Math.signum(left) > 0
                        && (t == 0 || (with(scores[i][t - 1], rises[i]) < 0 && with(scores[i][t], rises[i]) > 0));
            }
        }
        if (balanced) {
            balance(turns, rises);
        }
        for (int i = 0; i < scores.length; i++) {
            for (int t = 0; t < trainedSteps.length; t++) {
                if (turns[i][t]) {
                    scores[i][t] = bonus * (probed.outcome()[i] - states[i][trainedSteps[t]]);
                }
            }
        }
        return scores;
    }

    private static double with(double step, double rise) {
        return Math.signum(step) * Math.signum(rise);
    }

    /** Leaves as many marks in rows that rose as in rows that fell, where there are both; the largest |rise| stay. */
    static void balance(boolean[][] marks, double[] rises) {
        List<int[]> up = marked(marks, rises, 1);
        List<int[]> down = marked(marks, rises, -1);
        if (up.isEmpty() || down.isEmpty()) {
            return;
        }
        int kept = Math.min(up.size(), down.size());
        for (List<int[]> places : List.of(up, down)) {
            for (int[] place : places.subList(kept, places.size())) {
                marks[place[0]][place[1]] = false;
            }
        }
    }

    private static List<int[]> marked(boolean[][] marks, double[] rises, double sign) {
        List<int[]> places = new ArrayList<>();
        for (int i = 0; i < marks.length; i++) {
            for (int t = 0; t < marks[i].length; t++) {
                if (marks[i][t] && Math.signum(rises[i]) == sign) {
                    places.add(new int[] {i, t});
                }
            }
        }
        places.sort(Comparator.comparingDouble((int[] place) -> -Math.abs(rises[place[0]])));
        return places;
    }
}
