package dev.sluice.cli.internal.score;

import dev.sluice.configs.PromptSource;
import dev.sluice.configs.Prompts;
import dev.sluice.grpo.Prompt;
import dev.sluice.video.MediaFolder;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a batch consists of: the media of a folder, of a pattern or of a list, each with its prompt. Prompts come in the order
 * of the files, or name their file as {@code prompts.jsonl} of {@code sluice sample} does.
 *
 * @param items in the order of the table
 * @param prompts whether there are prompts
 * @param left files in the folder that no line of the prompts names
 */
public record MediaList(List<MediaItem> items, boolean prompts, int left) {
    private static final String FILE = "file";
    private static final String ERROR = "error";
    private static final String SHEET = "contact-sheet.png";
    private static final String INDEX = "prompts.jsonl";
    private static final List<String> NOT_OF_THE_PROMPT = List.of(FILE, ERROR, "seed");
    private static final Prompt NONE = Prompt.of("");

    /**
     * Lists media.
     *
     * @param media a folder, a pattern such as {@code out/**.png}, a list of paths (.txt), a list of objects with file and prompt
     *     (.jsonl), or a single file
     * @param promptFile prompts; without it those that stand in the list or beside the files, if any
     * @throws IOException if something is missing or wrong
     */
    public static MediaList of(String media, Optional<Path> promptFile) throws IOException {
        Path path = path(media);
        if (path != null && Files.isDirectory(path)) {
            Path index = path.resolve(INDEX);
            if (promptFile.isEmpty() && Files.isRegularFile(index)) {
                return folder(path, index);
            }
            return promptFile.isPresent() && named(promptFile.get())
                    ? folder(path, promptFile.get())
                    : found(media, path, walk(path, file -> true), promptFile);
        }
        if (path != null && Files.isRegularFile(path)) {
            String name = path.toString();
            if (name.endsWith(".jsonl")) {
                return listed(path, promptFile);
            }
            if (name.endsWith(".txt")) {
                return found(media, Path.of(""), lines(path), promptFile);
            }
            return found(media, Path.of(""), List.of(path), promptFile);
        }
        int first = firstWildcard(media);
        if (first < 0) {
            throw new IOException("--media (%s) does not exist.".formatted(media));
        }
        Path base = Path.of(media.substring(0, media.lastIndexOf('/', first) + 1));
        if (!Files.isDirectory(base.toAbsolutePath())) {
            throw new IOException("--media (%s): the folder %s does not exist.".formatted(media, base));
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + media);
        return found(media, Path.of(""), walk(base, matcher), promptFile);
    }

    /** Returns a number for each item, the same for neighbours of one prompt. */
    public int[] groups() {
        int[] groups = new int[items.size()];
        for (int i = 1; i < groups.length; i++) {
            boolean same = items.get(i)
                    .prompt()
                    .text()
                    .equals(items.get(i - 1).prompt().text());
            groups[i] = groups[i - 1] + (same ? 0 : 1);
        }
        return groups;
    }

    /** Returns a prompt whose items do not stand one after another, if there is one. */
    public Optional<String> scattered() {
        Set<String> before = new HashSet<>();
        for (int i = 0; i < items.size(); i++) {
            String text = items.get(i).prompt().text();
            boolean begins = i == 0 || !text.equals(items.get(i - 1).prompt().text());
            if (begins && !before.add(text)) {
                return Optional.of(text);
            }
        }
        return Optional.empty();
    }

