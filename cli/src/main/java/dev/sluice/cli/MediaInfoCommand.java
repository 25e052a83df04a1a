package dev.sluice.cli;

import dev.sluice.cli.internal.Table;
import dev.sluice.video.VideoInfo;
import dev.sluice.video.VideoReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Prints what images and videos are. */
@Command(
        name = "info",
        description = {
            "Prints what images and videos are: size, counted frames and their times, compression, colours.",
            "Frames are counted, which for most kinds of files does not decode them; whether each can be decoded is not "
                    + "tried. Exit status 1 if some of several files cannot be read.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {"  sluice media info clip.mp4", "  sluice media info --json samples/*.mp4"})
final class MediaInfoCommand implements Callable<Integer> {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Images, videos, folders of numbered images.")
    private List<Path> files;

    @Option(names = "--json", description = "Print a JSON object a line.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        int failed = 0;
        for (Path file : files) {
            try {
                Map<String, Object> facts = facts(file);
                print(out, facts);
            } catch (IOException e) {
                if (files.size() == 1) {
                    throw e;
                }
                failed++;
                out.flush();
                spec.commandLine().getErr().println("sluice: " + e.getMessage());
            }
        }
        out.flush();
        return failed > 0 ? 1 : 0;
    }

    private static Map<String, Object> facts(Path file) throws IOException {
        try (VideoReader reader = VideoReader.open(file)) {
            VideoInfo info = reader.info();
            OptionalDouble rate = reader.evenRate();
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("file", file.toString());
            facts.put("container", info.container());
            facts.put("codec", info.codec());
            facts.put("height", info.height());
            facts.put("width", info.width());
            facts.put("frames", reader.times().length);
            facts.put("seconds", info.seconds());
            facts.put("framesPerSecond", rate.orElse(info.framesPerSecond()));
            facts.put("evenTimes", rate.isPresent() || reader.times().length == 1);
            facts.put("rotation", info.rotation());
            facts.put("pixelAspect", info.pixelAspect());
            facts.put("pixelFormat", info.colours().pixelFormat());
            facts.put("bits", info.colours().bits());
            facts.put("alpha", info.colours().alpha());
            facts.put("matrix", info.colours().matrix());
            facts.put("matrixAssumed", info.colours().assumed());
            facts.put("fullRange", info.colours().fullRange());
            facts.put("audio", info.audio());
            return facts;
        }
    }

    private void print(PrintWriter out, Map<String, Object> facts) {
        if (json) {
            out.println(JSON.writeValueAsString(facts));
            return;
        }
        out.println(facts.get("file"));
        Table table = new Table("  kind", facts.get("container") + ", " + facts.get("codec"));
        table.add(
                "  size",
                "%s×%s (width × height)%s%s"
                        .formatted(
                                facts.get("width"),
                                facts.get("height"),
                                facts.get("rotation").equals(0)
                                        ? ""
                                        : ", turned by %s degrees".formatted(facts.get("rotation")),
                                facts.get("pixelAspect").equals(1.0)
                                        ? ""
                                        : ", pixels %s times as wide as high".formatted(facts.get("pixelAspect"))));
        table.add("  frames", frames(facts));
        table.add(
                "  colours",
                "%s, %s bits, %s%s, %s range%s"
                        .formatted(
                                facts.get("pixelFormat"),
                                facts.get("bits"),
                                facts.get("matrix"),
                                facts.get("matrixAssumed").equals(true) ? " (assumed)" : "",
                                facts.get("fullRange").equals(true) ? "full" : "limited",
                                facts.get("alpha").equals(true) ? ", with transparency" : ""));
        table.add("  sound", facts.get("audio").equals(true) ? "yes" : "none");
        table.lines().forEach(out::println);
    }

    private static String frames(Map<String, Object> facts) {
        if (facts.get("frames").equals(1)) {
            return "1";
        }
        return String.format(
                Locale.ROOT,
                "%s, %.3f s, %s%.4g a second",
                facts.get("frames"),
                (double) facts.get("seconds"),
                facts.get("evenTimes").equals(true) ? "" : "at uneven times, in the mean ",
                (double) facts.get("framesPerSecond"));
    }
}
