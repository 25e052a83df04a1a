package dev.sluice.cli.internal;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.util.ArrayList;
import java.util.List;

/**
 * What judges a run's tests, and beside it what the run trains with, which scores the same samples: the gold and the proxy. The scores
 * are the gold's; those of the proxy are kept.
 */
final class ProxyBeside implements Reward {
    private final Reward gold;
    private final Reward proxy;
    private final List<Double> proxies = new ArrayList<>();

    ProxyBeside(Reward gold, Reward proxy) {
        this.gold = gold;
        this.proxy = proxy;
    }

    @Override
    public Scores score(List<Sample> samples) {
        Scores scores = gold.score(samples);
        double[] beside = proxy.score(samples).values();
        synchronized (proxies) {
            for (double value : beside) {
                proxies.add(value);
            }
        }
        return scores;
    }

    /** Forgets what was scored. */
    void begin() {
        synchronized (proxies) {
            proxies.clear();
        }
    }

    /** Returns what the proxy gave a sample, by its place among those that were scored since the beginning; NaN if nothing. */
    double proxy(int index) {
        synchronized (proxies) {
            return proxies.get(index);
        }
    }

    /** Closes nothing: both belong to the run. */
    @Override
    public void close() {}
}
