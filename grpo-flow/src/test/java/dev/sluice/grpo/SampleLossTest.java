package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.RewardWeighted.Weighting;
import dev.sluice.grpo.SampleLoss.Result;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The arithmetic of the losses of finished samples: slopes against finite differences, and what each reduces to. */
class SampleLossTest {
    private static final Offset<Double> EXACT = Offset.offset(1e-12);
    private static final Pairing PAIRS = new Pairing.Extremes();

    private static Outcomes outcomes(boolean dropZero, double... rewards) {
        Groups groups = Groups.consecutive(rewards.length / 4, 4);
        double[] advantages = GroupAdvantage.DANCE_GRPO.estimate(rewards, groups);
        return new Outcomes(rewards, advantages, groups, dropZero, i -> new float[] {i, (float) rewards[i]});
    }

    private static MatchingErrors errors(long seed, int mixes, int levels, int samples, boolean atFrozen) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][][] squares = new double[mixes][levels][];
        double[][][] magnitudes = new double[mixes][levels][];
        double[][] sigmas = new double[levels][];
        double[][] frozen = new double[levels][];
        for (int m = 0; m < levels; m++) {
            sigmas[m] = random.doubles(samples, 0.05, 1).toArray();
            for (int j = 0; j < mixes; j++) {
                squares[j][m] = random.doubles(samples, 0.1, 2).toArray();
                magnitudes[j][m] = random.doubles(samples, 0.1, 2).toArray();
            }
            frozen[m] = atFrozen
                    ? squares[0][m].clone()
                    : random.doubles(samples, 0.1, 2).toArray();
        }
        return new MatchingErrors(sigmas, squares, magnitudes, frozen, squares[0]);
    }

    private static Lot pairs(int count) {
        List<Pairing.Pair> pairs = IntStream.range(0, count)
                .mapToObj(j -> new Pairing.Pair(2 * j, 2 * j + 1))
                .toList();
        return Lot.ofPairs(pairs, 2 * count).get(0);
    }

    static Stream<SampleLoss> differentiable() {
        return Stream.of(
                new AdvantageWeighted(MatchingLoss.AWM, 0.2),
                new RewardWeighted(Weighting.SOFTMAX, 0.5),
                new PairPreference(3, Frozen.REFERENCE, PAIRS),
                // Errors so far above the frozen ones that the mean gain is negative and the zero point stays.
                new SetPreference(0.5, Frozen.REFERENCE, PAIRS));
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void slopesAreFiniteDifferencesOfTheValue(SampleLoss loss) {
        for (long seed : new long[] {1, 7, 42}) {
            MatchingErrors errors = errors(seed, 1, 2, 6, false);
            if (loss instanceof SetPreference) {
                Arrays.stream(errors.present()).forEach(row -> Arrays.setAll(row, i -> row[i] + 2));
            }
            MatchingErrors still = new MatchingErrors(
                    errors.sigmas(), errors.squares(), errors.magnitudes(), errors.frozen(), copy(errors.present()));
            Lot lot = pairs(3);
            Result result = loss.of(still, lot);
            for (int m = 0; m < 2; m++) {
                for (int i = 0; i < 6; i++) {
                    double at = still.present()[m][i];
                    still.present()[m][i] = at + 1e-6;
                    double up = loss.of(still, lot).terms().value();
                    still.present()[m][i] = at - 1e-6;
                    double down = loss.of(still, lot).terms().value();
                    still.present()[m][i] = at;
                    assertThat(result.slopes()[0][m][i])
                            .as("%s, seed %s, level %s, sample %s", loss, seed, m, i)
                            .isEqualTo((up - down) / 2e-6, Offset.offset(1e-8));
                }
            }
        }
    }

    private static double[][] copy(double[][] rows) {
        return Arrays.stream(rows).map(double[]::clone).toArray(double[][]::new);
    }

    @Test
    void equalRewardsMakeWeightedAndRejectingLossesFlowMatching() {
        Outcomes equal = outcomes(false, 3, 3, 3, 3, 3, 3, 3, 3);
        for (Weighting weighting : Weighting.values()) {
            RewardWeighted loss = new RewardWeighted(weighting, 0.1);
            Lot lot = loss.lots(equal, 8).get(0);
            assertThat(lot.samples()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
            assertThat(lot.worth()).containsOnly(1.0);
            MatchingErrors errors = errors(3, 1, 2, 8, false);
            Result result = loss.of(errors, lot);
            assertThat(result.terms().value()).isEqualTo(SampleLoss.mean(errors.present()), EXACT);
            assertThat(result.slopes()[0][1]).containsOnly(1.0 / 16);
            assertThat(loss.lots(outcomes(true, 3, 3, 3, 3), 4))
                    .as("nothing is to be learned of a group without any advantage, if so chosen")
                    .isEmpty();
        }
    }

    /** The reference gives an equal group's first two a pair, which teaches chance; here it has none. */
    @Test
    void theBestAndTheExtremesAreTheReferences() {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            int[] kept = golden.ints("adv.kept_index");
            double[] all = golden.doubles("adv.rewards");
            int[] prompts = golden.ints("adv.prompt_id");
            double[] rewards = Arrays.stream(kept).mapToDouble(i -> all[i]).toArray();
            Groups groups = Groups.byId(Arrays.stream(kept)
                    .mapToObj(i -> String.valueOf(prompts[i]))
                    .toList());
            Outcomes outcomes = new Outcomes(rewards, rewards, groups, false, i -> new float[0]);
            double[] sft = golden.doubles("adv.sft");
            assertThat(new RewardWeighted(Weighting.BEST, 1)
                            .lots(outcomes, kept.length)
                            .get(0)
                            .samples())
                    .containsExactlyInAnyOrder(IntStream.range(0, kept.length)
                            .filter(i -> sft[i] == 1)
                            .toArray());
            double[] dpo = golden.doubles("adv.dpo");
            double[] found = new double[kept.length];
            for (Pairing.Pair pair : new Pairing.Extremes().pairs(outcomes)) {
                found[pair.winner()] = 1;
                found[pair.loser()] = -1;
            }
            for (int i = 0; i < kept.length; i++) {
                boolean equal = rewards[i] == 0.25;
                assertThat(found[i]).as("sample %s", i).isEqualTo(equal ? 0 : dpo[i]);
            }
        }
    }

    /** Where v is the copy's, v⁺ and v⁻ are one, and what is left of the two pulls is 2p − 1: nothing for a sample of no advantage. */
    @Test
    void atTheCopyTheContrastPullsAsFarAsASampleIsGood() {
        double[][] same = {{0.5, 0.5, 0.5}};
        double[][] sigmas = {{0.4, 0.4, 0.4}};
        Contrast loss = new Contrast(0.3, 5, Contrast.Use.ALL);
        int[] three = {0, 1, 2};
        MatchingErrors errors =
                new MatchingErrors(sigmas, new double[][][] {same, same}, new double[][][] {same, same}, same, same);
        double[] p = {0, 0.5, 0.8};
        double[][][] slopes = loss.of(errors, new Lot(three, three, three, p)).slopes();
        for (int i = 0; i < 3; i++) {
            // What goes on through v: each mix has its own factor of v.
            double pull = loss.mixes().get(0).present() * slopes[0][0][i]
                    + loss.mixes().get(1).present() * slopes[1][0][i];
            assertThat(pull).isEqualTo(5.0 / 3 * (2 * p[i] - 1) * 0.4 * 0.4 / (0.4 * 0.5), EXACT);
        }
    }

    @Test
    void weightsFollowTheRewardsAndHaveMeanOne() {
        Outcomes outcomes = outcomes(true, 1, 2, 2, 0, 5, 5, 5, Double.NaN);
        Lot best = new RewardWeighted(Weighting.BEST, 1)
                .lots(outcomes(false, 1, 2, 2, 0, 5, 7, 5, Double.NaN), 8)
                .get(0);
        assertThat(best.samples()).as("ties count, NaN never").containsExactly(1, 2, 5);
        assertThat(best.worth()).containsOnly(1.0);
        Lot soft = new RewardWeighted(Weighting.SOFTMAX, 0.5).lots(outcomes, 8).get(0);
        assertThat(soft.samples()).containsExactly(0, 1, 2, 3);
        assertThat(soft.worth()[1] / soft.worth()[0]).isEqualTo(Math.exp(2), Offset.offset(1e-9));
        assertThat(Arrays.stream(soft.worth()).average().orElseThrow()).isEqualTo(1, EXACT);
        Lot whole = new RewardWeighted(Weighting.EXPONENTIAL, 0.001)
                .lots(outcomes(false, 1000, 1000.001, 1000, 1000, 1000, 1000, 1000, 1000), 8)
                .get(0);
        assertThat(whole.worth()[1] / whole.worth()[7]).isEqualTo(Math.E, Offset.offset(1e-6));
        assertThat(Arrays.stream(whole.worth()).average().orElseThrow()).isEqualTo(1, EXACT);
    }

    @Test
    void atTheFrozenPolicyAPairCostsLnTwoWithSlopesOfAQuarterBeta() {
        double beta = 7;
        PairPreference loss = new PairPreference(beta, Frozen.REFERENCE, PAIRS);
        Result result = loss.of(errors(5, 1, 1, 6, true), pairs(3));
        assertThat(result.terms().value()).isEqualTo(Math.log(2), EXACT);
        assertThat(result.slopes()[0][0])
                .containsExactly(
                        new double[] {beta / 12, -beta / 12, beta / 12, -beta / 12, beta / 12, -beta / 12}, EXACT);
        MatchingErrors away = errors(6, 1, 1, 2, false);
        double[] slopes = loss.of(away, pairs(1)).slopes()[0][0];
        MatchingErrors swapped = new MatchingErrors(
                away.sigmas(),
                new double[][][] {{{away.present()[0][1], away.present()[0][0]}}},
                away.magnitudes(),
                new double[][] {{away.frozen()[0][1], away.frozen()[0][0]}},
                away.old());
        double lead = away.present()[0][0] - away.frozen()[0][0] - away.present()[0][1] + away.frozen()[0][1];
        assertThat(loss.of(away, pairs(1)).terms().value())
                .isEqualTo(-Math.log(1 / (1 + Math.exp(beta / 2 * lead))), Offset.offset(1e-9));
        assertThat(slopes[0] + loss.of(swapped, pairs(1)).slopes()[0][0][0])
                .as("the two labels' shares of the gradient are those of one coin")
                .isEqualTo(beta / 2, EXACT);
    }

    @Test
    void extremesAreTheBestAndTheWorstAndEqualGroupsHaveNone() {
        assertThat(PAIRS.pairs(outcomes(false, 1, 4, 2, 3, 5, 5, 5, 5, Double.NaN, 1, 1, 2)))
                .containsExactly(new Pairing.Pair(1, 0), new Pairing.Pair(11, 9));
        Lot lot = Lot.ofPairs(List.of(new Pairing.Pair(1, 0), new Pairing.Pair(11, 9)), 8)
                .get(0);
        assertThat(lot.samples()).containsExactly(1, 0, 11, 9);
        assertThat(lot.units()).as("a pair shares its level").containsExactly(1, 1, 11, 11);
        assertThat(lot.noises()).as("and its noise").containsExactly(1, 1, 11, 11);
    }

    @Test
    void aGroupAtTheFrozenPolicyHasHalfItsWeightAndTwoSamplesAreAPair() {
        double beta = 10;
        GroupPreference loss = new GroupPreference(beta, Frozen.REFERENCE, false, Optional.empty());
        Lot lot = new Lot(
                new int[] {0, 1, 2, 3}, new int[] {0, 0, 2, 2}, new int[] {0, 1, 2, 3}, new double[] {1, -1, 1, -1});
        Result still = loss.of(errors(5, 1, 1, 4, true), lot);
        assertThat(still.measures()).containsEntry(Measures.GROUP_WEIGHT, 0.5);
        assertThat(still.slopes()[0][0]).containsExactly(new double[] {0.125, -0.125, 0.125, -0.125}, EXACT);
        // Away from it, the slopes are those of pairs, but for β/2·(samples of a pair) that the source leaves out.
        MatchingErrors away = errors(6, 1, 1, 4, false);
        double[] group = loss.of(away, lot).slopes()[0][0];
        double[] pair = new PairPreference(beta, Frozen.REFERENCE, PAIRS)
                .of(away, pairs(2))
                .slopes()[0][0];
        for (int i = 0; i < 4; i++) {
            assertThat(group[i]).isEqualTo(pair[i] / beta, EXACT);
        }
    }

    @Test
    void lotsOfGroupsAreWholeGroupsWithOneLevelEach() {
        GroupPreference loss = new GroupPreference(10, Frozen.REFERENCE, false, Optional.empty());
        List<Lot> lots = loss.lots(outcomes(true, 1, 2, 3, 4, 2, 2, 2, 2, 4, 3, 2, 1, 1, 1, 1, 2), 8);
        assertThat(lots).extracting(lot -> lot.samples().length).containsExactly(8, 4);
        assertThat(lots.get(0).units()).containsExactly(0, 0, 0, 0, 8, 8, 8, 8);
        assertThat(lots.get(0).noises()).containsExactly(0, 1, 2, 3, 8, 9, 10, 11);
        assertThatThrownBy(() -> loss.check(GrpoOptions.Batch.of(2, 8, 4)))
                .hasMessageContaining("chunkSize (4) must be at least groupSize (8)");
    }

    @Test
    void aGroupsSampleThatHasGoneTooFarTeachesNoMore() {
        GroupPreference loss = new GroupPreference(10, Frozen.REFERENCE, false, Optional.of(ClipRule.symmetric(0.2)));
        Lot lot = new Lot(new int[] {0, 1}, new int[] {0, 0}, new int[] {0, 1}, new double[] {1, -1});
        double[][] present = {{0.5, 0.5}};
        for (double moved : new double[] {0.1, 0.3}) {
            double[][] old = {{0.5 + moved, 0.5 - moved}};
            double[] slopes = loss.of(
                            new MatchingErrors(
                                    new double[][] {{0.5, 0.5}},
                                    new double[][][] {present},
                                    new double[][][] {present},
                                    present,
                                    old),
                            lot)
                    .slopes()[0][0];
            assertThat(slopes[0] == 0).isEqualTo(moved > 0.2);
            assertThat(slopes[1] == 0).isEqualTo(moved > 0.2);
        }
    }

    @Test
    void atTheFrozenPolicyASetPreferenceHasSlopesOfAnEighthBeta() {
        double beta = 4;
        Result result = new SetPreference(beta, Frozen.REFERENCE, PAIRS).of(errors(5, 1, 1, 4, true), pairs(2));
        assertThat(result.terms().value()).isEqualTo(1, EXACT);
        // ∂L/∂u = ∓¼ for a sample before the mean over its set of two, and ∂u/∂e = −β/2.
        double slope = 0.25 / 2 * beta / 2;
        assertThat(result.slopes()[0][0]).containsExactly(new double[] {slope, -slope, slope, -slope}, EXACT);
    }

    @Test
    void theContrastIsWrittenOutInTheData() {
        double beta = 0.7;
        Contrast loss = new Contrast(beta, 5, Contrast.Use.ALL);
        MatchingErrors errors = errors(9, 2, 1, 4, false);
        Lot lot = loss.lots(outcomes(false, 1, 2, 3, 9), 4).get(0);
        double[] advantages = outcomes(false, 1, 2, 3, 9).advantages();
        double expected = 0;
        for (int i = 0; i < 4; i++) {
            double p = advantages[i] / 10 + 0.5;
            assertThat(lot.worth()[i]).isEqualTo(p, EXACT);
            double sigma = errors.sigmas()[0][i];
            double positive = errors.squares()[0][0][i] * sigma / errors.magnitudes()[0][0][i];
            double negative = errors.squares()[1][0][i] * sigma / errors.magnitudes()[1][0][i];
            expected += 5 / beta * (p * positive + (1 - p) * negative) / 4;
        }
        assertThat(loss.of(errors, lot).terms().value()).isEqualTo(expected, EXACT);
        assertThat(loss.mixes()).containsExactly(new SampleLoss.Mix(0.7, 1 - 0.7), new SampleLoss.Mix(-0.7, 1.7));
        assertThat(worth(Contrast.Use.POSITIVE)[0]).isEqualTo(0.5, EXACT);
        assertThat(worth(Contrast.Use.NEGATIVE)[3]).isEqualTo(0.5, EXACT);
        assertThat(worth(Contrast.Use.ONE)[3]).isEqualTo(0.6, EXACT);
        assertThat(worth(Contrast.Use.SIGN)[0]).isEqualTo(0.4, EXACT);
    }

    private static double[] worth(Contrast.Use use) {
        return new Contrast(1, 5, use)
                .lots(outcomes(false, 1, 2, 3, 9), 4)
                .get(0)
                .worth();
    }

    @Test
    void withoutVarietyTheBetterOfEachPairWinsAndTiesAreLeftOut() {
        Outcomes outcomes = outcomes(false, 1, 2, 4, 3, 5, 5, 0, 7);
        assertThat(new Contest(0).pairs(outcomes))
                .containsExactlyInAnyOrder(new Pairing.Pair(1, 0), new Pairing.Pair(2, 3), new Pairing.Pair(7, 6));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 42})
    void theWinnersSetIsNoWorseThanEitherAndItsRewardIsKeptUpToDate(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] rewards = random.doubles(16).toArray();
        float[][] latents = new float[16][5];
        for (float[] row : latents) {
            for (int d = 0; d < row.length; d++) {
                row[d] = (float) random.nextDouble(-1, 1);
            }
        }
        Outcomes outcomes = new Outcomes(rewards, rewards, Groups.consecutive(4, 4), false, sample -> latents[sample]);
        List<Pairing.Pair> pairs = new Contest(3).pairs(outcomes);
        int[] winners = pairs.stream().mapToInt(Pairing.Pair::winner).toArray();
        double value = new SetReward(3, outcomes, winners).value();
        assertThat(winners).hasSize(8);
        for (int first = 0; first < 2; first++) {
            int start = first;
            int[] drawn = IntStream.range(0, 8).map(j -> 2 * j + start).toArray();
            assertThat(value).isGreaterThanOrEqualTo(new SetReward(3, outcomes, drawn).value() - 1e-12);
        }
        SetReward kept = new SetReward(3, outcomes, winners);
        double gain = kept.gain(winners[2], pairs.get(2).loser());
        kept.exchange(winners[2], pairs.get(2).loser());
        assertThat(kept.value()).isEqualTo(value + gain, EXACT);
        int[] exchanged = winners.clone();
        exchanged[2] = pairs.get(2).loser();
        assertThat(kept.value()).isEqualTo(new SetReward(3, outcomes, exchanged).value(), EXACT);
        double variance = 0;
        for (int d = 0; d < 5; d++) {
            int column = d;
            variance += Moments.of(Arrays.stream(exchanged)
                                    .mapToDouble(i -> latents[i][column])
                                    .toArray())
                            .squares()
                    / 8
                    / 5;
        }
        double mean =
                Arrays.stream(exchanged).mapToDouble(i -> rewards[i]).average().orElseThrow();
        assertThat(kept.value()).isEqualTo(mean + 3 * variance, EXACT);
    }

    @Test
    void copiesFollowAsTheirRulesSay() {
        CopyRule nft = new CopyRule.Ramp(0.001, 0.5, 0);
        assertThat(nft.kept(1)).isEqualTo(0.001, EXACT);
        assertThat(nft.kept(499)).isEqualTo(0.499, EXACT);
        assertThat(nft.kept(5000)).isEqualTo(0.5, EXACT);
        CopyRule late = new CopyRule.Ramp(0.0075, 0.999, 75);
        assertThat(late.kept(75)).isZero();
        assertThat(late.kept(76)).isEqualTo(0.0075, EXACT);
        assertThat(late.kept(1000)).isEqualTo(0.999, EXACT);
        CopyRule every = new CopyRule.Every(40);
        assertThat(IntStream.rangeClosed(1, 80).filter(n -> every.kept(n) == 0)).containsExactly(40, 80);
    }
}
