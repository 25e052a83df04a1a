package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/**
 * CLIPScore, Hessel et al. (2021), arXiv:2104.08718: {@code 2.5·max(0, cos)} with "A photo depicts " before the prompt
 * ({@code paper}), or what other code calls so: {@code cosine}, and {@code logit30}, which is 100·cos/30.
 */
public final class ClipScore extends FolderReward {
    private static final double SCALE = 2.5;
    private static final double LOGIT = 100 / 30.0;

    /** Creates the provider. */
    public ClipScore() {
        super("clipscore", -LOGIT, LOGIT, true, Map.of("variant", List.of("paper", "cosine", "logit30")));
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "how well it fits the prompt: the cosine of CLIP's embeddings, scaled",
                FOLDER,
                "CLIPScore (2021), arXiv:2104.08718");
    }

    @Override
    Opening opening(RewardOptions options) {
        String variant = options.word("variant", "paper");
        UnaryOperator<String> text =
                variant.equals("paper") ? prompt -> "A photo depicts " + prompt : UnaryOperator.identity();
        DoubleUnaryOperator score = switch (variant) {
            case "paper" -> cosine -> SCALE * Math.max(0, cosine);
            case "logit30" -> cosine -> LOGIT * cosine;
            default -> DoubleUnaryOperator.identity();
        };
        return parts -> TextRewards.cosine(parts, Preparation.Form.CROP_TORCHVISION, text, score);
    }
}
