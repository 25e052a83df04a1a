package dev.sluice.configs;

import dev.sluice.configs.internal.Binder;
import dev.sluice.configs.internal.Fault;
import dev.sluice.configs.internal.Layers;
import dev.sluice.configs.internal.Node;
import dev.sluice.configs.internal.YamlWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads run files. Layers, later ones winning: the built-in defaults, the files that the file names as {@code base:}, the
 * file, settings of the command line. Groups of keys are merged, lists and single values replaced, and so is a group that gets
 * another {@code type}, of which the new one's built-in values are the lowest layer. Relative paths start from the folder of
 * the file they stand in, those of a setting from the working folder.
 */
public final class RunFiles {
    private static final String TRAIN = "train.yaml";
    private static final String PRETRAIN = "pretrain.yaml";
    private static final String IDM = "idm.yaml";
    private static final String REWARD = "reward.yaml";
    private static final String STUDY = "study.yaml";

    private RunFiles() {}

    /**
     * Returns the options of a training run.
     *
     * @param file the run file
     * @param settings {@code a.b=value}, the last one winning
     * @throws ConfigException with all that is wrong
     */
    public static RunConfig train(Path file, List<String> settings) {
        return read(RunConfig.class, TRAIN, file, settings);
    }

    /**
     * Returns the options of a pretraining run.
     *
     * @param file the run file
     * @param settings {@code a.b=value}, the last one winning
     * @throws ConfigException with all that is wrong
     */
    public static PretrainConfig pretrain(Path file, List<String> settings) {
        return read(PretrainConfig.class, PRETRAIN, file, settings);
    }

    /**
     * Returns the options of a run that trains an inverse dynamics model.
     *
     * @param file the run file
     * @param settings {@code a.b=value}, the last one winning
     * @throws ConfigException with all that is wrong
     */
    public static IdmConfig idm(Path file, List<String> settings) {
        return read(IdmConfig.class, IDM, file, settings);
    }

    /**
     * Returns the options of a run that trains a reward model.
     *
     * @param file the run file
     * @param settings {@code a.b=value}, the last one winning
     * @throws ConfigException with all that is wrong
     */
    public static RewardModelConfig reward(Path file, List<String> settings) {
        return read(RewardModelConfig.class, REWARD, file, settings);
    }

    /**
     * Returns a study; its run files are not read yet, see {@link StudyConfig#plan()}.
     *
     * @param file the study file
     * @param settings {@code a.b=value}, the last one winning
     * @throws ConfigException with all that is wrong
     */
    public static StudyConfig study(Path file, List<String> settings) {
        return read(StudyConfig.class, STUDY, file, settings);
    }

    /** Returns options as the YAML that reads back to the same. */
    public static String yaml(Record options) {
        return YamlWriter.write(options);
    }

    /** Returns options as maps, lists and single values. */
    public static Map<String, Object> tree(Record options) {
        return YamlWriter.tree(options);
    }

    /**
     * Returns what a run file says, over its base files, as maps, lists and texts: whatever its keys are, and without the
     * built-in defaults. So the resolved options of an earlier run can be read where its model is no longer there.
     *
     * @throws ConfigException if the file is missing or not YAML
     */
    public static Map<String, Object> tree(Path file) {
        List<Fault> faults = new ArrayList<>();
        Map<String, Object> tree = new Layers(faults).file(file).plain();
        throwIfAny(faults);
        return tree;
    }

    static <R extends Record> R read(Class<R> type, String defaults, Path file, List<String> settings) {
        List<Fault> faults = new ArrayList<>();
        Layers layers = new Layers(faults);
        Node.Mapping builtIn = layers.defaults(defaults);
        Node.Mapping own = layers.file(file, builtIn);
        Node.Mapping tree = own;
        for (String setting : settings) {
            Node.Mapping layer = layers.setting(setting);
            tree = new Node.Mapping(own.location(), tree.with(layer).entries());
        }
        boolean readable = faults.stream().noneMatch(fault -> fault.path().isEmpty());
        R bound = readable ? new Binder(faults, builtIn).bind(type, tree) : null;
        throwIfAny(faults);
        return bound;
    }

    private static void throwIfAny(List<Fault> faults) {
        if (!faults.isEmpty()) {
            throw new ConfigException(
                    faults.stream().map(Fault::toString).distinct().toList());
        }
    }
}
