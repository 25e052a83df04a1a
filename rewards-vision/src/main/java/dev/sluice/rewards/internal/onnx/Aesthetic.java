package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.Map;

/** LAION's aesthetic predictor (Schuhmann, 2022): an affine function of the unit embedding, about 1 to 10. */
public final class Aesthetic extends FolderReward {
    /** Creates the provider. */
    public Aesthetic() {
        super("aesthetic", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, false, Map.of());
    }

    @Override
    public RewardCard card() {
        return new RewardCard("how beautiful it is, about 1 to 10", FOLDER, "LAION aesthetic predictor (2022)");
    }

    @Override
    Opening opening(RewardOptions options) {
        return parts -> {
            float[] weight = parts.folder().tensor("head.safetensors", "weight");
            float[] bias = parts.folder().tensor("head.safetensors", "bias");
            VisionNetwork vision = VisionNetwork.clip(parts.folder(), parts.place(), Preparation.Form.CROP);
            return new EmbeddingReward(vision, parts.frames(), (rows, prompts) -> {
                double[] scores = new double[rows.length];
                for (int i = 0; i < scores.length; i++) {
                    scores[i] = Vectors.dot(Vectors.unit(rows[i]), weight) + bias[0];
                }
                return scores;
            });
        };
    }
}
