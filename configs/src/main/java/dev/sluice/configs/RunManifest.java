package dev.sluice.configs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What ran: enough to run it again and to know whether it is the same.
 *
 * @param command the command and its arguments
 * @param started when, ISO 8601
 * @param sluice the version of this program
 * @param commit the commit of the sources, if they are a git clone
 * @param java the Java version
 * @param system the operating system, architecture and number of cores
 * @param engine the tensor engine
 * @param seed the run's seed
 * @param data SHA-256 of the files that went in, by path
 */
public record RunManifest(
        List<String> command,
        String started,
        String sluice,
        Optional<String> commit,
        String java,
        String system,
        String engine,
        long seed,
        Map<String, String> data) {
    public RunManifest {
        command = List.copyOf(command);
        data = Map.copyOf(data);
    }

    /** Returns the operating system, architecture and cores of this process. */
    public static String thisSystem() {
        return "%s %s, %s, %s cores"
                .formatted(
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        System.getProperty("os.arch"),
                        Runtime.getRuntime().availableProcessors());
    }

    /** Returns the commit that a working copy is at, without calling git. */
    public static Optional<String> commit(Path home) {
        Path git = home.resolve(".git");
        try {
            String head = Files.readString(git.resolve("HEAD")).strip();
            if (!head.startsWith("ref: ")) {
                return Optional.of(head);
            }
            String reference = head.substring(5);
            if (Files.exists(git.resolve(reference))) {
                return Optional.of(Files.readString(git.resolve(reference)).strip());
            }
            try (Stream<String> packed = Files.lines(git.resolve("packed-refs"))) {
                return packed.filter(line -> line.endsWith(" " + reference))
                        .map(line -> line.substring(0, line.indexOf(' ')))
                        .findFirst();
            }
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Returns the SHA-256 of every regular file at or below the paths, by path. */
    public static Map<String, String> hashes(List<Path> paths) throws IOException {
        Map<String, String> hashes = new LinkedHashMap<>();
        for (Path path : paths) {
            try (Stream<Path> files = Files.walk(path)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    hashes.put(file.toString(), sha256(file));
                }
            }
        }
        return hashes;
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
