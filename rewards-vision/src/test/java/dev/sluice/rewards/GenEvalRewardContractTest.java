package dev.sluice.rewards;

import dev.sluice.video.Media;
import java.util.Collections;
import java.util.List;
import java.util.Map;

class GenEvalRewardContractTest extends RewardContract {
    @Override
    String name() {
        return "geneval";
    }

    private static Sample cups(int found) {
        Object cup = Map.of("class", "cup", "score", 0.95, "box", List.of(2, 2, 12, 12));
        Map<String, Object> metadata = Map.of(
                "tag",
                "counting",
                "include",
                List.of(Map.of("class", "cup", "count", 3)),
                "boxes",
                Collections.nCopies(found, cup));
        return new Sample(Media.image(32, 32, new byte[3072]), "three cups", metadata);
    }

    @Override
    List<Sample> worstToBest() {
        return List.of(cups(0), cups(1), cups(2), cups(3));
    }
}
