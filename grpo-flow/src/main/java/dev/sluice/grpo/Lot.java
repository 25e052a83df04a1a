package dev.sluice.grpo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finished samples that are looked at together: a micro-batch.
 *
 * @param samples their numbers in the iteration, at least one
 * @param units for each the number of the sample, pair or group whose level of noise it shares
 * @param noises for each the number whose noise it shares
 * @param worth for each what the loss makes of its reward
 */
public record Lot(int[] samples, int[] units, int[] noises, double[] worth) {
    /** Returns the number of samples. */
    public int size() {
        return samples.length;
    }

    /** Returns lots of {@code size} samples, the last may be smaller, each sample with a level and a noise of its own. */
    static List<Lot> ofSamples(int[] samples, double[] worth, int size) {
        List<Lot> lots = new ArrayList<>();
        for (int first = 0; first < samples.length; first += size) {
            int end = Math.min(first + size, samples.length);
            int[] part = Arrays.copyOfRange(samples, first, end);
            lots.add(new Lot(part, part, part, Arrays.copyOfRange(worth, first, end)));
        }
        return lots;
    }

    /** Returns lots of whole pairs, the winner first, worth 1 and −1; both of a pair have one level and one noise. */
    static List<Lot> ofPairs(List<Pairing.Pair> pairs, int size) {
        List<Lot> lots = new ArrayList<>();
        int most = Math.max(1, size / 2);
        for (int first = 0; first < pairs.size(); first += most) {
            List<Pairing.Pair> part = pairs.subList(first, Math.min(first + most, pairs.size()));
            int[] samples = new int[2 * part.size()];
            int[] shared = new int[samples.length];
            double[] worth = new double[samples.length];
            for (int j = 0; j < samples.length; j++) {
                Pairing.Pair pair = part.get(j / 2);
                samples[j] = j % 2 == 0 ? pair.winner() : pair.loser();
                shared[j] = pair.winner();
                worth[j] = j % 2 == 0 ? 1 : -1;
            }
            lots.add(new Lot(samples, shared, shared, worth));
        }
        return lots;
    }
}
