package dev.sluice.grpo;

import java.io.IOException;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * Opens a sampler by its name. A new one is a class and a line in {@code META-INF/services/dev.sluice.grpo.SamplerProvider}.
 * {@code flow} is there: a model folder in diffusers' layout.
 */
public interface SamplerProvider {
    /** Returns the name, lower case. */
    String name();

    /**
     * Returns a new sampler; the caller closes it.
     *
     * @param options by name; {@code flow} knows {@code model}, {@code adapter}, {@code device}, {@code steps}, {@code guidance} and
     *     {@code threads}
     * @throws IOException if a file is missing or broken
     * @throws IllegalArgumentException if an option is missing, unknown or wrong
     */
    Sampler open(Map<String, String> options) throws IOException;

    /**
     * Returns a new sampler of that name; the caller closes it.
     *
     * @throws IllegalArgumentException if no provider on the class path has the name, or an option is wrong
     * @throws IOException if a file is missing or broken
     */
    static Sampler named(String name, Map<String, String> options) throws IOException {
        Map<String, SamplerProvider> known = new TreeMap<>();
        ServiceLoader.load(SamplerProvider.class).forEach(provider -> known.put(provider.name(), provider));
        SamplerProvider provider = known.get(name);
        if (provider == null) {
            throw new IllegalArgumentException(
                    "The sampler (%s) is unknown; the class path has %s.%nMaybe add the jar that provides it."
                            .formatted(name, String.join(", ", known.keySet())));
        }
        return provider.open(options);
    }
}
