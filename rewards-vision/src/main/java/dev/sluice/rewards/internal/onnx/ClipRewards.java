package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** The rewards whose networks are of CLIP's family, each from a reward model's folder. */
public final class ClipRewards {
    private static final String OUTPUT = "image_embeds";
    private static final String FOLDER = "a model folder (option model)";

    private ClipRewards() {}

    /** What all of them take: the folder, the device, the number of threads, and a choice of their own. */
    private abstract static class FromFolder implements RewardProvider {
        private final String name;
        private final RewardFacts facts;
        private final String choice;
        private final List<String> choices;

        FromFolder(String name, double least, double greatest, boolean prompt, String choice, String... choices) {
            this.name = name;
            this.facts = new RewardFacts(least, greatest, RewardFacts.Modality.IMAGE, prompt, false, true);
            this.choice = choice;
            this.choices = List.of(choices);
        }

        /** Returns the reward with its choice; the first of the list is what it is without. */
        abstract Reward open(ModelFolder folder, OnnxNetwork.Place place, String chosen) throws IOException;

        @Override
        public final String name() {
            return name;
        }

        @Override
        public final RewardFacts facts() {
            return facts;
        }

        @Override
        public final Map<String, List<String>> options() {
            Map<String, List<String>> options = new LinkedHashMap<>();
            options.put("model", List.of());
            options.put("device", List.of());
            options.put("threads", List.of());
            if (!choices.isEmpty()) {
                options.put(choice, choices);
            }
            return options;
        }

        @Override
        public final Reward open() {
            return openChecked(Map.of());
        }

