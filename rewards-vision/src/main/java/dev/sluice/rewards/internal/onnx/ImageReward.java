package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.internal.RewardOptions;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** ImageReward, Xu et al. (2023), arXiv:2304.05977: one network for picture and prompt, its score standardised. */
public final class ImageReward extends FolderReward {
    private static final int USUAL_LENGTH = 35;

    /** Creates the provider. */
    public ImageReward() {
        super("imagereward", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, true, Map.of());
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "how well people would like it for the prompt, about -2 to 2",
                FOLDER,
                "ImageReward (2023), arXiv:2304.05977");
    }

    @Override
    Opening opening(RewardOptions options) {
        return parts -> {
            int length = (int) parts.folder().number("contextLength", USUAL_LENGTH);
            TextIds tokenizer = TextIds.open(parts.folder().file("tokenizer.json"), length);
            try {
                VisionNetwork network = VisionNetwork.open(
                        parts.folder(), parts.place(), Preparation.Form.CROP_TORCHVISION, "imagereward.onnx", "reward");
                return new EmbeddingReward(network, parts.frames(), new Judge(tokenizer));
            } catch (IOException | RuntimeException e) {
                tokenizer.close();
                throw e;
            }
        };
    }

    /** Gives the network the prompt's tokens; what it returns is the score. */
    private record Judge(TextIds tokenizer) implements EmbeddingReward.Judge {
        @Override
        public Map<String, long[][]> inputs(List<String> prompts) {
            TextIds.Rows rows = tokenizer.rows(prompts);
            return Map.of("input_ids", rows.ids(), "attention_mask", rows.mask());
        }

        @Override
        public double[] scores(float[][] rows, List<String> prompts) {
            double[] scores = new double[rows.length];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = rows[i][0];
            }
            return scores;
        }

        @Override
        public void close() {
            tokenizer.close();
        }
    }
}
