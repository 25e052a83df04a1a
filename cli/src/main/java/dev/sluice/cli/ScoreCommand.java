package dev.sluice.cli;

import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.cli.internal.report.ScorePage;
import dev.sluice.cli.internal.score.MediaItem;
import dev.sluice.cli.internal.score.MediaList;
import dev.sluice.cli.internal.score.RewardFit;
import dev.sluice.cli.internal.score.ScoreJournal;
import dev.sluice.cli.internal.score.ScoreSummary;
import dev.sluice.cli.internal.score.ScoreTable;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.rewards.BatchScoring;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.RewardUnavailable;
import dev.sluice.rewards.Scorer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Scores files. */
@Command(
        name = "score",
        description = {
            "Scores pictures and videos by any rewards, however many there are.",
            "Files are read ahead while others are scored. A file that cannot be read or scored gets a reason in the"
                    + " column error, and the rest goes on. A table is there under its name when it is complete; a batch"
                    + " that was killed goes on with --resume.%n",
            "Exit status: 0 every item has every score, 1 some lack one, 2 bad input (nothing is written).%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice score --rewards artifacts --media samples --out scores.csv",
            "  sluice score --rewards compressibility incompressibility --media 'out/**.png' --out scores.parquet",
            "  sluice score --rewards geneval:model=weights/detector --media samples --prompts metadata.jsonl --out scores.csv",
            "  sluice score --rewards clipscore:model=weights/clip --media list.txt --prompts prompts.txt "
                    + "--out scores.jsonl --resume"
        })
