package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Ensembles: what their members have in common, where they differ, and what is made of it. */
class RewardEnsembleTest extends RewardModelCase {
    private static final int MEMBERS = 3;

    private RewardEnsembleTraining start(long steps, PreferenceData data) throws IOException {
        return new RewardEnsembleTraining(
                Device.cpu(), linear("overall"), BRADLEY_TERRY, options(steps, 3e-3, 0.01), data, MEMBERS);
    }

    private static Joining.Ensemble by(Joining.By by, double penalty) {
        return new Joining.Ensemble(by, penalty);
    }

    private Path trained(PreferenceData data, int steps) throws IOException {
        Path model = folder.resolve("ensemble");
        try (RewardEnsembleTraining training = start(steps, data)) {
            while (training.step() < steps) {
                training.update();
            }
            training.export(model, Map.of());
        }
        return model;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    @Test
    void membersLearnTheSameAndDifferMoreWhereNothingWasLearned() throws IOException {
        Path model = trained(judged(posters(100, 1), Map.of("overall", RewardModelCase::redness), 300), 150);
        List<Media> known = posters(100, 1);
        // Noise is unlike any poster.
        List<Media> strange = posters(20, 3).stream()
                .map(poster -> SyntheticArtifact.NOISE.apply(poster, 5, 1))
                .toList();
        try (RewardEnsemble ensemble = RewardEnsemble.open(model, "", 1, by(Joining.By.MEAN, 0))) {
            Scores scores = ensemble.score(samples(known));
            double[] truth =
                    known.stream().mapToDouble(RewardModelCase::redness).toArray();
            assertThat(correlation(scores.values(), truth)).isGreaterThan(0.8);
            assertThat(scores.parts()).containsOnlyKeys("deviation", "member-1", "member-2", "member-3");
            assertThat(mean(ensemble.score(samples(strange)).parts().get(RewardEnsemble.DEVIATION)))
                    .isGreaterThan(1.1 * mean(scores.parts().get(RewardEnsemble.DEVIATION)));
        }
    }

    @Test
    void theJoiningIsThatOfTheMembersScores() throws IOException {
        Path model = trained(judged(posters(20, 1), Map.of("overall", RewardModelCase::redness), 30), 5);
        List<Sample> some = samples(posters(6, 2));
        double[][] members = new double[MEMBERS][];
        for (int k = 0; k < MEMBERS; k++) {
            try (RewardModel member = RewardModel.open(model.resolve("member-" + (k + 1)), "", 1)) {
                members[k] = member.score(some).values();
            }
        }
        Map<String, Object> options = Map.of("model", model.toString(), "by", "deviation", "penalty", "2");
        try (Reward reward = RewardProvider.named("reward-model", options);
                RewardEnsemble least = RewardEnsemble.open(model, "", 1, by(Joining.By.LEAST, 0))) {
            Scores scores = reward.score(some);
            for (int i = 0; i < some.size(); i++) {
                double[] own = {members[0][i], members[1][i], members[2][i]};
                double mean = mean(own);
                double deviation = Math.sqrt(Arrays.stream(own)
                        .map(one -> (one - mean) * (one - mean))
                        .average()
                        .orElseThrow());
                assertThat(deviation).isGreaterThan(1e-6);
                assertThat(scores.parts().get("deviation")[i]).isCloseTo(deviation, within(1e-9));
                assertThat(scores.values()[i]).isCloseTo(mean - 2 * deviation, within(1e-9));
                assertThat(least.score(some).values()[i])
                        .isEqualTo(Arrays.stream(own).min().orElseThrow());
            }
        }
    }

    @Test
    void aResumedEnsembleGivesTheSameNumbers() throws IOException {
        PreferenceData data = judged(posters(20, 1), Map.of("overall", RewardModelCase::redness), 40);
        Path half = Files.createDirectories(folder.resolve("half"));
        double[] losses = new double[4];
        try (RewardEnsembleTraining training = start(4, data)) {
            for (int i = 0; i < losses.length; i++) {
                losses[i] = training.update().loss();
                if (i == 1) {
                    training.checkpoint(half);
                }
            }
        }
        try (RewardEnsembleTraining training = start(4, data)) {
            training.restore(half);
            assertThat(training.step()).isEqualTo(2);
            assertThat(training.update().loss()).isEqualTo(losses[2]);
            assertThat(training.update().loss()).isEqualTo(losses[3]);
        }
    }

    @Test
    void aFolderThatIsNoEnsembleIsRefused() throws IOException {
        assertThatThrownBy(() -> RewardEnsemble.at(folder)).hasMessageContaining("config.json is not there");
        trained(linear("overall"), BRADLEY_TERRY, 1, 1e-3, duel(1, 1, 0)).close();
        Path model = folder.resolve("model");
        assertThat(RewardEnsemble.at(model)).isFalse();
        assertThatThrownBy(() -> RewardEnsemble.open(model, "", 1, by(Joining.By.MEAN, 0)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds one model; expected an ensemble.");
        Files.writeString(model.resolve("config.json"), "{\"_class_name\": \"RewardEnsemble\", \"members\": 0}");
        assertThatThrownBy(() -> RewardEnsemble.at(model)).hasMessageContaining("members (0) must be a number from 1");
    }

    @Test
    void aDrawHasAsManyPromptsAsThereAre() {
        PreferenceData data = PreferenceData.scenes(SceneSplit.TRAIN, 60, 1);
        PreferenceData drawn = data.drawn(5);
        assertThat(drawn.items()).isEqualTo(data.items()).isNotEmpty();
        assertThat(data.pairs()).containsAll(drawn.pairs());
        assertThat(drawn.pairs().stream().distinct().count()).isBetween(20L, 55L);
        assertThat(drawn.pairs())
                .isEqualTo(data.drawn(5).pairs())
                .isNotEqualTo(data.drawn(6).pairs());
        PreferenceData one = duel(30, 20, 10);
        assertThat(one.drawn(1).pairs()).hasSize(60);
    }
}
