package dev.sluice.flow;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/** Reads the settings of a {@code scheduler_config.json}, and refuses those that would give another grid than ours. */
record SchedulerFields(JsonNode config) {
    private static final Map<Scheduler.Spacing, String> SPACINGS = new EnumMap<>(Map.of(
            Scheduler.Spacing.KARRAS, "use_karras_sigmas",
            Scheduler.Spacing.EXPONENTIAL, "use_exponential_sigmas",
            Scheduler.Spacing.BETA, "use_beta_sigmas"));

    Scheduler.FlowMatchEuler flowMatchEuler() {
        refuseWhenTrue("invert_sigmas");
        return new Scheduler.FlowMatchEuler(
                whole("num_train_timesteps", 1000),
                flag("use_dynamic_shifting") ? dynamic() : new SigmaShift.Fixed(number("shift", 1)),
                optional("shift_terminal"),
                spacing(),
                flag("stochastic_sampling"));
    }

    /** What the class does not know, diffusers leaves out without a word; a folder that asks for it means something else. */
    Scheduler.FlowMatchHeun flowMatchHeun() {
        for (String name : List.of(
                "use_dynamic_shifting",
                "use_karras_sigmas",
                "use_exponential_sigmas",
                "use_beta_sigmas",
                "stochastic_sampling")) {
            refuseWhenTrue(name);
        }
        if (optional("shift_terminal").isPresent()) {
            throw wrong("shift_terminal", config.path("shift_terminal"), "null for FlowMatchHeunDiscreteScheduler");
        }
        return new Scheduler.FlowMatchHeun(flowMatchEuler());
    }

    Scheduler.FlowUniPc flowUniPc() {
        if (!flag("use_flow_sigmas")) {
            throw new IllegalArgumentException(
                    "scheduler_config.json: use_flow_sigmas (false) must be true, because only flow models are supported.");
        }
        List.of("thresholding", "use_dynamic_shifting").forEach(this::refuseWhenTrue);
        SPACINGS.values().forEach(this::refuseWhenTrue);
        for (String name : List.of("predict_x0", "lower_order_final")) {
            if (config.path(name).isBoolean() && !flag(name)) {
                throw new IllegalArgumentException("scheduler_config.json: %s (false) must be true.".formatted(name));
            }
        }
        only("prediction_type", text("prediction_type", "epsilon"), "flow_prediction");
        only("final_sigmas_type", text("final_sigmas_type", "zero"), "zero");
        if (!config.path("disable_corrector").isEmpty()) {
            throw wrong("disable_corrector", config.path("disable_corrector"), "empty");
        }
        if (optional("shift_terminal").isPresent()) {
            throw wrong("shift_terminal", config.path("shift_terminal"), "null for UniPCMultistepScheduler");
        }
        int order = whole("solver_order", 2);
        if (order < 1 || order > 2) {
            throw new IllegalArgumentException(
                    "scheduler_config.json: solver_order (%s) must be 1 or 2.".formatted(order));
        }
        return new Scheduler.FlowUniPc(
                whole("num_train_timesteps", 1000), number("flow_shift", 1), new UniPc(order, form()));
    }

    private UniPc.Form form() {
        String type = text("solver_type", "bh2");
        return switch (type) {
            case "bh1" -> UniPc.Form.BH1;
            case "bh2" -> UniPc.Form.BH2;
            default ->
                throw new IllegalArgumentException(
                        "scheduler_config.json: solver_type (%s) must be bh1 or bh2.".formatted(type));
        };
    }

    private static void only(String name, String found, String expected) {
        if (!found.equals(expected)) {
            throw new IllegalArgumentException(
                    "scheduler_config.json: %s (%s) must be %s.".formatted(name, found, expected));
        }
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
        Scheduler.Spacing found = Scheduler.Spacing.PLAIN;
        for (Scheduler.Spacing spacing : SPACINGS.keySet()) {
            if (flag(SPACINGS.get(spacing))) {
                if (found != Scheduler.Spacing.PLAIN) {
                    throw new IllegalArgumentException("scheduler_config.json: %s and %s are both true; expected one."
                            .formatted(SPACINGS.get(found), SPACINGS.get(spacing)));
                }
                found = spacing;
            }
        }
        return found;
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
