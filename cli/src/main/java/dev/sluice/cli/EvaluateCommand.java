package dev.sluice.cli;

import dev.sluice.cli.internal.ModelEvaluator;
import dev.sluice.cli.internal.OpenModel;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.configs.PromptSource;
import dev.sluice.configs.Prompts;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.PictureSettings;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Require;
import dev.sluice.grpo.Evaluation;
import dev.sluice.grpo.Interval;
import dev.sluice.grpo.Prompt;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Judges a model. */
@Command(
        name = "evaluate",
        description = {
            "Scores a model on prompts, by task, with 95%% confidence intervals.",
            "The overall score is the mean of the tasks' means, as GenEval sums up. Exit status 1 if some samples "
                    + "could not be scored.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice evaluate",
            "  sluice evaluate --adapter runs/demo/adapter --samples-per-prompt 4",
            "  sluice evaluate DIR --prompts prompts.jsonl --json scores.json",
            "  sluice evaluate DIR --prompts prompts.jsonl --guidance 4.5 --negative-prompt \"blurry\" --max-tokens 128",
            "  sluice evaluate runs/arm-i2v-pretrain/model --prompts arm-i2v:test --reward arm-strict",
            "  sluice evaluate --prompts prompts.txt --reward compressibility"
        })
final class EvaluateCommand implements Callable<Integer> {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArguments arguments;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            description = "Prompts of the scenes world: test or train (default: test).")
    private String split;

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description =
                    "Other prompts: a .txt or .jsonl file, the latter with what the reward needs to know and, as image, the "
                            + "picture that a video starts from; or WORLD:SPLIT, such as arm:test or arm-i2v:test.")
    private String file;

    @Option(
            names = "--reward",
            paramLabel = "NAME[:OPTION=VALUE,...]",
            defaultValue = "scenes-strict",
            description = "The reward that judges, with options such as scenes:mode=official "
                    + "(default: ${DEFAULT-VALUE}, 1 if all is right, else 0).")
    private String rewardName;

    @Option(
            names = "--samples-per-prompt",
            paramLabel = "N",
            defaultValue = "1",
            description = "Pictures of each prompt (default: ${DEFAULT-VALUE}).")
    private int samplesPerPrompt;

    @Option(
            names = "--first-seed",
            paramLabel = "SEED",
            defaultValue = "1000000",
            description = "The seed of the first picture; the others count on (default: ${DEFAULT-VALUE}).")
    private long firstSeed;

    @Mixin
    private SamplingArguments sampling;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the scores to this file, too.")
    private Path json;

    private final AtomicReference<String> reason = new AtomicReference<>("the pixels are not finite");

    @Override
    public Integer call() throws IOException {
        sampling.check();
        Require.atLeast("--samples-per-prompt", samplesPerPrompt, 1);
        requireWritable();
        PromptSource source = source();
        List<Prompt> prompts = Prompts.read(source);
        try (Reward reward = RewardSpec.parse(rewardName).open();
                OpenModel model = arguments.open(sampling.reading(prompts))) {
            PictureSettings settings = sampling.settings(model.pipeline());
            ModelEvaluator.Outcome outcome = run(model.pipeline(), settings, noting(reward), prompts);
            if (json != null) {
                AtomicFiles.file(json, JSON.writeValueAsBytes(json(source, settings.solver(), outcome)));
            }
            print(source, settings.solver(), outcome);
            return outcome.all().invalid() > 0 ? 1 : 0;
        }
    }

    /** Hours of work should not end in a file that cannot be made. */
    private void requireWritable() throws IOException {
        if (json == null) {
            return;
        }
        if (Files.isDirectory(json)) {
            throw new IllegalArgumentException("--json (%s) is a folder; expected a file.".formatted(json));
        }
        try {
            Files.createDirectories(json.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new IOException("%s cannot be written: its folder cannot be made.".formatted(json), e);
        }
    }

    private PromptSource source() {
        if (file != null && split != null) {
            throw new IllegalArgumentException("--split and --prompts exclude each other.");
        }
        if (file != null) {
            return PromptSource.parse(file, Path.of(""));
        }
        return new PromptSource.World("scenes", split == null ? "test" : split.toLowerCase(Locale.ROOT));
    }

    /** Keeps the first reason for a missing score; the reward is called on a thread of its own. */
    private Reward noting(Reward reward) {
        return samples -> {
            Scores scores = reward.score(samples);
            scores.reasons().values().stream().findFirst().ifPresent(reason::set);
            return scores;
        };
    }

    private ModelEvaluator.Outcome run(
            FlowPipeline pipeline, PictureSettings settings, Reward reward, List<Prompt> prompts) {
        int all = prompts.size() * samplesPerPrompt;
        int chunks = (all + settings.chunkSize() - 1) / settings.chunkSize();
        try (Lanes lanes = arguments.lanes(pipeline, chunks);
                Progress progress = Progress.start(spec.commandLine().getErr(), 0, all)) {
            ModelEvaluator evaluator =
                    new ModelEvaluator(lanes, pipeline, reward, settings, samplesPerPrompt, firstSeed);
            return evaluator.run(prompts, judged -> progress.done(judged.index() + 1, "samples"));
        }
    }

    private Map<String, Object> json(PromptSource source, OdeSolver solver, ModelEvaluator.Outcome outcome) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("model", arguments.model().toString());
        values.put("adapter", arguments.adapterNames());
        values.put("precision", arguments.precision());
        values.put("prompts", source.toString());
        values.put("reward", rewardName);
        values.put("samplesPerPrompt", samplesPerPrompt);
        values.put("firstSeed", firstSeed);
        values.putAll(sampling.values(solver));
        values.putAll(outcome.json());
        return values;
    }

    private void print(PromptSource source, OdeSolver solver, ModelEvaluator.Outcome outcome) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%s on %s by %s, %s%n%n", arguments.description(), source, rewardName, sampling.description(solver));
        Table table = new Table("task", ">score", "95% interval", ">samples");
        Evaluation.Report all = outcome.all();
        all.tasks().forEach((task, interval) -> row(table, task.replace('_', ' '), interval));
        outcome.unseen().ifPresent(report -> row(table, "unseen combinations", report.score()));
        row(table, "all", all.score());
        table.lines().forEach(out::println);
        outcome.diversity()
                .ifPresent(mean -> out.printf(
                        Locale.ROOT, "%nDiversity: %.3f (mean distance of a prompt's samples, 0 to 1)%n", mean));
        if (all.invalid() > 0) {
            out.printf("%n%s samples have no score (%s).%n", all.invalid(), reason.get());
        }
        out.flush();
    }

    private static void row(Table table, String name, Interval interval) {
        if (interval.count() == 0) {
            table.add(name, "none", "", "0");
            return;
        }
        table.add(
                name,
                String.format(Locale.ROOT, "%.3f", interval.mean()),
                String.format(Locale.ROOT, "%.3f to %.3f", interval.low(), interval.high()),
                String.valueOf(interval.count()));
    }
}
