package dev.sluice.cli.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.Evaluation;
import dev.sluice.grpo.Prompt;
import dev.sluice.grpo.PromptEncoder;
import java.util.List;

/**
 * How far a model has gone from the one that it started from: mean((v − v_ref)²) over the elements and steps of the ways that it
 * takes from a few prompts. It costs no gradient and says something also of runs whose loss does not hold them to the reference.
 *
 * @param sampler walks
 * @param encoder of the prompts
 * @param latent shape of one sample
 * @param firstSeed the seed of the first prompt's noise, as in the test
 */
record ReferenceDistance(OdeSampler sampler, PromptEncoder encoder, Shape latent, long firstSeed) {
    /** How many of the test's prompts are enough for a curve. */
    static final int PROMPTS = 4;

    /** Adds up squares while it is asked. */
    private static final class Meter implements VelocityModel {
        private final VelocityModel current;
        private final VelocityModel reference;
        private double sum;
        private long calls;

        Meter(VelocityModel current, VelocityModel reference) {
            this.current = current;
            this.reference = reference;
        }

        @Override
        public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
            NDArray velocity = current.velocity(latents, sigmas, conditioning);
            try (NDArray other = reference.velocity(latents, sigmas, conditioning)) {
                float[] here = velocity.toFloatArray();
                float[] there = other.toFloatArray();
                double squares = 0;
                for (int i = 0; i < here.length; i++) {
                    double difference = here[i] - there[i];
                    squares += difference * difference;
                }
                sum += squares / here.length;
                calls++;
            }
            return velocity;
        }

        double mean() {
            return sum / calls;
        }
    }

    /**
     * Walks from each prompt.
     *
     * @param owner temporary arrays live in a child of it
     */
    double of(NDManager owner, VelocityModel current, VelocityModel reference, List<Prompt> prompts) {
        Meter meter = new Meter(current, reference);
        for (int i = 0; i < prompts.size(); i++) {
            try (NDManager scratch = owner.newSubManager();
                    Torch.Scope off = Torch.noGradient()) {
                NDArray noise = Evaluation.noise(scratch, latent, firstSeed + i);
                sampler.sample(meter, noise, encoder.encode(scratch, prompts.get(i)));
            }
        }
        return meter.mean();
    }
}
