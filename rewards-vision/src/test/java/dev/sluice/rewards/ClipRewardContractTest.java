package dev.sluice.rewards;

import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ClipRewardContractTest {
    private static final Path MODEL = Path.of("src/test/resources/fixtures/tiny-clip");

    private abstract static class OfTheTinyModel extends RewardContract {
        @Override
        Map<String, Object> options() {
            // Several lanes, so that what holds of a batch holds of its parts.
            return Map.of("model", MODEL, "threads", 3);
        }

        /** The golden pictures, by the scores that Python gives them. */
        @Override
        List<Sample> worstToBest() {
            try {
                List<JsonNode> items = new ArrayList<>();
                JsonNode golden = new JsonMapper()
                        .readTree(Files.readAllBytes(MODEL.resolve("model.json")))
                        .path("golden");
                golden.forEach(item -> {
                    if (item.path("reward").asString().equals(name())) {
                        items.add(item);
                    }
                });
                items.sort(Comparator.comparingDouble(item -> item.path("score").doubleValue()));
                List<Sample> samples = new ArrayList<>();
                for (JsonNode item : items) {
                    Path image = MODEL.resolve(item.path("image").asString());
                    samples.add(new Sample(
                            ImageFiles.read(image), item.path("prompt").asString(), Map.of()));
                }
                return samples;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Nested
    class ClipScore extends OfTheTinyModel {
        @Override
        String name() {
            return "clipscore";
        }
    }

    @Nested
    class PickScore extends OfTheTinyModel {
        @Override
        String name() {
            return "pickscore";
        }
    }

    @Nested
    class ImageReward extends OfTheTinyModel {
        @Override
        String name() {
            return "imagereward";
        }
    }

    @Nested
    class Aesthetic extends OfTheTinyModel {
        @Override
        String name() {
            return "aesthetic";
        }
    }
}
