package dev.sluice.configs;

import dev.sluice.configs.internal.Existing;
import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.RewardArchitecture;
import java.nio.file.Path;

/** What a reward model sees of a picture. */
public sealed interface EncodingChoice {
    /** Returns it. */
    RewardArchitecture.Encoding encoding();

    /**
     * A small convolutional network, trained as well.
     *
     * @param size the side that pictures are brought to
     * @param channels of the convolutions, a multiple of 8
     */
    @Variant("pixels")
    record Pixels(
            @Within(least = 8, most = 256) int size,
            @Within(least = 8, most = 256) int channels) implements EncodingChoice {
        public Pixels {
            new RewardArchitecture.Encoding.Pixels(size, channels);
        }

        @Override
        public RewardArchitecture.Encoding encoding() {
            return new RewardArchitecture.Encoding.Pixels(size, channels);
        }
    }

    /** Colours and edges in a grid. */
    @Variant("appearance")
    record Appearance() implements EncodingChoice {
        @Override
        public RewardArchitecture.Encoding encoding() {
            return new RewardArchitecture.Encoding.Appearance();
        }
    }

    /**
     * Embeddings of a model of CLIP's family.
     *
     * @param folder of the model
     */
    @Variant("clip")
    record Clip(@Existing Path folder) implements EncodingChoice {
        @Override
        public RewardArchitecture.Encoding encoding() {
            return new RewardArchitecture.Encoding.Clip(folder);
        }
    }
}
