package dev.sluice.rewards.internal.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.PreferenceLoss;
import dev.sluice.rewards.RewardArchitecture;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BatchLossTest {
    private static final RewardArchitecture EXPERTS = new RewardArchitecture(
            new RewardArchitecture.Encoding.Appearance(),
            true,
            new RewardArchitecture.Head.Experts(8, 2, 1),
            List.of("look", "motion/speed", "motion/path", "overall"));

    @Test
    void columnsOfExpertsAreOverallThenAspectsThenCriteria() {
        assertThat(EXPERTS.columns())
                .containsExactly("overall", "look", "motion", "look/1", "look/2", "motion/speed", "motion/path");
    }

    @Test
    void slopesAreThoseOfFiniteDifferences() {
        Random random = new Random(4);
        int width = EXPERTS.columns().size() + EXPERTS.aspects().size();
        double[][] scores = new double[5][width];
        for (double[] row : scores) {
            for (int k = 0; k < width; k++) {
                row[k] = k < width - 2 ? random.nextGaussian() : 0.2 + 0.3 * random.nextDouble();
            }
        }
        List<Rating> ratings = List.of(new Rating(1, 0, 0.4, 1), new Rating(0, 3, -1.2, 2));
        List<Comparison> pairs = List.of(
                new Comparison(0, 1, 0, false, 0, 1),
                new Comparison(2, 1, 0, true, 0, 2),
                new Comparison(3, 4, 1, false, 0.4, 1),
                new Comparison(4, 0, 5, false, 0, 0.5));
        boolean[][] irrelevant = {{false, true}, {true, false}, {false, false}, {false, true}, {true, true}};
        for (PreferenceLoss one :
                List.of(new PreferenceLoss.BradleyTerry(0.1, 0.05), new PreferenceLoss.RaoKupper(3))) {
            BatchLoss loss = new BatchLoss(EXPERTS, one, 0.01, 0.7, BatchLoss.Levels.MJ_VIDEO);
            double[][] slopes = loss.of(scores, pairs, ratings, irrelevant).slopes();
            double h = 1e-6;
            for (int i = 0; i < scores.length; i++) {
                for (int k = 0; k < width; k++) {
                    double at = scores[i][k];
                    scores[i][k] = at + h;
                    double above = loss.of(scores, pairs, ratings, irrelevant).value();
                    scores[i][k] = at - h;
                    double below = loss.of(scores, pairs, ratings, irrelevant).value();
                    scores[i][k] = at;
                    assertThat(slopes[i][k])
                            .as("%s, sample %s, output %s", one, i, k)
                            .isCloseTo((above - below) / (2 * h), within(1e-8));
                }
            }
        }
    }

    /** One win of weight 1 and one tie of weight 3, by hand. */
    @Test
    void weightsAreShares() {
        RewardArchitecture plain = new RewardArchitecture(
                new RewardArchitecture.Encoding.Appearance(),
                false,
                new RewardArchitecture.Head.Linear(),
                List.of("overall"));
        PreferenceLoss bradleyTerry = PreferenceLoss.BradleyTerry.PLAIN;
        BatchLoss loss = new BatchLoss(plain, bradleyTerry, 0.01, 0.7, BatchLoss.Levels.MJ_VIDEO);
        double[][] scores = {{1}, {-0.5}, {0.25}};
        BatchLoss.Result result = loss.of(
                scores,
                List.of(new Comparison(0, 1, 0, false, 0.5, 1), new Comparison(1, 2, 0, true, 0, 3)),
                List.of(),
                new boolean[0][]);
        double win = Math.log(1 + Math.exp(-(1.5 - 0.5))) + 0.01 * 0.25;
        double tie = (Math.log(1 + Math.exp(-0.75)) + Math.log(1 + Math.exp(0.75))) / 2 + 0.01 * 0.0625;
        assertThat(result.value()).isCloseTo((win + 3 * tie) / 4, within(1e-12));
    }

    @Test
    void aRatingCostsHalfTheSquareOfWhatIsOff() {
        RewardArchitecture plain = new RewardArchitecture(
                new RewardArchitecture.Encoding.Appearance(),
                false,
                new RewardArchitecture.Head.Linear(),
                List.of("overall"));
        BatchLoss loss = new BatchLoss(plain, PreferenceLoss.BradleyTerry.PLAIN, 0.01, 0.5, BatchLoss.Levels.MJ_VIDEO);
        List<Rating> ratings = List.of(new Rating(0, 0, 1, 3), new Rating(1, 0, -1, 1));
        BatchLoss.Result result = loss.of(new double[][] {{2}, {1}}, List.of(), ratings, new boolean[0][]);
        assertThat(result.value()).isCloseTo(0.5 * (3 * 0.5 + 2) / 4, within(1e-12));
        assertThat(result.slopes()[0][0]).isCloseTo(0.5 * 3 / 4, within(1e-12));
        assertThat(result.slopes()[1][0]).isCloseTo(0.5 * 2 / 4, within(1e-12));
    }
}
