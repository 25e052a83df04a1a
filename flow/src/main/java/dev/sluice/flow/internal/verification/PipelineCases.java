package dev.sluice.flow.internal.verification;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TextTokenizer;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.PipelineIndex;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A whole pipeline from text to pixels; each stage goes on with our own values of the one before. */
final class PipelineCases {
    private final FlowPipeline pipeline;
    private final Golden golden;
    private final List<String> prompts;
    private final String negative;

    private PipelineCases(FlowPipeline pipeline, Golden golden, ConfigFile texts) throws IOException {
        this.pipeline = pipeline;
        this.golden = golden;
        this.prompts = texts.texts("prompts");
        this.negative = texts.text("negative_prompt", "");
        if (prompts.isEmpty()) {
            throw new IOException("%s has no prompts.".formatted(texts.path()));
        }
    }

    static void run(Path folder, Path file, Device device, Golden golden) throws IOException {
        Path texts = file.resolveSibling("texts.json");
        if (!Files.exists(texts)) {
            golden.cannot("", "%s, which holds the prompts, is not there".formatted(texts));
            return;
        }
        try (FlowPipeline pipeline = FlowPipeline.open(folder, device);
                Torch.Scope ignored = Torch.noGradient()) {
            PipelineCases cases = new PipelineCases(pipeline, golden, ConfigFile.read(texts));
            cases.ids(PipelineIndex.read(folder), file.resolveSibling("corpus.txt"));
            cases.images();
        }
    }

    private void ids(PipelineIndex index, Path corpus) throws IOException {
        for (String name : index.components()) {
            String tensor = "ids." + name;
            if (!name.startsWith("tokenizer") || !golden.has(tensor)) {
                continue;
            }
            int length = Math.toIntExact(golden.shape(tensor).get(1));
            try (TextTokenizer tokenizer = TextTokenizer.open(index.folder(name))) {
                ids(tensor, tokenizer, prompts, length);
                ids(tensor + ".negative", tokenizer, List.of(negative), length);
                if (Files.exists(corpus)) {
                    String all = String.join(" ", Files.readAllLines(corpus));
                    ids(tensor + ".truncated", tokenizer, List.of(all), length);
                } else {
                    golden.cannot(tensor + ".truncated", "%s is not there".formatted(corpus));
                }
            }
        }
    }

    private void ids(String name, TextTokenizer tokenizer, List<String> texts, int length) throws IOException {
        if (golden.has(name)) {
            double[] found = Arrays.stream(tokenizer.encode(texts, length).ids())
                    .flatMapToLong(Arrays::stream)
                    .asDoubleStream()
                    .toArray();
            double[] expected =
                    Arrays.stream(golden.expectedIds(name)).asDoubleStream().toArray();
            golden.compare(name, found, expected);
        }
    }

    private void images() throws IOException {
        List<String> sentences = golden.startingWith("ids.tokenizer").stream()
                .filter(name -> name.matches("ids\\.tokenizer(_\\d)?"))
                .sorted()
                .toList();
        // The last tokenizer is T5's, whose length is the caller's choice.
        int tokens = sentences.isEmpty()
                ? pipeline.usualTokens()
                : Math.toIntExact(
                        golden.shape(sentences.get(sentences.size() - 1)).get(1));
        Conditioning positive = pipeline.encode(golden.manager(), prompts, tokens);
        Conditioning none = pipeline.encode(golden.manager(), List.of(negative), tokens);
        golden.compare("prompt_embeds", positive.tokens());
        golden.compare("pooled_prompt_embeds", positive.pooled());
        Conditioning repeated = none.repeated(golden.manager(), prompts.size());
        golden.compare("negative_prompt_embeds", repeated.tokens());
        golden.compare("negative_pooled_prompt_embeds", repeated.pooled());
        if (golden.has("latents.initial") && golden.has("timesteps")) {
            sample(positive, none);
        }
    }

    private void sample(Conditioning positive, Conditioning none) throws IOException {
        int steps = Math.toIntExact(golden.shape("timesteps").get(0));
        boolean packed = golden.has("latents.unpacked");
        NDArray x = golden.input(packed ? "latents.unpacked" : "latents.initial");
        if (packed) {
            golden.compare("latents.initial", packed(x));
        }
        Shape shape = x.getShape();
        int factor = pipeline.sizes().factor();
        int last = shape.dimension();
        TimeSchedule schedule = pipeline.sizes()
                .schedule(steps, (int) shape.get(last - 2) * factor, (int) shape.get(last - 1) * factor);
        levels(schedule);
        double scale = Double.parseDouble(golden.metadata().getOrDefault("guidance_scale", usualGuidance()));
        VelocityModel guided = pipeline.guidedModel(pipeline.transformerWeights(), () -> none, scale);
        NDList trail = new NDList();
        List<NDArray> memory = List.of();
        for (int k = 0; k < steps; k++) {
            OdeSolver.Step step =
                    pipeline.solver().step(guided, x, new OdeSolver.Position(schedule, k), positive, memory);
            x = step.next();
            memory = step.memory();
            trail.add((packed ? packed(x) : x).expandDims(0));
        }
        NDArray all = trail.get(0).getNDArrayInternal().concat(new NDList(trail.subList(1, steps)), 0);
        golden.compare("latents.steps", all);
        golden.compare("latents.final", packed ? packed(x) : x);
        golden.compare("image", pipeline.decode(x));
    }

    private void levels(TimeSchedule schedule) throws IOException {
        double[] timesteps = new double[schedule.steps()];
        Arrays.setAll(timesteps, k -> pipeline.scheduler().timestep(schedule.sigma(k)));
        golden.compare("timesteps", timesteps, golden.expectedNumbers("timesteps"));
        if (golden.has("sigmas")) {
            golden.compare("sigmas", schedule.sigmas(), golden.expected("sigmas"));
        }
    }

    /** The scale with which the reference was run; these are the makers' own. */
    private String usualGuidance() {
        if (pipeline.video()) {
            return "5";
        }
        return pipeline.takesNegativePrompt() ? "4.5" : "3.5";
    }

    /** Latents as FLUX's tokens: squares of 2·2 with all their channels. */
    private static NDArray packed(NDArray latents) {
        Shape s = latents.getShape();
        long rows = s.get(2) / 2;
        long columns = s.get(3) / 2;
        return latents.reshape(s.get(0), s.get(1), rows, 2, columns, 2)
                .transpose(0, 2, 4, 1, 3, 5)
                .reshape(s.get(0), rows * columns, 4 * s.get(1));
    }
}
