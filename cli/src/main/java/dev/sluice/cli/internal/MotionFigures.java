package dev.sluice.cli.internal;

import dev.sluice.grpo.Evaluation;
import dev.sluice.rewards.ArmFault;
import dev.sluice.rewards.ArmJudge;
import dev.sluice.rewards.ArmPrompt;
import dev.sluice.rewards.ArmVerdict;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.JointLimits;
import dev.sluice.rewards.MotionCost;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * How the arm moves in the videos of an evaluation, by the exact judge: mean velocity, acceleration and jerk along the frames, each as a
 * share of the joint's limit, and the share of videos with each fault. Other media are left out.
 */
public final class MotionFigures implements Evaluation.Listener {
    private final Map<String, double[]> sums = new LinkedHashMap<>();
    private final Map<ArmFault, Integer> faults = new LinkedHashMap<>();
    private int videos;
    private double visual;
    private int arrived;

    @Override
    public void judged(Evaluation.Judged judged) {
        if (judged.media().isImage() || !judged.prompt().metadata().containsKey(ArmPrompt.DIRECTION)) {
            return;
        }
        ArmPrompt prompt = ArmPrompt.of(judged.prompt().text(), judged.prompt().metadata());
        ArmVerdict verdict = ArmJudge.judge(prompt, judged.media());
        double speed = ArmWorld.FRAMES_PER_SECOND;
        double[][] velocity = MotionCost.differences(verdict.reading().motion().angles(), speed);
        double[][] acceleration = MotionCost.differences(velocity, speed);
        add("velocity", velocity, JointLimits::velocity);
        add("acceleration", acceleration, JointLimits::acceleration);
        add("jerk", MotionCost.differences(acceleration, speed), JointLimits::jerk);
        verdict.faults().keySet().forEach(fault -> faults.merge(fault, 1, Integer::sum));
        visual += verdict.visual();
        arrived += verdict.arrived() ? 1 : 0;
        videos++;
    }

    private void add(String name, double[][] rows, ToDoubleFunction<JointLimits> limit) {
        double[] sum = sums.computeIfAbsent(name, key -> new double[rows.length]);
        int joints = ArmWorld.LIMITS.size();
        for (int i = 0; i < Math.min(sum.length, rows.length); i++) {
            for (int joint = 0; joint < joints; joint++) {
                sum[i] += Math.abs(rows[i][joint]) / limit.applyAsDouble(ArmWorld.LIMITS.get(joint)) / joints;
            }
        }
    }

    /**
     * Returns {@code velocity}, {@code acceleration} and {@code jerk} (lists), {@code faults} (shares by name), {@code visual} and
     * {@code arrived}; empty if no video of the arm was judged.
     */
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        if (videos == 0) {
            return json;
        }
        sums.forEach((name, sum) -> {
            List<Double> means = new ArrayList<>();
            for (double value : sum) {
                means.add(value / videos);
            }
            json.put(name, means);
        });
        Map<String, Object> shares = new LinkedHashMap<>();
        for (ArmFault fault : ArmFault.values()) {
            shares.put(fault.name().toLowerCase(Locale.ROOT), faults.getOrDefault(fault, 0) / (double) videos);
        }
        json.put("faults", shares);
        json.put("visual", visual / videos);
        json.put("arrived", arrived / (double) videos);
        return json;
    }
}
