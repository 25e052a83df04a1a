package dev.sluice.cli;

import dev.sluice.cli.internal.Home;
import dev.sluice.cli.internal.Table;
import dev.sluice.flow.AdapterFolder;
import dev.sluice.flow.ModelInspection;
import dev.sluice.flow.StoredAdapter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the models and adapters in a folder. */
@Command(
        name = "list",
        description = {
            "Prints the models and adapters in a folder and the folders below it, and the families that are known.",
            "Reads configurations and the headers of weight files only.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {"  sluice model list", "  sluice model list ~/models --depth 2", "  sluice model list runs"})
final class ModelListCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "DIR",
            description = "The folder to look in; that of the bundled models if left out.")
    private Path folder;

    @Option(
            names = "--depth",
            paramLabel = "N",
            defaultValue = "4",
            description = "Folders below it to look into (default: ${DEFAULT-VALUE}).")
    private int depth;

    @Override
    public Integer call() throws IOException {
        if (depth < 0 || depth > 100) {
            throw new IllegalArgumentException("--depth (%s) must be from 0 to 100.".formatted(depth));
        }
        Path where = folder == null ? Home.folder().resolve("configs/models") : folder;
        if (!Files.isDirectory(where)) {
            throw new IOException("%s is not there; expected a folder.".formatted(where));
        }
        PrintWriter out = spec.commandLine().getOut();
        List<String[]> rows = new ArrayList<>();
        find(where, depth, rows);
        if (rows.isEmpty()) {
            out.printf("There is no model in %s, nor in the folders down to %s below it.%n", where, depth);
        } else {
            Table table = new Table("folder", "what", ">parameters", ">on disk", "");
            rows.forEach(table::add);
            table.lines().forEach(out::println);
        }
        out.printf("%nFamilies that are known:%n%n");
        Table families = new Table("class in model_index.json", "models", "makes");
        ModelInspection.families().forEach(f -> families.add(f.pipeline(), f.name(), f.makes()));
        families.lines().forEach(out::println);
        out.flush();
        return 0;
    }

    private static void find(Path place, int depth, List<String[]> rows) throws IOException {
        if (Files.exists(place.resolve("model_index.json"))) {
            rows.add(model(place));
            return;
        }
        if (Files.exists(place.resolve(AdapterFolder.CONFIG)) || Files.exists(place.resolve(StoredAdapter.DIFFUSERS))) {
            rows.add(adapter(place));
            return;
        }
        if (depth == 0) {
            return;
        }
        List<Path> below;
        try (Stream<Path> entries = Files.list(place)) {
            below = entries.filter(Files::isDirectory)
                    .filter(Files::isReadable)
                    .filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path next : below) {
            find(next, depth - 1, rows);
        }
    }

    private static String[] model(Path place) {
        try {
            ModelInspection model = ModelInspection.of(place);
            return new String[] {
                place.toString(),
                model.pipeline().orElse(""),
                ModelInspectCommand.count(model.parameters()),
                ModelInspectCommand.size(model.bytes()),
                model.usable() ? "" : "cannot be used; see sluice model inspect"
            };
        } catch (IOException e) {
            return new String[] {place.toString(), "broken", "", "", firstLine(e)};
        }
    }

    private static String[] adapter(Path place) {
        try (StoredAdapter adapter = StoredAdapter.open(place)) {
            String kind = adapter.dora() ? "DoRA adapter" : "LoRA adapter";
            return new String[] {
                place.toString(),
                "%s of %s layers, rank %s"
                        .formatted(
                                kind, adapter.layers().size(), adapter.options().rank()),
                ModelInspectCommand.count(adapter.parameters()),
                ModelInspectCommand.size(Files.size(adapter.path())),
                ""
            };
        } catch (IOException e) {
            return new String[] {place.toString(), "broken adapter", "", "", firstLine(e)};
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
