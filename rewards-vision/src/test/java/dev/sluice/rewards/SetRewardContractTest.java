package dev.sluice.rewards;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract of the rewards that look at sets of samples. */
class SetRewardContractTest {
    /** Returns a photograph whose upper part is as plain as a wall. */
    private static Media photo(int plainRows) {
        Media photo = TestMedia.photo(32, 1);
        return TestMedia.grey(
                32, 32, (y, x) -> y < plainRows ? 40 + (x + y) % 3 : Byte.toUnsignedInt(photo.rgb()[3 * (32 * y + x)]));
    }

    private static Sample sample(Media media) {
        return new Sample(media, "a wall", Map.of());
    }

    @Nested
    class Diversity extends GroupRewardContract {
        @Override
        String name() {
            return "diversity";
        }

        /** The one between the others adds least, and the one that is farthest from both most. */
        @Override
        List<Sample> worstToBest() {
            return Stream.of(24, 32, 0).map(rows -> sample(photo(rows))).toList();
        }
    }

    @Nested
    class Exemplars extends RewardContract {
        @TempDir
        private Path folder;

        @Override
        String name() {
            return "exemplars";
        }

        @Override
        Map<String, Object> options() {
            try {
                ImageFiles.write(photo(0), folder.resolve("0.png"));
                ImageFiles.write(photo(2), folder.resolve("1.png"));
                return Map.of("folder", folder.toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        List<Sample> worstToBest() {
            return Stream.of(32, 16, 1).map(rows -> sample(photo(rows))).toList();
        }
    }
}
