package dev.sluice.rewards.internal.judge;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.rewards.RewardUnavailable;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers that could be read, on disk, each under the SHA-256 of its whole request: address, model, settings, text and pictures.
 * An answer appears under its name when it is complete, so that neither a kill nor two processes at once leave half of one. What
 * is damaged all the same is as if it were not there.
 *
 * @param folder where the answers are, in folders by the first two digits of their keys
 */
record AnswerCache(Path folder) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Opens a cache, and makes its folder. */
    static AnswerCache open(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException("The cache %s must be a folder.".formatted(folder));
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IOException(
                    "The cache %s cannot be made.%nMaybe its folder may not be written to by this user."
                            .formatted(folder),
                    e);
        }
        if (!Files.isWritable(folder)) {
            throw new IOException("The cache %s may not be written to by this user.".formatted(folder));
        }
        return new AnswerCache(folder);
    }

    /** Returns what a request's answer is kept under; the key of the endpoint is no part of it. */
    static String key(URI address, byte[] request) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((address + "\n").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(request));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private Path file(String key) {
        return folder.resolve(key.substring(0, 2)).resolve(key + ".json");
    }

    /** Returns the server's answer, if it is there. */
    Optional<JsonNode> find(String key) {
        try {
            JsonNode entry = JSON.readTree(Files.readAllBytes(file(key)));
            return entry.path("key").asString("").equals(key) ? Optional.of(entry.path("answer")) : Optional.empty();
        } catch (NoSuchFileException | JacksonException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new RewardUnavailable(new IOException("%s cannot be read: %s.".formatted(file(key), e), e));
        }
    }

    /** Keeps the server's answer. */
    void store(String key, JsonNode answer) {
        ObjectNode entry = JSON.createObjectNode();
        entry.put("key", key);
        entry.set("answer", answer);
        try {
            AtomicFiles.file(file(key), JSON.writeValueAsBytes(entry));
        } catch (IOException e) {
            throw new RewardUnavailable(e);
        }
    }
}
