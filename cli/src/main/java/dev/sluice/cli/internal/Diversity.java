package dev.sluice.cli.internal;

import dev.sluice.grpo.Evaluation;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How far the samples of one prompt are from each other: the mean over the prompts of the mean over all pairs of
 * √(mean (a − b)²), over pixels and channels in [0, 1]. It falls where a policy gives one picture for every noise.
 *
 * <p>Samples must come in order, all of a prompt one after the other. What was not judged, or has another size than the
 * samples before it, is left out.
 */
public final class Diversity implements Evaluation.Listener {
    private final int samplesPerPrompt;
    private final List<Media> group = new ArrayList<>();
    private double sum;
    private int prompts;

    /** Creates a measure of one evaluation. */
    public Diversity(int samplesPerPrompt) {
        this.samplesPerPrompt = samplesPerPrompt;
    }

    @Override
    public void judged(Evaluation.Judged judged) {
        if (samplesPerPrompt == 1) {
            return;
        }
        if (Double.isFinite(judged.score())) {
            group.add(judged.media());
        }
        if (judged.index() % samplesPerPrompt == samplesPerPrompt - 1) {
            finish();
        }
    }

    private void finish() {
        double distances = 0;
        int pairs = 0;
        for (int i = 0; i < group.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (group.get(i).rgb().length == group.get(j).rgb().length) {
                    distances += distance(group.get(i).rgb(), group.get(j).rgb());
                    pairs++;
                }
            }
        }
        group.clear();
        if (pairs > 0) {
            sum += distances / pairs;
            prompts++;
        }
    }

    private static double distance(byte[] one, byte[] other) {
        long squares = 0;
        for (int i = 0; i < one.length; i++) {
            int difference = (one[i] & 0xFF) - (other[i] & 0xFF);
            squares += (long) difference * difference;
        }
        return Math.sqrt((double) squares / one.length) / 255;
    }

    /** Returns the mean so far; empty if no prompt had two samples. */
    public OptionalDouble mean() {
        return prompts == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / prompts);
    }
}
