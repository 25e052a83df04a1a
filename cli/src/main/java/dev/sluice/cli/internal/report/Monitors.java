package dev.sluice.cli.internal.report;

import dev.sluice.rewards.BiasTrait;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** The charts that show whether a reward is being hacked, and what the clip range does at every step of the sampler. */
final class Monitors {
    private static final Pattern STEP = Pattern.compile("ratio\\.step\\.(\\d+)\\.mean");

    private final RunData run;

    Monitors(RunData run) {
        this.run = run;
    }

    /** Adds the charts that the run has numbers for. */
    void addTo(StringBuilder body) {
        Html.figure(
                body,
                "Proxy against gold",
                "Training reward, mean since the last test, to the right; test score upwards, from the dot on. A curve"
                        + " that goes right and down is a reward that is being hacked.",
                proxyAgainstGold());
        Html.figure(
                body,
                "Reward by distance",
                "Training reward, and test score as dots, over the root of the KL to the reference, or of the distance of velocities where"
                        + " the loss has no KL. Where the reward"
                        + " still rises and the score no longer does, distance buys nothing that counts.",
                rewardByDistance());
        Html.figure(
                body,
                "Gap between proxy and gold",
                "By how many deviations (before training) the training reward of the test samples gained more than their test score.",
                gap());
        Html.figure(
                body,
                "Looks of the test samples",
                "Means over the test samples, as multiples of those before training: what a hacked reward often drives one way.",
                looks());
        signs(body);
        Html.figure(
                body,
                "Deviation of rewards",
                "Over all samples of an iteration, and within the groups; at 0 nothing can be learned.",
                lines(
                        "Deviation of rewards",
                        List.of("reward.std", "reward.group_std"),
                        List.of("all", "within groups")));
        byStep(body, "Mean ratio by step", "A plain ratio's mean falls below 1.", "ratio.step.%s.mean");
        byStep(body, "Clipped ratios by step", "Alike for all steps if the ratio is normalised.", "clip.step.%s");
        byStep(body, "Mean plain ratio by step", "What it is before it is normalised.", "ratio.plain.step.%s.mean");
        byStep(
                body,
                "Clipped plain ratios by step",
                "What the same range would clip before the ratio is normalised.",
                "clip.plain.step.%s");
    }

