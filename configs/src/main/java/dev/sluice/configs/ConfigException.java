package dev.sluice.configs;

import java.util.List;

/** Says all that is wrong in a run file, each fault with its place. */
public final class ConfigException extends IllegalArgumentException {
    private final transient List<String> faults;

    /** Creates the exception of at least one fault. */
    public ConfigException(List<String> faults) {
        super(String.join("\n", faults));
        this.faults = List.copyOf(faults);
    }

    /** Returns the faults, each as {@code FILE:LINE:COLUMN: MESSAGE}. */
    public List<String> faults() {
        return faults;
    }
}
