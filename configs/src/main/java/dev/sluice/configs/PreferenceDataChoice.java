package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.SceneSplit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What a reward model learns from. */
public sealed interface PreferenceDataChoice {
    /**
     * Reads or draws it.
     *
     * @param seed of what is drawn
     * @return what it learns from, and what it is tested with
     * @throws IOException if a file is missing or broken
     */
    PreferenceData.Parts parts(long seed) throws IOException;

    /**
     * Judgments in files.
     *
     * @param train a .jsonl or .csv file, see {@link PreferenceData#read}
     * @param validation another one; without it a share of the prompts is kept for the test
     * @param share of the prompts
     */
    @Variant("files")
    record Files(
            Path train,
            Optional<Path> validation,
            @Within(above = 0, below = 1) double share) implements PreferenceDataChoice {
        @Override
        public PreferenceData.Parts parts(long seed) throws IOException {
            PreferenceData all = PreferenceData.read(train);
            return validation.isPresent()
                    ? new PreferenceData.Parts(all, PreferenceData.read(validation.get()))
                    : all.divided(share, seed);
        }
    }

    /**
     * Drawn pictures of the bundled world: training has the training prompts and the test the test prompts.
     *
     * @param pairs to learn from; the test has a quarter of that, at most 1000
     */
    @Variant("scenes")
    record Scenes(@Within(least = 4) int pairs) implements PreferenceDataChoice {
        private static final int MOST_TESTED = 1000;

        @Override
        public PreferenceData.Parts parts(long seed) {
            return new PreferenceData.Parts(
                    PreferenceData.scenes(SceneSplit.TRAIN, pairs, seed),
                    PreferenceData.scenes(SceneSplit.TEST, Math.min(MOST_TESTED, pairs / 4), seed + 1));
        }
    }
}