    private void byStep(StringBuilder body, String title, String caption, String metric) {
        List<String> metrics = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int step : steps()) {
            metrics.add(metric.formatted(step));
            names.add("step " + step);
        }
        Html.figure(body, title, caption, lines(title, metrics, names));
    }

    private TreeSet<Integer> steps() {
        TreeSet<Integer> steps = new TreeSet<>();
        run.metrics()
                .forEach(line -> line.propertyNames().forEach(name -> {
                    Matcher match = STEP.matcher(name);
                    if (match.matches()) {
                        steps.add(Integer.valueOf(match.group(1)));
                    }
                }));
        return steps;
    }

    private String lines(String label, List<String> metrics, List<String> names) {
        List<Chart.Series> series = new ArrayList<>();
        for (int i = 0; i < metrics.size(); i++) {
            List<Chart.Point> points = run.curve(metrics.get(i));
            if (points.size() > 1) {
                series.add(new Chart.Series(names.get(i), points, Chart.Series.style(i)));
            }
        }
        return series.isEmpty() ? "" : Chart.lines(label, series);
    }

    /** Adds what looks like a reward that is being hacked, in words. */
    private void signs(StringBuilder body) {
        HackingSigns.of(run).all().forEach(sign -> body.append("<p class='note'>%s</p>".formatted(Html.escape(sign))));
    }

    private String rewardByDistance() {
        Map<Double, Double> distance = new TreeMap<>();
        run.curve("kl").forEach(point -> distance.put(point.x(), Math.sqrt(Math.max(0, point.y()))));
        if (distance.values().stream().allMatch(root -> root == 0)) {
            return rewardByVelocity();
        }
        List<Chart.Point> rewards = new ArrayList<>();
        for (Chart.Point point : run.curve("reward.mean")) {
            if (distance.containsKey(point.x())) {
                rewards.add(new Chart.Point(distance.get(point.x()), point.y()));
            }
        }
        List<Chart.Point> scores = new ArrayList<>();
        for (JsonNode test : run.evaluations()) {
            double step = test.path(RunData.STEP).asDouble();
            double root = distance.entrySet().stream()
                    .filter(entry -> entry.getKey() < step)
                    .mapToDouble(Map.Entry::getValue)
                    .reduce(0, (first, second) -> second);
            double score = test.path("score").asDouble();
            scores.add(new Chart.Point(root, score, score, Math.nextUp(score)));
        }
        rewards.sort(Comparator.comparingDouble(Chart.Point::x));
        scores.sort(Comparator.comparingDouble(Chart.Point::x));
        return rewards.size() < 2
                ? ""
                : Chart.lines(
                        "Reward by distance",
                        "root of the KL",
                        List.of(
                                new Chart.Series("training reward", rewards, "c0 faint"),
                                new Chart.Series("test score", scores, "c2")));
    }

    /** Takes the distance that tests measure, for runs whose loss has no KL. */
    private String rewardByVelocity() {
        List<HackingSigns.Test> tests = HackingSigns.tests(run).stream()
                .filter(test -> Double.isFinite(test.distance()))
                .sorted(Comparator.comparingDouble(HackingSigns.Test::distance))
                .toList();
        List<Chart.Point> rewards = new ArrayList<>();
        List<Chart.Point> scores = new ArrayList<>();
        for (HackingSigns.Test test : tests) {
            double root = Math.sqrt(test.distance());
            rewards.add(new Chart.Point(root, test.reward()));
            scores.add(new Chart.Point(root, test.score(), test.score(), Math.nextUp(test.score())));
        }
        return rewards.stream().mapToDouble(Chart.Point::x).distinct().count() < 2
                ? ""
                : Chart.lines(
                        "Reward by distance",
                        "root of the mean square of v − v_ref",
                        List.of(
                                new Chart.Series("training reward", rewards, "c0 faint"),
                                new Chart.Series("test score", scores, "c2")));
    }

    private String gap() {
        List<Chart.Point> points = new ArrayList<>();
        for (JsonNode test : run.evaluations()) {
            JsonNode gap = test.path("proxy").path("gap");
            if (gap.isNumber()) {
                points.add(new Chart.Point(test.path(RunData.STEP).asDouble(), gap.asDouble()));
            }
        }
        return points.size() < 2
                ? ""
                : Chart.lines("Gap between proxy and gold", List.of(new Chart.Series("", points, "c1")));
    }

    private String looks() {
        List<Chart.Series> series = new ArrayList<>();
        for (BiasTrait trait : BiasTrait.values()) {
            List<Chart.Point> points = new ArrayList<>();
            double first = Double.NaN;
            for (JsonNode test : run.evaluations()) {
                double mean = test.path("looks").path(trait.toString()).asDouble(Double.NaN);
                first = Double.isNaN(first) ? mean : first;
                if (Double.isFinite(mean / first)) {
                    points.add(new Chart.Point(test.path(RunData.STEP).asDouble(), mean / first));
                }
            }
            if (points.size() > 1) {
                series.add(new Chart.Series(trait.toString(), points, Chart.Series.style(series.size())));
            }
        }
        return series.isEmpty() ? "" : Chart.lines("Looks of the test samples", series);
    }

    private String proxyAgainstGold() {
        List<Chart.Point> points = HackingSigns.tests(run).stream()
                .map(test -> new Chart.Point(test.reward(), test.score()))
                .toList();
        if (points.size() < 2) {
            return "";
        }
        Chart.Point first = points.get(0);
        // A bar of no visible height makes the dot that the curve starts from.
        Chart.Point start = new Chart.Point(first.x(), first.y(), first.y(), Math.nextUp(first.y()));
        return Chart.lines(
                "Proxy against gold",
                "training reward",
                List.of(new Chart.Series("", points, "c2"), new Chart.Series("", List.of(start), "c2")));
    }
}
