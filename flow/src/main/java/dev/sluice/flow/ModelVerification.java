package dev.sluice.flow;

import ai.djl.Device;
import dev.sluice.flow.internal.verification.Verifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Compares a model with tensors that a reference implementation computed from the same weights. */
public final class ModelVerification {
    private ModelVerification() {}

    /**
     * An expected tensor and how far ours is from it.
     *
     * @param name its name in the golden file
     * @param maxError max |ours − expected|; NaN where either has one; 0 if not computed
     * @param relativeError maxError / max |expected|
     * @param reason why it could not be computed; empty if it was
     */
    public record Comparison(String name, double maxError, double relativeError, Optional<String> reason) {
        /** A tensor that was computed. */
        public Comparison(String name, double maxError, double relativeError) {
            this(name, maxError, relativeError, Optional.empty());
        }

        /** A tensor that could not be computed. */
        public Comparison(String name, String reason) {
            this(name, 0, 0, Optional.of(reason));
        }

        /** Returns whether it was computed. */
        public boolean computed() {
            return reason.isEmpty();
        }

        /** Returns whether it was computed and its relative error is not within the tolerance; NaN never is. */
        public boolean exceeds(double tolerance) {
            return computed() && !(relativeError <= tolerance);
        }
    }

    /**
     * Runs a model on the inputs of a golden file and compares all it can compute, in float32 on the CPU.
     *
     * <p>A component (a folder with {@code config.json}): every case of the file. A transformer takes its arguments in
     * diffusers, {@code CASE.in.hidden_states}, {@code …encoder_hidden_states}, {@code …timestep} and so on, and is compared with
     * {@code CASE.out}, and with {@code CASE.grad.in.*} and {@code CASE.grad.weight.*} of Σ out·{@code CASE.cotangent}. A text
     * encoder takes {@code CASE.input_ids} and {@code CASE.attention_mask}; if there is a case named as the folder, only that one
     * is its own. An autoencoder takes {@code CASE.image} or {@code CASE.video}, and {@code CASE.latents}.
     *
     * <p>A pipeline (a folder with {@code model_index.json}): token ids, prompt embeddings, timesteps, the latents after every
     * step of the scheduler's solver and the image or video, from {@code texts.json} beside the golden file; each stage goes on
     * with our own values. The guidance weight is {@code guidance_scale} of the file's metadata, else 4.5, of FLUX 3.5, of
     * Wan 5.
     *
     * @param folder the model
     * @param golden the safetensors file
     * @return every expected tensor of the file, sorted by name
     * @throws IOException if the folder or the file cannot be read, or its architecture is unknown
     */
    public static List<Comparison> verify(Path folder, Path golden) throws IOException {
        return Verifier.verify(folder, golden, Device.cpu());
    }
}
