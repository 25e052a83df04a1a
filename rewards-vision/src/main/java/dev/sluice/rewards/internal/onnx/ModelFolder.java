package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A reward model's folder: {@code model.json} and the files that it lists with their SHA-256. A file that is not what the
 * descriptor says, or scores that are not its golden ones, are refused: a network that was exported wrongly runs as well, and
 * gives plausible numbers.
 *
 * @param folder where it is
 * @param descriptor {@code model.json}
 */
public record ModelFolder(Path folder, JsonNode descriptor) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TypeReference<Map<String, Object>> METADATA = new TypeReference<>() {};

    /** Opens a folder and checks the hashes of its files. */
    public static ModelFolder open(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("%s is not there; expected a reward model's folder.".formatted(folder));
        }
        ModelFolder opened = new ModelFolder(folder, json(folder.resolve("model.json")));
        for (Map.Entry<String, JsonNode> entry :
                opened.descriptor.path("sha256").properties()) {
            opened.verify(entry.getKey(), entry.getValue().asString());
        }
        return opened;
    }

    /** Reads a JSON object. */
    static JsonNode json(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s is not there.".formatted(file));
        }
        try {
            JsonNode node = JSON.readTree(Files.readAllBytes(file));
            if (!node.isObject()) {
                throw new IOException("%s must hold a JSON object.".formatted(file));
            }
            return node;
        } catch (JacksonException e) {
            throw new IOException("%s is no valid JSON: %s.".formatted(file, e.getOriginalMessage()), e);
        }
    }

    private void verify(String name, String expected) throws IOException {
        Path file = folder.resolve(name).normalize();
        if (!file.startsWith(folder.normalize())) {
            throw new IOException("%s names a file outside of the folder: %s.".formatted(descriptorFile(), name));
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s is not there; %s lists it.".formatted(file, descriptorFile()));
        }
        String found;
        try (DigestInputStream in =
                new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            found = HexFormat.of().formatHex(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
        if (!found.equalsIgnoreCase(expected)) {
            throw new IOException(
                    "%s has the SHA-256 %s; %s expects %s.".formatted(file, found, descriptorFile(), expected));
        }
    }

    /** Returns a file of the folder. */
    public Path file(String name) {
        return folder.resolve(name);
    }

    /** Returns where the descriptor is. */
    public Path descriptorFile() {
        return folder.resolve("model.json");
    }

    /** Returns a number of the descriptor, or another if it is not there. */
    double number(String name, double otherwise) throws IOException {
        JsonNode node = descriptor.path(name);
        if (node.isMissingNode()) {
            return otherwise;
        }
        if (!node.isNumber()) {
            throw new IOException("%s: %s (%s) must be a number.".formatted(descriptorFile(), name, node));
        }
        return node.doubleValue();
    }

    /**
     * Scores the golden items of a reward, and refuses what differs from them by more than their tolerance.
     *
     * @param name the reward's
     * @param reward with the choices that the golden scores were made with
     */
    public void verify(String name, Reward reward) throws IOException {
        for (JsonNode item : descriptor.path("golden")) {
            if (!item.path("reward").asString(name).equals(name)) {
                continue;
            }
            Path image = file(item.path("image").asString(""));
            double expected = item.path("score").asDouble(Double.NaN);
            double tolerance = item.path("tolerance").asDouble(1e-3);
            Map<String, Object> metadata =
                    item.has("metadata") ? JSON.convertValue(item.path("metadata"), METADATA) : Map.of();
            Sample sample =
                    new Sample(ImageFiles.read(image), item.path("prompt").asString(""), metadata);
            Scores found = reward.score(List.of(sample));
            if (!(Math.abs(found.values()[0] - expected) <= tolerance)) {
                throw new IOException(
                        """
                        %s gives %s the score %s; %s expects %s ± %s.
                        Maybe the network was exported with another activation, or other preprocessing.\
                        """.formatted(name, image, found.values()[0], descriptorFile(), expected, tolerance));
            }
        }
    }

    /** Returns a float32 tensor of a safetensors file with little in it. */
    float[] tensor(String fileName, String name) throws IOException {
        Path file = file(fileName);
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s is not there.".formatted(file));
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(1 << 24);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            long length = buffer.getLong();
            byte[] text = new byte[Math.toIntExact(Math.min(length, bytes.length))];
            buffer.get(text);
            JsonNode entry =
                    JSON.readTree(new String(text, StandardCharsets.UTF_8)).path(name);
            if (!entry.path("dtype").asString("").equals("F32")) {
                throw new IOException("%s has no float32 tensor %s.".formatted(file, name));
            }
            int start = entry.path("data_offsets").path(0).asInt();
            int end = entry.path("data_offsets").path(1).asInt();
            float[] values = new float[(end - start) / 4];
            buffer.slice(8 + text.length + start, end - start)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(values);
            return values;
        } catch (RuntimeException e) {
            throw new IOException("%s is no valid safetensors file.".formatted(file), e);
        }
    }
}
