package dev.sluice.grpo;

/** The policies that do not move with every update, which a loss or an anchor may compare the present one with. */
public enum Frozen {
    /** The model that the run started from; with LoRA the network without its adapter, which needs no memory of its own. */
    REFERENCE,
    /** The copy that follows the policy as the objective's {@link CopyRule} says. */
    COPY
}