    /** A pattern is no path on every system. */
    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static int firstWildcard(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("*?[{".indexOf(text.charAt(i)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    /** Returns the media below a folder, sorted; a folder of a video's frames is one. */
    private static List<Path> walk(Path folder, PathMatcher matcher) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path entry, BasicFileAttributes attributes) throws IOException {
                if (!entry.equals(folder) && entry.getFileName().toString().startsWith(".")) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                if (!entry.equals(folder) && MediaFolder.isFrames(entry)) {
                    if (matcher.matches(entry)) {
                        found.add(entry);
                        return FileVisitResult.SKIP_SUBTREE;
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (MediaFolder.isMedia(file) && matcher.matches(file)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(null);
        return found;
    }

    private static List<Path> lines(Path list) throws IOException {
        List<Path> paths = new ArrayList<>();
        // Two words for one thing would be one too many: a list is read as prompts are.
        for (Prompt line : Prompts.read(new PromptSource.PromptFile(list))) {
            paths.add(beside(list, line.text()));
        }
        return paths;
    }

    private static Path beside(Path file, String name) {
        Path parent = file.getParent();
        return parent == null ? Path.of(name) : parent.resolve(name);
    }

    /** Whether the lines of a prompt file name their files. */
    private static boolean named(Path promptFile) throws IOException {
        return read(promptFile).stream().anyMatch(MediaList::hasFile);
    }

    private static boolean hasFile(Prompt prompt) {
        return prompt.metadata().get(FILE) instanceof String;
    }

    private static List<Prompt> read(Path promptFile) throws IOException {
        return Prompts.read(PromptSource.parse(promptFile.toString(), Path.of("")));
    }

    private static MediaList folder(Path folder, Path promptFile) throws IOException {
        List<MediaItem> items = new ArrayList<>();
        for (Prompt prompt : read(promptFile)) {
            items.add(item(folder, prompt, promptFile));
        }
        Set<Path> named = items.stream().map(item -> absolute(item.path())).collect(Collectors.toSet());
        named.add(absolute(folder.resolve(SHEET)));
        long left = walk(folder, file -> true).stream()
                .filter(file -> !named.contains(absolute(file)))
                .count();
        return new MediaList(items, true, (int) left);
    }

    private static MediaItem item(Path folder, Prompt prompt, Path promptFile) {
        if (hasFile(prompt)) {
            String name = (String) prompt.metadata().get(FILE);
            return new MediaItem(name, folder.resolve(name), bare(prompt));
        }
        Object error = prompt.metadata().get(ERROR);
        String fault = error == null ? "%s names no file for it.".formatted(promptFile) : error.toString();
        return new MediaItem("", folder, bare(prompt), Optional.of(fault));
    }

    private static Prompt bare(Prompt prompt) {
        Map<String, Object> metadata = new LinkedHashMap<>(prompt.metadata());
        NOT_OF_THE_PROMPT.forEach(metadata::remove);
        return new Prompt(prompt.text(), metadata);
    }

    private static MediaList listed(Path list, Optional<Path> promptFile) throws IOException {
        if (promptFile.isPresent()) {
            throw new IllegalArgumentException(
                    "--prompts (%s) and prompts in the list %s exclude each other.".formatted(promptFile.get(), list));
        }
        Path folder = beside(list, "");
        List<MediaItem> items = new ArrayList<>();
        for (Prompt prompt : read(list)) {
            items.add(item(folder, prompt, list));
        }
        return new MediaList(items, true, 0);
    }

    private static MediaList found(String media, Path base, List<Path> files, Optional<Path> promptFile)
            throws IOException {
        if (files.isEmpty()) {
            throw new IOException("--media (%s) has no image, no video and no folder of frames.".formatted(media));
        }
        if (promptFile.isEmpty()) {
            return new MediaList(
                    files.stream()
                            .map(file -> new MediaItem(name(base, file), file, NONE))
                            .toList(),
                    false,
                    0);
        }
        List<Prompt> prompts = read(promptFile.get());
        if (prompts.stream().anyMatch(MediaList::hasFile)) {
            return matched(base, files, prompts, promptFile.get());
        }
        if (prompts.size() != files.size()) {
            throw new IOException("""
                %s has %s prompts but %s has %s files; they must be equal.
                Maybe write a .jsonl file whose lines have file and prompt.\
                """.formatted(promptFile.get(), prompts.size(), media, files.size()));
        }
        List<MediaItem> items = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            items.add(new MediaItem(name(base, files.get(i)), files.get(i), bare(prompts.get(i))));
        }
        return new MediaList(items, true, 0);
    }

    private static MediaList matched(Path base, List<Path> files, List<Prompt> prompts, Path promptFile) {
        Map<Path, Prompt> byPath = new HashMap<>();
        for (Prompt prompt : prompts) {
            if (hasFile(prompt)) {
                byPath.put(
                        absolute(beside(promptFile, (String) prompt.metadata().get(FILE))), bare(prompt));
            }
        }
        List<MediaItem> items = new ArrayList<>();
        for (Path file : files) {
            Prompt prompt = byPath.get(absolute(file));
            Optional<String> fault =
                    prompt == null ? Optional.of("%s has no line for it.".formatted(promptFile)) : Optional.empty();
            items.add(new MediaItem(name(base, file), file, prompt == null ? NONE : prompt, fault));
        }
        return new MediaList(items, true, 0);
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** The table says the same on every system. */
    private static String name(Path base, Path file) {
        Path name = base.toString().isEmpty() ? file : base.relativize(file);
        return name.toString().replace('\\', '/');
    }
}
