package dev.sluice.flow;

import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/** Reads the settings of a {@code scheduler_config.json}, and refuses those that would give another grid than ours. */
record SchedulerFields(JsonNode config) {
    Scheduler.FlowMatchEuler flowMatchEuler() {
        refuseWhenTrue("invert_sigmas");
        refuseWhenTrue("stochastic_sampling");
        return new Scheduler.FlowMatchEuler(
                whole("num_train_timesteps", 1000),
                flag("use_dynamic_shifting") ? dynamic() : new SigmaShift.Fixed(number("shift", 1)),
                optional("shift_terminal"),
                spacing());
    }

    Scheduler.FlowUniPc flowUniPc() {
        if (!flag("use_flow_sigmas")) {
            throw new IllegalArgumentException(
                    "scheduler_config.json: use_flow_sigmas (false) must be true, because only flow models are supported.");
        }
        return new Scheduler.FlowUniPc(whole("num_train_timesteps", 1000), number("flow_shift", 1));
    }

    private SigmaShift.Dynamic dynamic() {
        String type = text("time_shift_type", "exponential");
        SigmaShift.Dynamic.Form form = switch (type) {
            case "exponential" -> SigmaShift.Dynamic.Form.EXPONENTIAL;
            case "linear" -> SigmaShift.Dynamic.Form.LINEAR;
            default ->
                throw new IllegalArgumentException(
                        "scheduler_config.json: time_shift_type (%s) must be exponential or linear.".formatted(type));
        };
        return new SigmaShift.Dynamic(
                form,
                number("base_image_seq_len", 256),
                number("base_shift", 0.5),
                number("max_image_seq_len", 4096),
                number("max_shift", 1.15));
    }

    private Scheduler.Spacing spacing() {
        if (flag("use_karras_sigmas")) {
            return Scheduler.Spacing.KARRAS;
        }
        if (flag("use_exponential_sigmas")) {
            return Scheduler.Spacing.EXPONENTIAL;
        }
        return flag("use_beta_sigmas") ? Scheduler.Spacing.BETA : Scheduler.Spacing.PLAIN;
    }

    private void refuseWhenTrue(String name) {
        if (flag(name)) {
            throw new IllegalArgumentException("scheduler_config.json: %s (true) must be false.".formatted(name));
        }
    }

    private boolean flag(String name) {
        JsonNode node = config.path(name);
        if (absent(node)) {
            return false;
        }
        if (!node.isBoolean()) {
            throw wrong(name, node, "true or false");
        }
        return node.booleanValue();
    }

    private OptionalDouble optional(String name) {
        // Diffusers tests the value's truth, so 0 means none.
        double value = number(name, 0);
        return value == 0 ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private double number(String name, double otherwise) {
        JsonNode node = config.path(name);
        if (absent(node)) {
            return otherwise;
        }
        if (!node.isNumber()) {
            throw wrong(name, node, "a number");
        }
        return node.doubleValue();
    }

    private int whole(String name, int otherwise) {
        JsonNode node = config.path(name);
        if (absent(node)) {
            return otherwise;
        }
        if (!node.isInt()) {
            throw wrong(name, node, "a whole number");
        }
        return node.intValue();
    }

    String text(String name, String otherwise) {
        JsonNode node = config.path(name);
        if (absent(node)) {
            return otherwise;
        }
        if (!node.isString()) {
            throw wrong(name, node, "a string");
        }
        return node.stringValue();
    }

    private static boolean absent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static IllegalArgumentException wrong(String name, JsonNode found, String expected) {
        return new IllegalArgumentException(
                "scheduler_config.json: %s (%s) must be %s.".formatted(name, found, expected));
    }
}
