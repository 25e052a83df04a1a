package dev.sluice.grpo;

import dev.sluice.flow.VelocityModel;
import java.util.Optional;

/**
 * The trained policy and those that it may be compared with.
 *
 * @param policy the trained one, and its reference
 * @param copy the one that follows it
 */
record Policies(Policy policy, Optional<PolicyCopy> copy) {
    VelocityModel frozen(Frozen which) {
        return switch (which) {
            case REFERENCE -> policy.reference();
            case COPY -> copy.orElseThrow().model();
        };
    }
}
