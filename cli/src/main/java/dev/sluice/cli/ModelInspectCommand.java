package dev.sluice.cli;

import dev.sluice.cli.internal.Table;
import dev.sluice.flow.ModelInspection;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what a model's folder holds. */
@Command(
        name = "inspect",
        description = {
            "Prints the components of a model with their architecture, parameters, types and memory.",
            "Reads configurations and the headers of weight files only. Exit status 1 if a component cannot be used.%n"
        },
        footerHeading = "%nExample:%n",
        footer = "  sluice model inspect configs/models/scenes")
final class ModelInspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "DIR",
            description = "A model in diffusers' layout, or the folder of one component.")
    private Path folder;

    @Override
    public Integer call() throws IOException {
        ModelInspection model = ModelInspection.of(folder);
        PrintWriter out = spec.commandLine().getOut();
        out.println(model.pipeline().map(name -> name + " in ").orElse("Component in ") + folder);
        out.println();
        Table table = new Table("component", "architecture", ">parameters", "stored as", ">on disk", ">in memory");
        for (ModelInspection.Component component : model.components()) {
            if (component.parameters() == 0) {
                table.add(component.name(), component.architecture());
            } else {
                table.add(
                        component.name(),
                        component.architecture(),
                        count(component.parameters()),
                        types(component),
                        size(component.bytes()),
                        size(component.memoryBytes()));
            }
        }
        table.add("all", "", count(model.parameters()), "", size(model.bytes()), size(model.memoryBytes()));
        table.lines().forEach(out::println);
        boolean usable = true;
        for (ModelInspection.Component component : model.components()) {
            if (component.unused() > 0) {
                out.printf("%n%s: %s tensors in its files are not used.%n", component.name(), component.unused());
            }
            if (component.fault().isPresent()) {
                usable = false;
                out.printf(
                        "%n%s cannot be used: %s%n",
                        component.name(), component.fault().get());
            }
        }
        out.flush();
        return usable ? 0 : 1;
    }

    private static String types(ModelInspection.Component component) {
        return component.parametersByType().keySet().stream().map(Enum::name).collect(Collectors.joining(", "));
    }

    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    static String size(long bytes) {
        return bytes < 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}
