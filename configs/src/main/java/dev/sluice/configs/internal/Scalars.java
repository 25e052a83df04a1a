package dev.sluice.configs.internal;

import dev.sluice.configs.PromptSource;
import dev.sluice.flow.tensor.Suggestion;
import java.lang.reflect.AnnotatedElement;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Reads single values: numbers within their range, words of a choice, text, paths. */
final class Scalars {
    private final List<Fault> faults;

    Scalars(List<Fault> faults) {
        this.faults = faults;
    }

    /** Returns what a key of that type takes, in words. */
    String expected(Class<?> type, AnnotatedElement rules) {
        Within within = rules.getAnnotation(Within.class);
        if (whole(type)) {
            return within == null ? "a whole number" : "a whole number " + Range.described(within);
        }
        if (real(type)) {
            return within == null ? "a number" : "a number " + Range.described(within);
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return "one of " + String.join(", ", choices(type));
        }
        if (type == Path.class) {
            return rules.isAnnotationPresent(Existing.class) ? "a folder" : "a path";
        }
        if (type == PromptSource.class) {
            return "a prompt file, or a split of a built-in world like scenes:train";
        }
        if (type == List.class) {
            return "a list";
        }
        return type.isRecord() || Variants.are(type) ? "a group of keys" : "text";
    }

    private static boolean real(Class<?> type) {
        return type == double.class || type == Double.class;
    }

    private static boolean whole(Class<?> type) {
        return type == int.class || type == Integer.class || type == long.class || type == Long.class;
    }

    Object read(Class<?> type, AnnotatedElement rules, Node node, String path) {
        if (!(node instanceof Node.Scalar scalar)) {
            return wrong(node, path, expected(type, rules), "");
        }
        if (whole(type)) {
            return whole(type, rules, scalar, path);
        }
        if (real(type)) {
            return real(rules, scalar, path);
        }
        if (type == boolean.class || type == Boolean.class) {
            return scalar.kind() == Node.Kind.BOOLEAN
                    ? (Object) "true".equalsIgnoreCase(scalar.text())
                    : wrong(scalar, path, "true or false", "");
        }
        if (type.isEnum()) {
            return choice(type, scalar, path);
        }
        return text(type, rules, scalar, path);
    }

    private Object whole(Class<?> type, AnnotatedElement rules, Node.Scalar scalar, String path) {
        Within within = rules.getAnnotation(Within.class);
        try {
            // The range is tested before the width, so that a number of any length gets the same answer.
            BigDecimal value = new BigDecimal(digits(scalar));
            if (value.stripTrailingZeros().scale() <= 0 && Range.contains(within, value.doubleValue())) {
                return type == int.class || type == Integer.class
                        ? (Object) value.intValueExact()
                        : (Object) value.longValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // Falls through to the one message.
        }
        return wrong(scalar, path, expected(type, rules), "");
    }

    /** YAML 1.1 takes 1e-4, which has no point, for text; whoever writes it means the number. */
    private static String digits(Node.Scalar scalar) {
        if (scalar.kind() == Node.Kind.BOOLEAN || scalar.text().length() > 40) {
            throw new NumberFormatException();
        }
        return scalar.text().replace("_", "");
    }

    private Object real(AnnotatedElement rules, Node.Scalar scalar, String path) {
        try {
            double value = new BigDecimal(digits(scalar)).doubleValue();
            if (Range.contains(rules.getAnnotation(Within.class), value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Falls through to the one message.
        }
        return wrong(scalar, path, expected(double.class, rules), "");
    }

    private Object choice(Class<?> type, Node.Scalar scalar, String path) {
        List<String> choices = choices(type);
        int index = choices.indexOf(scalar.text());
        if (index >= 0) {
            return type.getEnumConstants()[index];
        }
        String hint = Suggestion.nearest(scalar.text(), choices)
                .map(name -> "\nMaybe write %s.".formatted(name))
                .orElse("");
        return wrong(scalar, path, "one of " + String.join(", ", choices), hint);
    }

    /** Returns the words that stand for an enum's constants in run files. */
    static List<String> choices(Class<?> type) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> word((Enum<?>) constant))
                .toList();
    }

    /** Returns the word that stands for a constant: FLOW_SDE is flow-sde. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private Object text(Class<?> type, AnnotatedElement rules, Node.Scalar scalar, String path) {
        if (scalar.kind() != Node.Kind.TEXT) {
            return wrong(scalar, path, expected(type, rules), "\nMaybe put it in quotes.");
        }
        if (scalar.text().isBlank()) {
            return wrong(scalar, path, "text that is not empty", "");
        }
        try {
            if (type == Path.class) {
                return path(rules, scalar, path);
            }
            return type == PromptSource.class
                    ? PromptSource.parse(scalar.text(), scalar.location().folder())
                    : scalar.text();
        } catch (InvalidPathException e) {
            return wrong(scalar, path, expected(type, rules), "");
        } catch (IllegalArgumentException e) {
            faults.add(new Fault(scalar.location(), path, path + ": " + e.getMessage()));
            return null;
        }
    }

    private Object path(AnnotatedElement rules, Node.Scalar scalar, String key) {
        Path path = scalar.location().folder().resolve(scalar.text()).normalize();
        if (rules.isAnnotationPresent(Existing.class) && !Files.isDirectory(path)) {
            faults.add(new Fault(
                    scalar.location(),
                    key,
                    "%s (%s) must be a folder; %s.%s"
                            .formatted(
                                    key,
                                    path,
                                    Files.exists(path) ? "this is a file" : "there is nothing of that name",
                                    pretraining(scalar.location().folder(), path))));
            return null;
        }
        return path;
    }

    /** A run NAME leaves its model in runs/NAME/model; where the run file lies beside this one, the message says how to make it. */
    private static String pretraining(Path configs, Path model) {
        Path run = model.getParent() == null ? null : model.getParent().getFileName();
        if (run == null || !model.endsWith("model") || !run.toString().contains("pretrain")) {
            return "";
        }
        Path file = configs.resolve(run + ".yaml");
        return Files.isRegularFile(file) ? "%nMaybe make it by: sluice pretrain %s".formatted(file) : "";
    }

    private Object wrong(Node node, String path, String expected, String hint) {
        faults.add(new Fault(
                node.location(), path, "%s (%s) must be %s.%s".formatted(path, node.described(), expected, hint)));
        return null;
    }
}
