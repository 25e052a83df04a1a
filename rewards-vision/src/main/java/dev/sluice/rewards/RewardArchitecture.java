package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a reward model sees, and how it judges.
 *
 * @param encoding what it sees of a picture
 * @param prompt whether it reads the prompt
 * @param head what makes scores of that
 * @param axes what it was taught, see {@link PreferenceData}; an axis {@code aspect/criterion} is a part of the axis {@code aspect}
 */
public record RewardArchitecture(Encoding encoding, boolean prompt, Head head, List<String> axes) {
    public RewardArchitecture {
        axes = List.copyOf(axes);
        if (axes.isEmpty() || new LinkedHashSet<>(axes).size() < axes.size()) {
            throw new IllegalArgumentException("axes (%s) must be different ones, at least one.".formatted(axes));
        }
    }

    /** What is seen of a picture; of a video the mean over some frames. */
    public sealed interface Encoding {
        /**
         * A small convolutional network that is trained as well. Prompts are words and pairs of neighbouring words.
         *
         * @param size the side that pictures are brought to
         * @param channels of the convolutions, a multiple of 8
         */
        record Pixels(int size, int channels) implements Encoding {
            public Pixels {
                Require.within("size", size, 8, 256);
                Require.within("channels", channels, 8, 256);
                if (channels % 8 != 0) {
                    throw new IllegalArgumentException("channels (%s) must be a multiple of 8.".formatted(channels));
                }
            }
        }

        /** Colours and edges in a grid, which need no weights. Prompts are words and pairs of neighbouring words. */
        record Appearance() implements Encoding {}

        /**
         * The embeddings of a model of CLIP's family, which stays as it is.
         *
         * @param folder with {@code vision.onnx}, {@code text.onnx} and what belongs to them
         */
        record Clip(Path folder) implements Encoding {}
    }

    /** What makes scores of what is seen. */
    public sealed interface Head {
        /** A weighted sum. */
        record Linear() implements Head {}

        /**
         * Two layers with SiLU between them.
         *
         * <p>Source: BaseReward (2025), whose best of one to five layers it is.
         *
         * @param hidden width of the first
         */
        record TwoLayer(int hidden) implements Head {
            public TwoLayer {
                Require.within("hidden", hidden, 1, 65_536);
            }
        }

        /**
         * Experts, each a layer over a shared one, for the criteria of every aspect; gates that read the prompt weigh the criteria of an
         * aspect, and the aspects: s_a = Σ w_i·ρ_i, overall = Σ g_a·s_a.
         *
         * <p>Source: MJ-VIDEO (2025). Differs: the gates have one hidden layer, and an aspect without named criteria has a number of
         * experts of its own.
         *
         * @param hidden width of the shared layer and of the gates
         * @param experts of an aspect without criteria
         * @param temperature what the gates' numbers are divided by before the softmax
         */
        record Experts(int hidden, int experts, double temperature) implements Head {
            public Experts {
                Require.within("hidden", hidden, 1, 65_536);
                Require.within("experts", experts, 1, 1024);
                Require.positive("temperature", temperature);
            }
        }
    }

    /** Returns what it has scores of, in order: the axes, or with experts overall, the aspects, and the criteria. */
    public List<String> columns() {
        if (!(head instanceof Head.Experts)) {
            return axes;
        }
        List<String> columns = new ArrayList<>(List.of(PreferenceData.OVERALL));
        columns.addAll(aspects());
        columns.addAll(criteria());
        return columns;
    }

    /** Returns the aspects that experts have gates for; one of no name if everything is about {@code overall}. */
    public List<String> aspects() {
        Set<String> aspects = new LinkedHashSet<>();
        for (String axis : axes) {
            if (!axis.equals(PreferenceData.OVERALL)) {
                aspects.add(axis.split("/", 2)[0]);
            }
        }
        return aspects.isEmpty() ? List.of("all") : List.copyOf(aspects);
    }

    /** Returns the criteria of all aspects that experts judge, aspect after aspect. */
    public List<String> criteria() {
        List<String> criteria = new ArrayList<>();
        for (String aspect : aspects()) {
            List<String> own =
                    axes.stream().filter(axis -> axis.startsWith(aspect + "/")).toList();
            criteria.addAll(own);
            for (int i = 1; own.isEmpty() && i <= ((Head.Experts) head).experts(); i++) {
                criteria.add("%s/%s".formatted(aspect, i));
            }
        }
        return criteria;
    }
}