final class ScoreCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--rewards",
            paramLabel = "NAME[:OPTION=VALUE,...]",
            arity = "1..*",
            required = true,
            description = "What scores, each in a column of its own.")
    private List<String> rewardTexts;

    @Mixin
    private ScoredMedia media;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The table: .csv, .jsonl or .parquet.")
    private Path out;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "The page with the best and the worst pictures (default: beside the table, .html; none for no"
                    + " page).")
    private String report;

    @Mixin
    private ScoringArguments scoring;

    @Option(names = "--resume", description = "Go on with a batch that was killed; begin where there is none.")
    private boolean resume;

    @Option(names = "--overwrite", description = "Begin anew, whatever is there.")
    private boolean overwrite;

    private boolean grouped;

    @Override
    public Integer call() throws IOException {
        scoring.check();
        ScoreTable.Format format = ScoreTable.Format.of(out);
        List<RewardSpec> specs = rewardTexts.stream().map(RewardSpec::parse).toList();
        Scorer.labels(specs); // refuses two that are alike before files are looked for
        Path journal = ScoreJournal.of(out);
        if (complete(journal)) {
            return 0;
        }
        MediaList list = media.list();
        RewardFit.requirePrompts(specs, list);
        grouped = RewardFit.grouped(specs, list);
        Files.createDirectories(out.toAbsolutePath().getParent());
        try (Scorer scorer = scoring.open(specs)) {
            if (overwrite) {
                Files.deleteIfExists(journal);
            }
            return score(scorer, list, format, journal, fingerprint(specs, list));
        }
    }

    /** Returns whether there is nothing left to do; refuses to write over what was not meant to be. */
    private boolean complete(Path journal) throws IOException {
        if (overwrite) {
            return false;
        }
        if (Files.exists(journal)) {
            if (!resume) {
                throw new IOException(
                        "%s was begun and not finished.%nMaybe add --resume to go on, or --overwrite.".formatted(out));
            }
            return false;
        }
        if (Files.exists(out) && !resume) {
            throw new IOException("%s is there already.%nMaybe name another file, or add --overwrite.".formatted(out));
        }
        if (Files.exists(out)) {
            spec.commandLine().getOut().printf("%s is complete already.%n", out);
            spec.commandLine().getOut().flush();
            return true;
        }
        return false;
    }

    private int score(Scorer scorer, MediaList list, ScoreTable.Format format, Path path, String fingerprint)
            throws IOException {
        List<MediaItem> items = list.items();
        ScoreSummary summary = new ScoreSummary(scorer.names());
        try (ScoreJournal journal = ScoreJournal.open(path, fingerprint)) {
            int before = journal.done();
            try (Progress progress = Progress.start(spec.commandLine().getErr(), before, items.size())) {
                if (list.left() > 0) {
                    progress.note("%s files in %s are not named in the prompts and are left out."
                            .formatted(list.left(), media.place()));
                }
                long started = System.nanoTime();
                BatchScoring.Sink sink = (first, rows) -> {
                    journal.add(rows);
                    progress.done(journal.done(), speed(journal.done() - before, System.nanoTime() - started));
                };
                if (grouped) {
                    scoring.batches().run(scorer, items, list.groups(), before, sink);
                } else {
                    scoring.batches().run(scorer, items, before, sink);
                }
            } catch (RewardUnavailable e) {
                throw stopped(e, journal.done(), path);
            }
            AtomicFiles.file(out, channel -> {
                ScoreTable table = format.on(Channels.newOutputStream(channel), scorer.names());
                journal.read((index, row) -> {
                    table.row(items.get(index), row);
                    summary.add(items.get(index), row);
                });
                table.finish();
            });
        }
        page(summary);
        Files.delete(path);
        print(summary);
        return summary.failed() > 0 ? 1 : 0;
    }

    /** A journal without rows is none: the same command may begin anew. */
    private static IOException stopped(RewardUnavailable e, int done, Path journal) throws IOException {
        if (done == 0) {
            Files.delete(journal);
            return e.getCause();
        }
        return new IOException(
                "%s%n%s items are scored and kept; the same command with --resume goes on."
                        .formatted(e.getMessage(), done),
                e);
    }

    private static String speed(int items, long nanos) {
        return String.format(Locale.ROOT, "%.1f items/s", items * 1e9 / Math.max(1, nanos));
    }

    private Optional<Path> pageFile() {
        if (report == null) {
            String name = out.getFileName().toString();
            return Optional.of(out.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".html"));
        }
        return report.equals("none") ? Optional.empty() : Optional.of(Path.of(report));
    }

    private void page(ScoreSummary summary) throws IOException {
        if (pageFile().isPresent()) {
            ScorePage.write(pageFile().get(), out.getFileName().toString(), summary);
        }
    }

    private void print(ScoreSummary summary) {
        PrintWriter print = spec.commandLine().getOut();
        Table table = new Table("reward", ">scored", ">mean", ">deviation", ">least", ">greatest");
        for (ScoreSummary.Column column : summary.columns()) {
            table.add(
                    column.name(),
                    String.valueOf(column.count()),
                    ScorePage.number(column.mean()),
                    ScorePage.number(column.deviation()),
                    ScorePage.number(column.least()),
                    ScorePage.number(column.greatest()));
        }
        table.lines().forEach(print::println);
        printTasks(summary);
        if (summary.failed() > 0) {
            ScoreSummary.Fault first = summary.faults().get(0);
            print.printf(
                    "%n%s of %s items lack a score (%s: %s).%n",
                    summary.failed(), summary.rows(), first.file(), first.reason());
        }
        List<String> written = new ArrayList<>(List.of(out.toString()));
        pageFile().ifPresent(page -> written.add(page.toString()));
        print.printf("%nWritten: %s%n", String.join(", ", written));
        print.flush();
    }

    private void printTasks(ScoreSummary summary) {
        List<List<String>> rows = summary.tasks().rows();
        if (rows.isEmpty()) {
            return;
        }
        List<String> heads = new ArrayList<>(List.of("task", ">items"));
        summary.columns().forEach(column -> heads.add(">" + column.name()));
        Table table = new Table(heads.toArray(String[]::new));
        rows.forEach(row -> table.add(row.toArray(String[]::new)));
        PrintWriter print = spec.commandLine().getOut();
        print.println();
        table.lines().forEach(print::println);
    }

    /** What the rows of a journal depend on. */
    private String fingerprint(List<RewardSpec> specs, MediaList list) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Map<String, Object> head = new LinkedHashMap<>();
            head.put("rewards", specs.toString());
            head.put("batch", scoring.batch());
            head.put("items", list.items().size());
            digest.update(head.toString().getBytes(StandardCharsets.UTF_8));
            for (MediaItem item : list.items()) {
                String text = "\n%s\n%s\n%s\n%s\n%s"
                        .formatted(
                                item.file(),
                                item.path(),
                                item.prompt().text(),
                                new TreeMap<>(item.prompt().metadata()),
                                item.fault());
                digest.update(text.getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
