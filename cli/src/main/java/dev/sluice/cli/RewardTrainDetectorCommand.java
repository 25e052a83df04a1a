package dev.sluice.cli;

import dev.sluice.cli.internal.CleanPictures;
import dev.sluice.cli.internal.Table;
import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.ArtifactDetector;
import dev.sluice.rewards.ArtifactTraining;
import dev.sluice.rewards.SyntheticArtifact;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains a detector of artifacts. */
@Command(
        name = "train-detector",
        description = {
            "Trains a detector of artifacts on clean pictures and on such that it spoils itself, and tests it.",
            "The test has other pictures, and tells for every kind of flaw how well a detector finds it that was"
                    + " trained with it, and one that was trained with all others.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice reward train-detector --out detector.txt",
            "  sluice reward train-detector --clean photos --out detector.txt",
            "  sluice reward train-detector --spoilt runs/mine/gallery/step-000400 --out detector.txt",
            "",
            "In a run file: {name: artifact-detector, weight: 0.3, options: {file: detector.txt}}"
        })
final class RewardTrainDetectorCommand implements Callable<Integer> {
    private static final List<SyntheticArtifact> KINDS = List.of(SyntheticArtifact.values());

    private static final int LEAST_FOUND = 12;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--clean",
            paramLabel = "DIR",
            description =
                    "A folder of pictures without flaws, PNG or JPEG (default: drawn scenes of the bundled world).")
    private Path folder;

    @Option(
            names = "--spoilt",
            paramLabel = "DIR",
            description =
                    "A folder of pictures with artifacts as they were found, such as the gallery of a run whose reward was"
                            + " hacked; at least 12. Two thirds are learned from as well, one third tests.")
    private Path spoilt;

    @Option(
            names = "--pictures",
            paramLabel = "N",
            defaultValue = "3000",
            description = "At most so many pictures; two thirds train, one third tests (default: ${DEFAULT-VALUE}).")
    private int pictures;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "Names what is random (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--only-train",
            description = "Leave out the test, which trains one more detector for each kind of flaw.")
    private boolean onlyTrain;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where the detector is written.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Require.atLeast("--pictures", pictures, 120);
        List<Media> all =
                folder == null ? CleanPictures.scenes(pictures, seed) : CleanPictures.of(folder, pictures, seed);
        int learned = 2 * all.size() / 3;
        List<Media> train = all.subList(0, learned);
        List<Media> test = all.subList(learned, all.size());
        PrintWriter print = spec.commandLine().getOut();
        ArtifactTraining training = ArtifactTraining.of(train, KINDS, seed);
        List<Media> found = spoilt == null ? List.of() : CleanPictures.of(spoilt, pictures, LEAST_FOUND, seed);
        int taught = 2 * found.size() / 3;
        ArtifactDetector detector = training.detector(KINDS, found.subList(0, taught));
        detector.write(out);
        if (!onlyTrain) {
            test(print, training, detector, test, found.subList(taught, found.size()));
        }
        print.printf(
                "%s: trained with %s pictures of %s kinds of flaws%s%n",
                out, train.size(), KINDS.size(), taught == 0 ? "" : " and %s that were found".formatted(taught));
        print.flush();
        return 0;
    }

    private void test(
            PrintWriter print,
            ArtifactTraining training,
            ArtifactDetector detector,
            List<Media> clean,
            List<Media> found) {
        List<String> heads = new ArrayList<>(List.of("flaw", ">AUC", ">AUC, unseen kind"));
        for (int strength = 1; strength <= SyntheticArtifact.STRONGEST; strength++) {
            heads.add(">unseen, strength " + strength);
        }
        Table table = new Table(heads.toArray(String[]::new));
        double[] known = new double[KINDS.size()];
        double[] unseen = new double[KINDS.size()];
        ArtifactTraining.Test test = training.test(clean, seed + 1);
        for (int i = 0; i < KINDS.size(); i++) {
            SyntheticArtifact kind = KINDS.get(i);
            ArtifactDetector without = training.detector(
                    KINDS.stream().filter(other -> other != kind).toList());
            ArtifactTraining.Flaw flaw = test.flaw(kind);
            known[i] = flaw.area(detector);
            unseen[i] = flaw.area(without);
            List<String> row =
                    new ArrayList<>(List.of(kind.name().toLowerCase(Locale.ROOT), number(known[i]), number(unseen[i])));
            for (int strength = 1; strength <= SyntheticArtifact.STRONGEST; strength++) {
                row.add(number(flaw.area(without, strength)));
            }
            table.add(row.toArray(String[]::new));
        }
        if (!found.isEmpty()) {
            ArtifactTraining.Flaw flaw = test.found(found);
            List<String> row = new ArrayList<>(
                    List.of("found", number(flaw.area(detector)), number(flaw.area(training.detector(KINDS)))));
            row.addAll(Collections.nCopies(SyntheticArtifact.STRONGEST, ""));
            table.add(row.toArray(String[]::new));
        }
        List<String> last = new ArrayList<>(List.of("mean", number(mean(known)), number(mean(unseen))));
        last.addAll(Collections.nCopies(SyntheticArtifact.STRONGEST, ""));
        table.add(last.toArray(String[]::new));
        table.lines().forEach(print::println);
        print.println();
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.3f", value);
    }
}
