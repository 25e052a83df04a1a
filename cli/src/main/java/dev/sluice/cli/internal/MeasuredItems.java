package dev.sluice.cli.internal;

import dev.sluice.rewards.BiasTrait;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.SampleSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Items whose traits are measured when they are read, so that nothing is read for them alone. */
public final class MeasuredItems {
    private final double[][] values;
    private final List<SampleSource> sources = new ArrayList<>();

    /** Takes items that are still to be read. */
    public MeasuredItems(List<? extends SampleSource> items) {
        values = new double[BiasTrait.values().length][items.size()];
        for (double[] trait : values) {
            Arrays.fill(trait, Double.NaN);
        }
        for (int i = 0; i < items.size(); i++) {
            int index = i;
            sources.add(() -> measured(items.get(index), index));
        }
    }

    private Sample measured(SampleSource item, int index) throws IOException {
        Sample sample = item.read();
        for (BiasTrait trait : BiasTrait.values()) {
            values[trait.ordinal()][index] = trait.of(sample);
        }
        return sample;
    }

    /** Returns the same items. */
    public List<SampleSource> sources() {
        return List.copyOf(sources);
    }

    /** Returns a trait of each item; NaN of those that were not read, or do not have it. */
    public double[] values(BiasTrait trait) {
        return values[trait.ordinal()].clone();
    }
}
