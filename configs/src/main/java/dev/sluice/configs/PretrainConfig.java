package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.flow.Pretraining;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.SceneDrawing;
import dev.sluice.rewards.ScenesWorld;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * A pretraining run.
 *
 * @param name the run's name, a folder's name
 * @param output the folder of all runs; a relative one starts from the working folder
 * @param device {@code auto}, {@code cpu}, {@code gpu} or {@code gpuN}
 * @param lanes chunks that are worked on side by side; 0 for one on each core, as far as there are chunks
 * @param threads threads of an operator; 0 for the cores that fall to a lane
 * @param world what is learned
 * @param scenes how the world of scenes is drawn; no other world has a choice
 * @param start {@code fresh} for new weights, or a model folder whose weights it starts from
 * @param architecture the sizes of the model
 * @param training how it is trained
 * @param checkpoints what is kept of the way
 */
public record PretrainConfig(
        String name,
        String output,
        String device,
        @Within(least = 0, most = 1024) int lanes,
        @Within(least = 0, most = 1024) int threads,
        World world,
        SceneDrawing scenes,
        String start,
        Pretraining.Architecture architecture,
        Pretraining.Options training,
        Checkpoints checkpoints) {
    /** The worlds that images and captions are drawn from. */
    public enum World {
        /** Flat shapes on a dark background, 32×32. */
        SCENES(ScenesWorld.SIZE, 1),
        /** Sixteen frames of an arm that moves, 32×32. */
        ARM(ArmWorld.SIZE, ArmWorld.FRAMES);

        private final int size;
        private final int frames;

        World(int size, int frames) {
            this.size = size;
            this.frames = frames;
        }
    }

    public PretrainConfig {
        RunNames.require(name);
        if (world != World.SCENES && !scenes.equals(SceneDrawing.PLAIN)) {
            throw new IllegalArgumentException("scenes (layout %s, faded %s) must be left out, or world be scenes."
                    .formatted(scenes.layout().name().toLowerCase(Locale.ROOT).replace('_', '-'), scenes.faded()));
        }
        int frames = architecture.video().map(Pretraining.Video::frames).orElse(1);
        if (architecture.imageSize() != world.size || frames != world.frames) {
            throw new IllegalArgumentException(
                    "architecture (imageSize %s, frames %s) must be that of the world %s: imageSize %s, %s."
                            .formatted(
                                    architecture.imageSize(),
                                    frames,
                                    world.name().toLowerCase(Locale.ROOT),
                                    world.size,
                                    world.frames == 1 ? "no video" : "video.frames " + world.frames));
        }
    }

    /** Returns the model folder to start from; empty for fresh weights. */
    public Optional<Path> startFolder() {
        return start.equals("fresh") ? Optional.empty() : Optional.of(Path.of(start));
    }

    /** Returns the run's folder. */
    public Path folder() {
        return Path.of(output).resolve(name);
    }
}
