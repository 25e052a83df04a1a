package dev.sluice.cli;

import dev.sluice.configs.EvaluationChoice;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.PictureSettings;
import dev.sluice.flow.PromptReading;
import dev.sluice.flow.tensor.Require;
import dev.sluice.grpo.Prompt;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** How pictures are made, for every command that makes some. */
final class SamplingArguments {
    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "20",
            description = "Steps of the ODE (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--guidance",
            paramLabel = "W",
            defaultValue = "1",
            description =
                    "Scale of the guidance: classifier-free, where 1 is none, or told to FLUX.1 dev, which is made for "
                            + "3.5 (default: ${DEFAULT-VALUE}).")
    private double guidance;

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            description = "What classifier-free guidance moves away from (default: the empty text).")
    private String negative;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description =
                    "T5 tokens of every prompt; a longer one is cut, a shorter one filled up (default: as the model's "
                            + "makers have it, such as 256 for SD3, 512 for FLUX.1 dev and Wan).")
    private Integer maxTokens;

    @Option(
            names = "--solver",
            paramLabel = "NAME",
            description =
                    "euler, stochastic, heun, midpoint, dpm2m or unipc (default: what the model's scheduler says, such as unipc for Wan).")
    private EvaluationChoice.Solver solver;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "Pictures made at a time, which bounds the memory (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--height",
            paramLabel = "PIXELS",
            description = "Rows of a picture (default: what the model was made for).")
    private Integer height;

    @Option(
            names = "--width",
            paramLabel = "PIXELS",
            description = "Columns of a picture (default: what the model was made for).")
    private Integer width;

    @Option(
            names = "--frames",
            paramLabel = "N",
            description = "Frames of a video, 1 more than a multiple of 4 for Wan (default: 81; 1 of a picture).")
    private Integer frames;

    /** Refuses what no model could do, before one is loaded. */
    void check() {
        Require.atLeast("--steps", steps, 1);
        Require.atLeast("--batch", batch, 1);
        if (!Double.isFinite(guidance)) {
            throw new IllegalArgumentException("--guidance (%s) must be a finite number.".formatted(guidance));
        }
        if (maxTokens != null) {
            Require.atLeast("--max-tokens", maxTokens, 1);
        }
        if (negative != null && guidance == 1) {
            throw new IllegalArgumentException(
                    "--negative-prompt (%s) means nothing with --guidance 1, which is no guidance.%nMaybe add --guidance 4.5."
                            .formatted(negative));
        }
    }

    /** Returns how a model reads prompts. */
    PromptReading reading(List<Prompt> prompts) {
        Stream<String> known =
                Stream.concat(Stream.of(negativePrompt()), prompts.stream().map(Prompt::text));
        return new PromptReading(known.toList(), maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens));
    }

    private String negativePrompt() {
        return negative == null ? "" : negative;
    }

    /**
     * Returns the settings for a model.
     *
     * @throws IllegalArgumentException if one means nothing to it
     */
    PictureSettings settings(FlowPipeline pipeline) {
        if (negative != null && !pipeline.takesNegativePrompt()) {
            throw new IllegalArgumentException(
                    "--negative-prompt (%s) must be left out, because this model is told its guidance and moves away from nothing."
                            .formatted(negative));
        }
        return new PictureSettings(
                steps,
                solver == null ? pipeline.solver() : solver.beside(pipeline.solver()),
                guidance,
                negativePrompt(),
                height == null ? pipeline.sizes().defaultHeight() : height,
                width == null ? pipeline.sizes().defaultWidth() : width,
                frames == null ? pipeline.sizes().defaultFrames() : frames,
                batch);
    }

    private static String name(OdeSolver solver) {
        return EvaluationChoice.Solver.of(solver).name().toLowerCase(Locale.ROOT);
    }

    /** Returns the settings in words, with what became of the solver. */
    String description(OdeSolver used) {
        return "%s steps of %s, guidance %s%s"
                .formatted(steps, name(used), guidance, negative == null ? "" : " away from \"" + negative + "\"");
    }

    /** Returns the settings that change pictures, as JSON values, with what became of the solver. */
    Map<String, Object> values(OdeSolver used) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("steps", steps);
        values.put("solver", name(used));
        values.put("guidance", guidance);
        if (negative != null) {
            values.put("negativePrompt", negative);
        }
        if (maxTokens != null) {
            values.put("maxTokens", maxTokens);
        }
        return values;
    }
}
