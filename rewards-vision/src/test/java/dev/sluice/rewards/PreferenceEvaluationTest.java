package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PreferenceEvaluationTest {
    private static final int[] H = {1, -1, 0, 1, -1, 0, 1, -1, 0};
    private static final double[] A = {.9, -.7, .1, .8, -.6, .2, .7, -.5, .3};
    private static final double[] B = {.1, -.8, .5, .5, -.3, .3, .4, -.4, .4};
    private static final Bootstrap FEW = new Bootstrap(200, 1);

    private static double[] differences() {
        return IntStream.range(0, A.length).mapToDouble(i -> A[i] - B[i]).toArray();
    }

    @Test
    void accuraciesAreThoseOfTheReference() {
        assertThat(PairAccuracy.withoutTies(H, differences())).isCloseTo(0.833333, within(1e-6));
        double threshold = PairAccuracy.bestThreshold(H, differences());
        assertThat(threshold).isCloseTo(0.1, within(1e-9));
        assertThat(PairAccuracy.withTies(H, differences(), threshold)).isCloseTo(0.666667, within(1e-6));
    }

    @Test
    void theBestThresholdIsTheBestOfAll() {
        Random random = new Random(8);
        for (int round = 0; round < 50; round++) {
            int[] h = random.ints(12, -1, 2).toArray();
            double[] m = random.doubles(12, -5, 5).map(Math::rint).toArray();
            double most = PairAccuracy.withTies(h, m, -1);
            for (double at : m) {
                most = Math.max(most, PairAccuracy.withTies(h, m, Math.abs(at)));
            }
            assertThat(PairAccuracy.withTies(h, m, PairAccuracy.bestThreshold(h, m)))
                    .isEqualTo(most);
        }
        // A tie up to 1 or up to 3 is right twice each.
        assertThat(PairAccuracy.bestThreshold(new int[] {0, 1, 0}, new double[] {1, 2, 3}))
                .isEqualTo(1);
        assertThat(PairAccuracy.bestThreshold(new int[] {1, 0}, new double[] {Double.NaN, Double.NaN}))
                .isEqualTo(-1);
    }

    @Test
    void equalScoresAreWrongAndMissingOnesDoNotCount() {
        int[] h = {1, 1, -1, 0};
        double[] m = {0, 2, Double.NaN, 5};
        assertThat(PairAccuracy.withoutTies(h, m)).isEqualTo(0.5);
        assertThat(PairAccuracy.withTies(h, m, 0)).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(PairAccuracy.withoutTies(new int[] {0}, new double[] {1})).isNaN();
    }

    @Test
    void theAreaIsTheShareOfPairsWithHalfForEqualOnes() {
        double[] good = {3, 2, Double.NaN};
        double[] bad = {1, 2, 2.5};
        assertThat(PairAccuracy.area(good, bad)).isCloseTo((3 + 1.5) / 6, within(1e-12));
        assertThat(PairAccuracy.area(good, new double[0])).isNaN();
    }

    @Test
    void calibrationIsThatOfTheReference() {
        double[] p = {.55, .65, .72, .88, .91, .97};
        double[] y = {1, 0, 1, 1, 1, 1};
        Calibration found = Calibration.of(p, y);
        assertThat(found.error()).isCloseTo(.27, within(1e-9));
        assertThat(found.brier()).isCloseTo(.121133, within(1e-6));
        assertThat(found.surprise()).isCloseTo(.371461, within(1e-6));
        assertThat(found.bins()).extracting(Calibration.Bin::count).containsExactly(1, 1, 1, 1, 2);
    }

    @Test
    void theSteepnessOfAModelThatIsTooSureIsFound() {
        Random random = new Random(2);
        int[] h = new int[20_000];
        double[] m = new double[h.length];
        for (int i = 0; i < h.length; i++) {
            double d = 2 * random.nextGaussian();
            h[i] = random.nextDouble() < 1 / (1 + Math.exp(-d)) ? 1 : -1;
            m[i] = 7 * d;
        }
        double steepness = Calibration.steepness(h, m);
        assertThat(steepness).isCloseTo(1 / 7.0, within(0.005));
        double[] fitted =
                IntStream.range(0, h.length).mapToDouble(i -> steepness).toArray();
        double[] raw = IntStream.range(0, h.length).mapToDouble(i -> 1).toArray();
        assertThat(Calibration.of(h, m, fitted).error()).isLessThan(0.02);
        assertThat(Calibration.of(h, m, raw).error()).isGreaterThan(0.1);
        // Whoever comes first in a pair changes nothing.
        int[] turned = IntStream.of(h).map(sign -> -sign).toArray();
        double[] back = IntStream.range(0, m.length).mapToDouble(i -> -m[i]).toArray();
        assertThat(Calibration.of(turned, back, fitted)).isEqualTo(Calibration.of(h, m, fitted));
    }

    private static PreferenceData judged(int prompts, double wrong, double ties) {
        Random random = new Random(5);
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Pair> pairs = new ArrayList<>();
        List<PreferenceData.Label> labels = new ArrayList<>();
        for (int i = 0; i < 8 * prompts; i++) {
            items.add(new PreferenceData.Item("item " + i, "prompt " + i / 8, i % 2 == 0 ? "x" : "y", () -> {
                throw new IOException("not read");
            }));
            labels.add(new PreferenceData.Label(i, "overall", i % 8 >= 4));
            if (i % 2 == 1) {
                boolean tie = random.nextDouble() < ties;
                boolean right = random.nextDouble() >= wrong;
                pairs.add(new PreferenceData.Pair(
                        i,
                        i - 1,
                        "overall",
                        tie ? PreferenceData.Verdict.TIE : right ? PreferenceData.Verdict.A : PreferenceData.Verdict.B,
                        "",
                        Optional.of(List.of((double) (i % 8), (double) (i % 8 - 1)))));
            }
        }
        return new PreferenceData(items, pairs, labels);
    }

    @Test
    void allFiguresOfAnEvaluationAreThere() {
        PreferenceData data = judged(50, 0.2, 0);
        double[] scores = IntStream.range(0, 400).mapToDouble(i -> i % 8).toArray();
        PreferenceEvaluation found = PreferenceEvaluation.of(data, scores, FEW);
        assertThat(found.pairs()).isEqualTo(200);
        assertThat(found.accuracy().value()).isCloseTo(0.8, within(0.08));
        assertThat(found.accuracy().low()).isLessThan(found.accuracy().value());
        // Of 200 pairs the share has a deviation of 0.028, and the interval four of them.
        assertThat(found.accuracy().high() - found.accuracy().low()).isCloseTo(4 * 0.028, within(0.04));
        assertThat(found.withTies().known()).isFalse();
        assertThat(found.kendall().value()).isCloseTo(1, within(1e-12));
        assertThat(found.spearman().value()).isCloseTo(1, within(1e-12));
        assertThat(found.area().value()).isEqualTo(1);
        assertThat(found.generatorArea().value()).isEqualTo(1);
        // All differences are 1, and four of five are right.
        assertThat(found.calibration().error()).isLessThan(0.1);
        assertThat(found.calibration().bins()).hasSizeLessThanOrEqualTo(2);
        assertThat(PreferenceEvaluation.of(data, scores, FEW)).isEqualTo(found);
    }

    @Test
    void theThresholdOfTiesIsChosenOnOtherPrompts() {
        PreferenceData data = judged(50, 0, 0.6);
        double[] scores =
                IntStream.range(0, 400).mapToDouble(i -> 0.001 * (i % 8)).toArray();
        for (PreferenceData.Pair pair : data.pairs()) {
            if (pair.verdict() == PreferenceData.Verdict.A) {
                scores[pair.a()] += 1;
            }
        }
        PreferenceEvaluation found = PreferenceEvaluation.of(data, scores, FEW);
        assertThat(found.ties()).isBetween(100, 140);
        assertThat(found.accuracy().value()).isEqualTo(1);
        assertThat(found.withTies().value()).isGreaterThan(0.98);
    }

    @Test
    void anEmptyEvaluationHasNoFigures() {
        PreferenceData data = judged(2, 0, 0);
        double[] none = IntStream.range(0, 16).mapToDouble(i -> Double.NaN).toArray();
        PreferenceEvaluation found = PreferenceEvaluation.of(data, none, FEW);
        assertThat(found.pairs()).isZero();
        assertThat(found.accuracy().known()).isFalse();
        assertThat(found.kendall().known()).isFalse();
        assertThat(found.area().known()).isFalse();
        assertThat(found.calibration().bins()).isEmpty();
    }
}
