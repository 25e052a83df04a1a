package example;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;

/** A reward of one's own: the mean of (red − blue)/255 over all pixels, in [−1, 1]. */
public final class Warmth implements RewardProvider {
    @Override
    public String name() {
        return "warmth";
    }

    @Override
    public Reward open() {
        return samples -> Scores.of(
                samples.stream().map(Sample::media).mapToDouble(Warmth::of).toArray());
    }

    private static double of(Media media) {
        byte[] rgb = media.rgb();
        double sum = 0;
        for (int i = 0; i < rgb.length; i += 3) {
            sum += (rgb[i] & 0xFF) - (rgb[i + 2] & 0xFF);
        }
        return sum / (255.0 * (rgb.length / 3));
    }
}