        @Override
        public final Reward openChecked(Map<String, Object> options) {
            if (!options.containsKey("model")) {
                throw new IllegalArgumentException(
                        "The reward %s needs the option model, the folder of its network, as in %s:model=weights/%s."
                                .formatted(name, name, name));
            }
            String usual = choices.isEmpty() ? "" : choices.get(0);
            String chosen = options.getOrDefault(choice, usual).toString();
            OnnxNetwork.Place place =
                    new OnnxNetwork.Place(options.getOrDefault("device", "auto").toString(), threads(options));
            try {
                ModelFolder folder =
                        ModelFolder.open(Path.of(options.get("model").toString()));
                Reward reward = open(folder, place, chosen);
                if (chosen.equals(usual)) {
                    verify(folder, reward);
                }
                return reward;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void verify(ModelFolder folder, Reward reward) throws IOException {
            try {
                folder.verify(name, reward);
            } catch (IOException | RuntimeException e) {
                reward.close();
                throw e;
            }
        }

        private int threads(Map<String, Object> options) {
            Object given = options.getOrDefault("threads", Runtime.getRuntime().availableProcessors());
            try {
                return Integer.parseInt(given.toString());
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("%s.threads (%s) must be a whole number.".formatted(name, given), e);
            }
        }
    }

    /** Returns a reward of the cosine between a picture and its prompt. */
    private static Reward cosine(
            ModelFolder folder,
            OnnxNetwork.Place place,
            Preparation.Form form,
            UnaryOperator<String> text,
            DoubleUnaryOperator score)
            throws IOException {
        TextTower tower = TextTower.open(folder, place);
        try {
            return embedding(folder, place, form, new EmbeddingReward.Judge() {
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

                @Override
                public void close() {
                    tower.close();
                }
            });
        } catch (IOException | RuntimeException e) {
            tower.close();
            throw e;
        }
    }

    private static Reward embedding(
            ModelFolder folder, OnnxNetwork.Place place, Preparation.Form form, EmbeddingReward.Judge judge)
            throws IOException {
        return network(folder, place, form, "vision.onnx", OUTPUT, judge);
    }

    private static Reward network(
            ModelFolder folder,
            OnnxNetwork.Place place,
            Preparation.Form form,
            String file,
            String output,
            EmbeddingReward.Judge judge)
            throws IOException {
        Preparation preparation = Preparation.read(folder.file("preprocessor_config.json"), form);
        OnnxNetwork network = OnnxNetwork.open(folder.file(file), place);
        try {
            network.requireOutput(output);
            long[] shape = network.shape("pixel_values");
            if (shape.length != 4 || (shape[2] > 0 && shape[2] != preparation.size())) {
                throw new IOException("%s takes pictures of %s×%s; %s says %s."
                        .formatted(
                                folder.file(file),
                                shape.length > 2 ? shape[2] : "?",
                                shape.length > 3 ? shape[3] : "?",
                                folder.file("preprocessor_config.json"),
                                preparation.size()));
            }
            return new EmbeddingReward(network, output, new Pictures(preparation, place.threads()), judge);
        } catch (IOException | RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /**
     * CLIPScore, Hessel et al. (2021), arXiv:2104.08718: {@code 2.5·max(0, cos)} with "A photo depicts " before the prompt
     * ({@code paper}), or what other code calls so: {@code cosine}, and {@code logit30}, which is 100·cos/30.
     */
    public static final class ClipScore extends FromFolder {
        /** Creates the provider. */
        public ClipScore() {
            super("clipscore", -100 / 30.0, 100 / 30.0, true, "variant", "paper", "cosine", "logit30");
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "how well it fits the prompt: the cosine of CLIP's embeddings, scaled",
                    FOLDER,
                    "CLIPScore (2021), arXiv:2104.08718");
        }

        @Override
        Reward open(ModelFolder folder, OnnxNetwork.Place place, String chosen) throws IOException {
            return switch (chosen) {
                case "paper" ->
                    cosine(
                            folder,
                            place,
                            Preparation.Form.CROP_TORCHVISION,
                            prompt -> "A photo depicts " + prompt,
                            cosine -> 2.5 * Math.max(0, cosine));
                case "logit30" ->
                    cosine(
                            folder,
                            place,
                            Preparation.Form.CROP_TORCHVISION,
                            UnaryOperator.identity(),
                            cosine -> 100 * cosine / 30);
                default ->
                    cosine(
                            folder,
                            place,
                            Preparation.Form.CROP_TORCHVISION,
                            UnaryOperator.identity(),
                            DoubleUnaryOperator.identity());
            };
        }
    }

    /**
     * PickScore, Kirstain et al. (2023), arXiv:2305.01569: the scaled cosine over 26 as flow_grpo has it ({@code over26}), as
     * published ({@code logit}), or bare ({@code cosine}).
     */
    public static final class PickScore extends FromFolder {
        private static final double USUAL_SCALE = 100;

        /** Creates the provider. */
        public PickScore() {
            super("pickscore", -100, 100, true, "scale", "over26", "logit", "cosine");
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "how well people would like it for the prompt", FOLDER, "Pick-a-Pic (2023), arXiv:2305.01569");
        }

        @Override
        Reward open(ModelFolder folder, OnnxNetwork.Place place, String chosen) throws IOException {
            double logit = folder.number("logitScale", USUAL_SCALE);
            double scale = switch (chosen) {
                case "over26" -> logit / 26;
                case "logit" -> logit;
                default -> 1;
            };
            return cosine(folder, place, Preparation.Form.CROP, UnaryOperator.identity(), cosine -> scale * cosine);
        }
    }

    /** HPSv2 and 2.1, Wu et al. (2023), arXiv:2306.09341: the cosine, of a picture that is filled up and not cut. */
    public static final class Hps extends FromFolder {
        /** Creates the provider. */
        public Hps() {
            super("hpsv2", -1, 1, true, "antialias", "true", "false");
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "how well people would like it for the prompt", FOLDER, "HPSv2 (2023), arXiv:2306.09341");
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
        Reward open(ModelFolder folder, OnnxNetwork.Place place, String chosen) throws IOException {
            Preparation.Form form =
                    chosen.equals("true") ? Preparation.Form.LETTERBOX : Preparation.Form.LETTERBOX_SHARP;
            return cosine(folder, place, form, prompt -> unescaped(unescaped(prompt)), DoubleUnaryOperator.identity());
        }
    }

    /** LAION's aesthetic predictor (Schuhmann, 2022): an affine function of the unit embedding, about 1 to 10. */
    public static final class Aesthetic extends FromFolder {
        /** Creates the provider. */
        public Aesthetic() {
            super("aesthetic", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, false, "");
        }

        @Override
        public RewardCard card() {
            return new RewardCard("how beautiful it is, about 1 to 10", FOLDER, "LAION aesthetic predictor (2022)");
        }

        @Override
        Reward open(ModelFolder folder, OnnxNetwork.Place place, String chosen) throws IOException {
            float[] weight = folder.tensor("head.safetensors", "weight");
            float[] bias = folder.tensor("head.safetensors", "bias");
            return embedding(folder, place, Preparation.Form.CROP, (rows, prompts) -> {
                double[] scores = new double[rows.length];
                for (int i = 0; i < scores.length; i++) {
                    scores[i] = Vectors.dot(Vectors.unit(rows[i]), weight) + bias[0];
                }
                return scores;
            });
        }
    }

    /** ImageReward, Xu et al. (2023), arXiv:2304.05977: one network for picture and prompt, its score standardised. */
    public static final class ImageReward extends FromFolder {
        private static final int USUAL_LENGTH = 35;

        /** Creates the provider. */
        public ImageReward() {
            super("imagereward", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, true, "");
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "how well people would like it for the prompt, about -2 to 2",
                    FOLDER,
                    "ImageReward (2023), arXiv:2304.05977");
        }

        @Override
        Reward open(ModelFolder folder, OnnxNetwork.Place place, String chosen) throws IOException {
            int length = (int) folder.number("contextLength", USUAL_LENGTH);
            TextIds tokenizer = TextIds.open(folder.file("tokenizer.json"), length);
            EmbeddingReward.Judge judge = new EmbeddingReward.Judge() {
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
            };
            try {
                return network(folder, place, Preparation.Form.CROP_TORCHVISION, "imagereward.onnx", "reward", judge);
            } catch (IOException | RuntimeException e) {
                judge.close();
                throw e;
            }
        }
    }
}
