package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** Makes rewards of a picture's embedding and those of texts. */
final class TextRewards {
    private TextRewards() {}

    /**
     * Opens a reward of the cosine between a picture and its prompt.
     *
     * @param form how pictures are brought to size
     * @param text what becomes of a prompt before it is read
     * @param score what a cosine earns
     */
    static Reward cosine(
            FolderReward.Parts parts, Preparation.Form form, UnaryOperator<String> text, DoubleUnaryOperator score)
            throws IOException {
        return judged(parts, form, tower -> new Cosine(tower, text, score));
    }

    private record Cosine(TextTower tower, UnaryOperator<String> text, DoubleUnaryOperator score)
            implements EmbeddingReward.Judge {
        @Override
        public String fault(Sample sample) {
            return tower.reads(text.apply(sample.prompt()))
                    ? ""
                    : "the model's tokenizer makes no token of the empty prompt";
        }

        @Override
        public double[] scores(float[][] rows, List<String> prompts) {
            List<float[]> texts = tower.embed(prompts.stream().map(text).toList());
            double[] scores = new double[rows.length];
            for (int i = 0; i < scores.length; i++) {
                double cosine = Vectors.dot(Vectors.unit(rows[i]), texts.get(i));
                scores[i] = score.applyAsDouble(Math.max(-1, Math.min(1, cosine)));
            }
            return scores;
        }
    }

    /** Makes what judges embeddings, of what embeds texts. */
    @FunctionalInterface
    interface ByText {
        EmbeddingReward.Judge judge(TextTower tower) throws IOException;
    }

    /** Opens a reward that judges a picture's embedding by those of texts; closing it closes both networks. */
    static Reward judged(FolderReward.Parts parts, Preparation.Form form, ByText judge) throws IOException {
        VisionNetwork vision = VisionNetwork.clip(parts.folder(), parts.place(), form);
        try {
            TextTower tower = TextTower.open(parts.folder(), parts.place());
            try {
                Reward reward = new EmbeddingReward(vision, parts.frames(), judge.judge(tower));
                return new WithTower(reward, tower);
            } catch (IOException | RuntimeException e) {
                tower.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            vision.close();
            throw e;
        }
    }

    /** Closes the text's network with the picture's. */
    private record WithTower(Reward reward, TextTower tower) implements Reward {
        @Override
        public Scores score(List<Sample> samples) {
            return reward.score(samples);
        }

        @Override
        public void close() {
            reward.close();
            tower.close();
        }
    }
}
