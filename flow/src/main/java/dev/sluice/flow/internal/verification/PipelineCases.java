package dev.sluice.flow.internal.verification;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.ClassifierFreeGuidance;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.TextTokenizer;
import dev.sluice.flow.TimeSchedule;
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
    private static final String USUAL_GUIDANCE = "4.5";

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
        int tokens = golden.has("ids.tokenizer_3")
                ? Math.toIntExact(golden.shape("ids.tokenizer_3").get(1))
                : pipeline.usualTokens();
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
        NDArray x = golden.input("latents.initial");
        Shape shape = x.getShape();
        int factor = pipeline.factor();
        TimeSchedule schedule = pipeline.schedule(steps, (int) shape.get(2) * factor, (int) shape.get(3) * factor);
        double[] timesteps = new double[steps];
        Arrays.setAll(timesteps, k -> pipeline.scheduler().timestep(schedule.sigma(k)));
        golden.compare("timesteps", timesteps, golden.expected("timesteps"));
        double scale = Double.parseDouble(golden.metadata().getOrDefault("guidance_scale", USUAL_GUIDANCE));
        ClassifierFreeGuidance guided = new ClassifierFreeGuidance(pipeline.velocityModel(), none, scale);
        NDList trail = new NDList();
        for (int k = 0; k < steps; k++) {
            NDArray velocity = guided.velocity(x, schedule.sigma(k), positive);
            x = x.sub(Torch.scaled(velocity, schedule.length(k)));
            trail.add(x.expandDims(0));
        }
        NDArray all = trail.get(0).getNDArrayInternal().concat(new NDList(trail.subList(1, steps)), 0);
        golden.compare("latents.steps", all);
        golden.compare("latents.final", x);
        golden.compare("image", pipeline.decode(x));
    }
}
