package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Sd3TransformerTest {
    static Map<String, NDArray> read(NDManager m, String f) throws IOException {
        try (InputStream in =
                java.nio.file.Files.newInputStream(Path.of("src/test/resources/fixtures/sd3-transformer", f))) {
            Map<String, NDArray> map = new HashMap<>();
            for (NDArray a : NDList.decode(m, in)) map.put(a.getName(), a);
            return map;
        }
    }

    static double relative(NDArray a, NDArray b) {
        return a.sub(b).abs().max().getFloat() / b.abs().max().getFloat();
    }

    @ParameterizedTest
    @CsvSource({"a,transformer", "b,transformer", "c,transformer_medium"})
    void golden(String c, String folder) throws IOException {
        try (NDManager m = Torch.newManager();
                Torch.Scope s = Torch.withGradient()) {
            Weights w = new Weights(m);
            read(m, folder + "/diffusion_pytorch_model.safetensors").forEach(w::put);
            Map<String, NDArray> g = read(m, "golden.safetensors");
            Sd3Config cfg = folder.equals("transformer")
                    ? new Sd3Config(16, 2, 16, 3, 8, 4, 24, 20, 16, 12, Set.of(0, 1), true)
                    : new Sd3Config(16, 2, 16, 2, 8, 4, 24, 20, 16, 11, Set.of(), false);
            Sd3Transformer t = new Sd3Transformer(cfg, w);
            NDArray x = g.get(c + ".in.hidden_states");
            x.setRequiresGradient(true);
            g.keySet().stream()
                    .filter(k -> k.startsWith(c + ".grad.weight."))
                    .forEach(k -> w.get(k.substring(14)).setRequiresGradient(true));
            NDArray out = t.velocityAt(
                    x,
                    g.get(c + ".in.timestep"),
                    new Conditioning(g.get(c + ".in.encoder_hidden_states"), g.get(c + ".in.pooled_projections")));
            assertThat(relative(out, g.get(c + ".out"))).isLessThan(1e-5);
            Torch.backward(out, g.get(c + ".cotangent"));
            assertThat(relative(x.getGradient(), g.get(c + ".grad.in.hidden_states")))
                    .isLessThan(1e-5);
            g.keySet().stream()
                    .filter(k -> k.startsWith(c + ".grad.weight."))
                    .forEach(k -> assertThat(relative(w.get(k.substring(14)).getGradient(), g.get(k)))
                            .as(k)
                            .isLessThan(1e-5));
        }
    }
}
