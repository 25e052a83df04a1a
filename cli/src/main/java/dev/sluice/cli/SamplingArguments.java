package dev.sluice.cli;

import dev.sluice.configs.EvaluationChoice;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.PictureSettings;
import dev.sluice.flow.tensor.Require;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
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
            names = "--solver",
            paramLabel = "NAME",
            defaultValue = "euler",
            description = "euler, heun, midpoint, dpm2m or unipc, which is Wan's own (default: ${DEFAULT-VALUE}).")
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
    }

    /** Returns the settings for a model. */
    PictureSettings settings(FlowPipeline pipeline) {
        return new PictureSettings(
                steps,
                solver.solver(),
                guidance,
                "",
                height == null ? pipeline.sizes().defaultHeight() : height,
                width == null ? pipeline.sizes().defaultWidth() : width,
                frames == null ? pipeline.sizes().defaultFrames() : frames,
                batch);
    }

    /** Returns the settings in words. */
    String description() {
        return "%s steps of %s, guidance %s".formatted(steps, solver.name().toLowerCase(Locale.ROOT), guidance);
    }

    /** Returns the settings that change pictures, as JSON values. */
    Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("steps", steps);
        values.put("solver", solver.name().toLowerCase(Locale.ROOT));
        values.put("guidance", guidance);
        return values;
    }
}
