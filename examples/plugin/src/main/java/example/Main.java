package example;

import dev.sluice.grpo.Sampler;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scorer;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Draws pictures, if a model's folder is given, and scores them by a reward of Sluice and one of this project. */
public final class Main {
    private static final String PROMPT = "a red circle";

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        List<Media> pictures = arguments.length == 0 ? flat() : drawn(Path.of(arguments[0]));
        List<Sample> samples = new ArrayList<>();
        pictures.forEach(picture -> samples.add(new Sample(picture, PROMPT, Map.of())));
        try (Scorer scorer = Scorer.open("compressibility", "warmth")) {
            for (Map.Entry<String, Scores> scores : scorer.score(samples).entrySet()) {
                for (int i = 0; i < samples.size(); i++) {
                    System.out.printf(
                            "%s %s: %.3f%n",
                            scores.getKey(), i, scores.getValue().values()[i]);
                }
            }
        }
    }

    private static List<Media> drawn(Path model) throws IOException {
        try (Sampler sampler = Sampler.open(model)) {
            return sampler.sample(List.of(PROMPT, PROMPT), 1);
        }
    }

    /** A red picture and a blue one. */
    private static List<Media> flat() {
        byte[] red = new byte[3 * 32 * 32];
        byte[] blue = new byte[3 * 32 * 32];
        for (int i = 0; i < red.length; i += 3) {
            red[i] = (byte) 255;
            blue[i + 2] = (byte) 255;
        }
        return List.of(Media.image(32, 32, red), Media.image(32, 32, blue));
    }
}
