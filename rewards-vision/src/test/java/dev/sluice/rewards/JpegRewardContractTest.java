package dev.sluice.rewards;

import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Nested;

class JpegRewardContractTest {
    /** Returns pictures with more and more noise. */
    private static List<Sample> noisier() {
        List<Sample> samples = new ArrayList<>();
        for (int range : new int[] {1, 40, 250}) {
            byte[] rgb = new byte[3 * 32 * 32];
            Random random = new Random(1);
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = (byte) random.nextInt(range);
            }
            samples.add(new Sample(Media.image(32, 32, rgb), "", Map.of()));
        }
        return samples;
    }

    @Nested
    class Incompressibility extends RewardContract {
        @Override
        String name() {
            return "incompressibility";
        }

        @Override
        List<Sample> worstToBest() {
            return noisier();
        }
    }

    @Nested
    class Compressibility extends RewardContract {
        @Override
        String name() {
            return "compressibility";
        }

        @Override
        List<Sample> worstToBest() {
            List<Sample> samples = noisier();
            Collections.reverse(samples);
            return samples;
        }
    }
}
