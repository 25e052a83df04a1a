package dev.sluice.configs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.flow.Pretraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainConfigTest {
    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private List<String> faults(Path file, String... settings) {
        ConfigException e =
                catchThrowableOfType(ConfigException.class, () -> RunFiles.pretrain(file, List.of(settings)));
        assertThat(e).as("faults of %s", file).isNotNull();
        return e.faults().stream().map(fault -> fault.replace(folder + "/", "")).toList();
    }

    @Test
    void layersWinFromDefaultsOverBaseAndFileToSettings() throws IOException {
        file("base.yaml", "name: from-base\ntraining:\n  steps: 7\n  batch: 3\n");
        Path run = file("run.yaml", "base: base.yaml\ntraining:\n  batch: 4\n  optimizer: {learningRate: 1e-3}\n");
        PretrainConfig config = RunFiles.pretrain(run, List.of("training.seed=9", "training.seed=10"));
        assertThat(config.name()).isEqualTo("from-base");
        assertThat(config.training().steps()).isEqualTo(7);
        assertThat(config.training().batch()).isEqualTo(4);
        assertThat(config.training().optimizer().learningRate()).isEqualTo(1e-3);
        assertThat(config.training().seed()).isEqualTo(10);
        assertThat(config.architecture().imageSize()).isEqualTo(32);
    }

    @Test
    void allFaultsAreReportedAtOnceWithTheirPlace() throws IOException {
        Path run = file("run.yaml", """
                nam: x
                threads: many
                world: scnes
                training:
                  steps: 1.5
                  batch: 0
                  emaDecay: 1
                  captionDropout: 2
                  seed: "one"
                  optimizer: fast
                checkpoints:
                  every: 0
                """);
        assertThat(faults(run))
                .satisfiesExactlyInAnyOrder(
                        f -> assertThat(f)
                                .startsWith("run.yaml:1:1: nam is an unknown key;")
                                .endsWith("Maybe write name."),
                        f -> assertThat(f)
                                .startsWith("run.yaml:2:10: threads (many) must be a whole number at least 0"),
                        f -> assertThat(f)
                                .isEqualTo(
                                        "run.yaml:3:8: world (scnes) must be one of scenes, arm.\nMaybe write scenes."),
                        f -> assertThat(f).startsWith("run.yaml:5:10: training.steps (1.5) must be a whole number"),
                        f -> assertThat(f).startsWith("run.yaml:6:10: training.batch (0) must be at least 1"),
                        f -> assertThat(f).startsWith("run.yaml:7:13: training.emaDecay (1.0) must be in"),
                        f -> assertThat(f).startsWith("run.yaml:8:19: training.captionDropout (2.0) must be in"),
                        f -> assertThat(f).startsWith("run.yaml:9:9: training.seed (one) must be a whole number"),
                        f -> assertThat(f).startsWith("run.yaml:10:14: training.optimizer (fast) must be a group"),
                        f -> assertThat(f).startsWith("run.yaml:12:10: checkpoints.every (0) must be"));
    }

    @Test
    void complaintsOfAConstructorAreAllFoundAndPlaced() throws IOException {
        Path run = file("run.yaml", "training:\n  batch: 0\n  emaDecay: 1\n  captionDropout: 2\n");
        assertThat(faults(run))
                .hasSize(3)
                .anyMatch(f -> f.startsWith("run.yaml:2:10: training.batch (0) must be at least 1"))
                .anyMatch(f -> f.startsWith("run.yaml:3:13: training.emaDecay (1.0) must be in"))
                .anyMatch(f -> f.startsWith("run.yaml:4:19: training.captionDropout (2.0) must be in"));
    }

    @Test
    void aSettingIsNamedInItsFault() throws IOException {
        Path run = file("run.yaml", "seed: 1\n");
        assertThat(faults(file("empty.yaml", ""), "training.step=3"))
                .singleElement()
                .satisfies(f -> assertThat(f)
                        .startsWith("--set training.step: training.step is an unknown key")
                        .endsWith("steps."));
        assertThat(faults(run, "training")).anyMatch(f -> f.contains("must have the form KEY=VALUE"));
    }

    @Test
    void aliasesDuplicatesAndCyclesAreRefused() throws IOException {
        assertThat(faults(file("a.yaml", "training: {batch: &b 3, steps: *b}\n")))
                .anyMatch(f -> f.contains("YAML alias"));
        assertThat(faults(file("b.yaml", "name: a\nname: b\n"))).anyMatch(f -> f.contains("name is given twice"));
        file("c.yaml", "base: d.yaml\n");
        assertThat(faults(file("d.yaml", "base: c.yaml\n"))).anyMatch(f -> f.contains("d.yaml → c.yaml → d.yaml"));
        assertThat(faults(file("e.yaml", "\nbase: none.yaml\n")))
                .singleElement()
                .satisfies(f -> assertThat(f).startsWith("e.yaml:2:7:").contains("none.yaml) does not exist"));
    }

    @Test
    void whatIsNotYamlIsSaidInOneSentence() throws IOException {
        assertThat(faults(file("a.yaml", "name: [1, 2\nb: {")))
                .singleElement()
                .satisfies(f -> assertThat(f).startsWith("a.yaml:").contains("This is not YAML"));
        assertThat(faults(file("b.yaml", "- a\n- b\n"))).anyMatch(f -> f.contains("it is a list"));
        assertThat(faults(folder.resolve("none.yaml"))).anyMatch(f -> f.contains("does not exist"));
        Files.write(folder.resolve("c.yaml"), new byte[] {(byte) 0xFF, (byte) 0xFE, 0, 1});
        assertThat(faults(folder.resolve("c.yaml"))).anyMatch(f -> f.contains("not UTF-8"));
        assertThat(faults(folder)).anyMatch(f -> f.contains("is a folder"));
    }

    @Test
    void aResolvedConfigReadsBackToTheSame() throws IOException {
        PretrainConfig config = RunFiles.pretrain(file("run.yaml", "name: '123'\n"), List.of("training.seed=77"));
        Path written = file("config.yaml", RunFiles.yaml(config));
        assertThat(RunFiles.pretrain(written, List.of())).isEqualTo(config);
    }

    @Test
    void aModelOfVideosHasTheFramesOfItsWorld() throws IOException {
        Path arm = file("arm.yaml", "world: arm\narchitecture: {video: {frames: 16, patchFrames: 4}}\n");
        PretrainConfig config = RunFiles.pretrain(arm, List.of());
        assertThat(config.architecture().video()).contains(new Pretraining.Video(16, 4));
        assertThat(RunFiles.pretrain(file("again.yaml", RunFiles.yaml(config)), List.of()))
                .isEqualTo(config);
        PretrainConfig blocks =
                RunFiles.pretrain(arm, List.of("architecture.video.blockFrames=8", "architecture.video.picture=true"));
        assertThat(blocks.architecture().video())
                .contains(new Pretraining.Video(16, 4, Optional.of(8), Optional.of(true), Optional.empty()));
        assertThatThrownBy(() -> RunFiles.pretrain(arm, List.of("architecture.video.blockFrames=6")))
                .hasMessageContaining("blockFrames (6) must be a multiple of patchFrames (4)");
        assertThatThrownBy(() -> RunFiles.pretrain(arm, List.of("world=scenes")))
                .hasMessageContaining(
                        "architecture (imageSize 32, frames 16) must be that of the world scenes: imageSize 32, no video");
        assertThatThrownBy(() -> RunFiles.pretrain(arm, List.of("scenes.faded=0.5")))
                .hasMessageContaining("scenes (layout anywhere, faded 0.5) must be left out");
        assertThatThrownBy(() -> RunFiles.pretrain(arm, List.of("architecture.video.patchFrames=5")))
                .hasMessageContaining("frames (16) must be a multiple of patchFrames (5)");
    }
}
