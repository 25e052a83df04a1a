package dev.sluice.grpo;

import dev.sluice.flow.VelocityModel;

/** What an update computes at a time, on one lane. */
@FunctionalInterface
interface Portion {
    /**
     * Computes a share of the loss and, if it is finite, adds its gradient to the weights of the model.
     *
     * @param model the policy over weights that collect gradients
     * @return what is reported of it
     */
    MicroStep backward(VelocityModel model);
}
