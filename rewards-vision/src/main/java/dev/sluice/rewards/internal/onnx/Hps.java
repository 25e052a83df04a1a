package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** HPSv2 and 2.1, Wu et al. (2023), arXiv:2306.09341: the cosine, of a picture that is filled up and not cut. */
public final class Hps extends FolderReward {
    /** Creates the provider. */
    public Hps() {
        super("hpsv2", -1, 1, true, Map.of("antialias", List.of("true", "false")));
    }

    @Override
    public RewardCard card() {
        return new RewardCard("how well people would like it for the prompt", FOLDER, "HPSv2 (2023), arXiv:2306.09341");
    }

    /** open_clip's tokenizer takes HTML's words for letters back; transformers' does not. */
    private static String unescaped(String text) {
        return text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
    }

    @Override
    Opening opening(RewardOptions options) {
        Preparation.Form form = options.word("antialias", "true").equals("true")
                ? Preparation.Form.LETTERBOX
                : Preparation.Form.LETTERBOX_SHARP;
        return parts ->
                TextRewards.cosine(parts, form, prompt -> unescaped(unescaped(prompt)), DoubleUnaryOperator.identity());
    }
}
