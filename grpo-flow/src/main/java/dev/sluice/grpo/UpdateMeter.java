package dev.sluice.grpo;

import java.util.Map;
import java.util.TreeMap;

/** Averages what is reported of an update over its micro-batches and steps. */
final class UpdateMeter {
    private int count;
    private double loss;
    private double policyLoss;
    private double penalty;
    private double approximateKl;
    private double above;
    private double below;
    private final Map<String, Double> measures = new TreeMap<>();
    private double ratioSum;
    private long ratios;
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;
    private boolean finite = true;
    private final StepMeter steps = new StepMeter();
    private final StepMeter plain = new StepMeter();

    /** Counts a micro-batch at one step; returns whether all so far are finite. */
    boolean add(MicroStep step) {
        finite &= step.finite();
        count++;
        loss += step.loss();
        policyLoss += step.terms().value();
        penalty += step.penalty();
        approximateKl += step.terms().approximateKl();
        above += step.terms().clippedAbove();
        below += step.terms().clippedBelow();
        step.measures().forEach((name, value) -> measures.merge(name, value, Double::sum));
        step.step().ifPresent(number -> {
            steps.add(number, step.terms());
            step.plain().ifPresent(terms -> plain.add(number, terms));
        });
        for (double ratio : step.terms().ratios()) {
            ratioSum += ratio;
            ratios++;
            least = Math.min(least, ratio);
            most = Math.max(most, ratio);
        }
        return finite;
    }

    boolean finite() {
        return finite;
    }

    UpdateReport report(boolean applied, double gradientNorm, double learningRate) {
        return new UpdateReport(
                applied,
                loss / count,
                policyLoss / count,
                penalty / count,
                approximateKl / count,
                above / count,
                below / count,
                ratioSum / ratios,
                ratios == 0 ? Double.NaN : least,
                ratios == 0 ? Double.NaN : most,
                gradientNorm,
                learningRate,
                count,
                steps.report(),
                plain.report(),
                means());
    }

    private Map<String, Double> means() {
        Map<String, Double> means = new TreeMap<>();
        measures.forEach((name, sum) -> means.put(name, sum / count));
        return means;
    }
}
