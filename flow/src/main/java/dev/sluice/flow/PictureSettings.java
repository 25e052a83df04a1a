package dev.sluice.flow;

import dev.sluice.flow.tensor.Require;

/**
 * How pictures or videos are made from prompts.
 *
 * @param steps steps of the ODE, at least 1
 * @param solver the method of each step
 * @param guidance scale of the guidance; 1 is none
 * @param negativePrompt what the guidance moves away from; may be empty
 * @param height picture rows in pixels
 * @param width picture columns in pixels
 * @param frames frames of a video; 1 of a picture
 * @param chunkSize pictures made at a time, which bounds the memory
 */
public record PictureSettings(
        int steps,
        OdeSolver solver,
        double guidance,
        String negativePrompt,
        int height,
        int width,
        int frames,
        int chunkSize) {
    public PictureSettings {
        Require.atLeast("steps", steps, 1);
        Require.atLeast("chunkSize", chunkSize, 1);
        if (!Double.isFinite(guidance)) {
            throw new IllegalArgumentException("guidance (%s) must be a finite number.".formatted(guidance));
        }
    }

    /** Settings of pictures. */
    public PictureSettings(
            int steps, OdeSolver solver, double guidance, String negativePrompt, int height, int width, int chunkSize) {
        this(steps, solver, guidance, negativePrompt, height, width, 1, chunkSize);
    }

    /** Steps of the folder's own solver at the size the model was made for, away from the empty prompt. */
    public static PictureSettings of(FlowPipeline pipeline, int steps, double guidance, int chunkSize) {
        return new PictureSettings(
                steps,
                pipeline.solver(),
                guidance,
                "",
                pipeline.sizes().defaultHeight(),
                pipeline.sizes().defaultWidth(),
                pipeline.sizes().defaultFrames(),
                chunkSize);
    }
}
