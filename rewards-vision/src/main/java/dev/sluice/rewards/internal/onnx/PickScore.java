package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * PickScore, Kirstain et al. (2023), arXiv:2305.01569: the scaled cosine over 26 as flow_grpo has it ({@code over26}), as
 * published ({@code logit}), or bare ({@code cosine}).
 */
public final class PickScore extends FolderReward {
    private static final double USUAL_SCALE = 100;

    /** Creates the provider. */
    public PickScore() {
        super("pickscore", -100, 100, true, Map.of("scale", List.of("over26", "logit", "cosine")));
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "how well people would like it for the prompt", FOLDER, "Pick-a-Pic (2023), arXiv:2305.01569");
    }

    @Override
    Opening opening(RewardOptions options) {
        String chosen = options.word("scale", "over26");
        return parts -> {
            double logit = parts.folder().number("logitScale", USUAL_SCALE);
            double scale = switch (chosen) {
                case "over26" -> logit / 26;
                case "logit" -> logit;
                default -> 1;
            };
            return TextRewards.cosine(parts, Preparation.Form.CROP, UnaryOperator.identity(), cosine -> scale * cosine);
        };
    }
}
