package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.Sampler;
import dev.sluice.grpo.SamplerProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles {@code examples/plugin} against what it may see, the public API, and runs it. With installed artifacts and Maven:
 * {@code examples/plugin/run.sh}.
 */
class PluginExampleTest {
    private static final Path EXAMPLE = DocumentationTest.HOME.resolve("examples/plugin/src/main");

    @TempDir
    private Path folder;

    private Path compiled() throws IOException {
        List<String> words = new ArrayList<>(List.of("-cp", System.getProperty("java.class.path"), "-d", "" + folder));
        try (Stream<Path> sources = Files.walk(EXAMPLE)) {
            sources.filter(path -> path.toString().endsWith(".java")).forEach(path -> words.add(path.toString()));
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, words.toArray(String[]::new)))
                .isZero();
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        String name = "dev.sluice.rewards.RewardProvider";
        Files.copy(EXAMPLE.resolve("resources/META-INF/services").resolve(name), services.resolve(name));
        return folder;
    }

    private String run(String... arguments) throws ReflectiveOperationException, IOException {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        PrintStream out = System.out;
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {compiled().toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);
            System.setOut(new PrintStream(text, true, StandardCharsets.UTF_8));
            loader.loadClass("example.Main").getMethod("main", String[].class).invoke(null, (Object) arguments);
        } finally {
            System.setOut(out);
            Thread.currentThread().setContextClassLoader(before);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theExampleScoresWithARewardOfItsOwn() throws ReflectiveOperationException, IOException {
        assertThat(run().lines())
                .hasSize(4)
                .contains("warmth 0: 1.000", "warmth 1: -1.000")
                .anyMatch(line -> line.startsWith("compressibility 0: -0.00"));
    }

    @Test
    void theExampleDrawsFromAModel() throws ReflectiveOperationException, IOException {
        Path model = TestModels.scenes(folder.resolve("model"));
        assertThat(run(model.toString()).lines()).hasSize(4).anyMatch(line -> line.startsWith("warmth 1: "));
    }

    @Test
    void aSamplerGivesTheSameForTheSameSeedAndNamesWrongOptions() throws IOException {
        Path model = TestModels.scenes(folder.resolve("model"));
        Map<String, String> options = Map.of("model", model.toString(), "steps", "2", "guidance", "1");
        try (Sampler sampler = SamplerProvider.named("flow", options)) {
            List<byte[]> first = sampler.sample(List.of("a circle", "a square"), 5).stream()
                    .map(media -> media.rgb())
                    .toList();
            byte[] again = sampler.sample(List.of("a square"), 6).get(0).rgb();
            assertThat(first.get(0)).hasSize(3 * 32 * 32);
            assertThat(Arrays.equals(first.get(0), first.get(1))).isFalse();
            // another size of the batch may round the last bit of a float otherwise
            for (int i = 0; i < again.length; i++) {
                assertThat(Math.abs((again[i] & 0xFF) - (first.get(1)[i] & 0xFF)))
                        .isLessThanOrEqualTo(1);
            }
        }
        assertThatThrownBy(() -> SamplerProvider.named("flow", Map.of("modell", "x")))
                .hasMessage("The sampler flow has no option modell; it has adapter, device, guidance, model, steps,"
                        + " threads.");
        assertThatThrownBy(() -> SamplerProvider.named("dream", Map.of()))
                .hasMessageContaining("The sampler (dream) is unknown; the class path has flow.");
    }
}
