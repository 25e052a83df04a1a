package dev.sluice.flow;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.ClipTokenizerJson;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.SpecialTokens;
import dev.sluice.flow.tensor.Require;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A text model's tokenizer: the ids that transformers' fast tokenizers give, padded to one length.
 *
 * <p>Opened from a folder with a {@code tokenizer.json}, or with CLIP's {@code vocab.json} and {@code merges.txt}.
 */
public final class TextTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;
    private final long padding;
    private final long size;
    private final int maxLength;
    private final int leading;
    private final int trailing;

    private TextTokenizer(HuggingFaceTokenizer tokenizer, long padding, long size, int maxLength) {
        this.tokenizer = tokenizer;
        this.padding = padding;
        this.size = size;
        this.maxLength = maxLength;
        long[] added = tokenizer.encode("a").getSpecialTokenMask();
        int before = 0;
        while (before < added.length && added[before] == 1) {
            before++;
        }
        int after = 0;
        while (after < added.length - before && added[added.length - 1 - after] == 1) {
            after++;
        }
        this.leading = before;
        this.trailing = after;
    }

    /**
     * A batch of texts.
     *
     * @param ids token ids, one row for each text, all of one length
     * @param mask 1 for a token and 0 for padding, same shape
     */
    public record Tokens(long[][] ids, long[][] mask) {
        /** Returns the ids as an array of shape (B, L), int64. */
        public NDArray ids(NDManager manager) {
            return array(manager, ids);
        }

        /** Returns the mask as an array of shape (B, L), int64. */
        public NDArray mask(NDManager manager) {
            return array(manager, mask);
        }

        private static NDArray array(NDManager manager, long[][] rows) {
            long[] all = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
            return manager.create(all, new Shape(rows.length, rows[0].length));
        }
    }

    /**
     * Opens a tokenizer's folder.
     *
     * @throws IOException if it holds none that can be read; the message is one sentence
     */
    public static TextTokenizer open(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException("%s is not there; expected a folder with a tokenizer.".formatted(folder));
        }
        SpecialTokens special = SpecialTokens.read(folder);
        Path json = folder.resolve("tokenizer.json");
        if (Files.exists(json)) {
            ConfigFile config = ConfigFile.read(json);
            long padding = special.paddingId(config);
            long size = SpecialTokens.size(config.root());
            return open(json, Files.readAllBytes(json), padding, size, special.maxLength(512));
        }
        if (Files.exists(folder.resolve("vocab.json")) && Files.exists(folder.resolve("merges.txt"))) {
            ClipTokenizerJson clip = ClipTokenizerJson.of(folder, special);
            byte[] bytes = clip.json().getBytes(StandardCharsets.UTF_8);
            return open(folder, bytes, clip.paddingId(), clip.size(), special.maxLength(77));
        }
        throw new IOException("""
                %s has no tokenizer; expected tokenizer.json, or vocab.json and merges.txt.
                Maybe write tokenizer.json in Python: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER).""".formatted(folder));
    }

    private static TextTokenizer open(Path source, byte[] json, long padding, long size, int maxLength)
            throws IOException {
        HuggingFaceTokenizer tokenizer;
        try {
            // Cutting and padding are done here, because a text's length is the caller's choice at each call.
            tokenizer = HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(json), Map.of("truncation", "false", "padding", "false"));
        } catch (RuntimeException e) {
            throw new IOException("%s is not a valid tokenizer: %s.".formatted(source, firstLine(e)), e);
        }
        try {
            return new TextTokenizer(tokenizer, padding, size, maxLength);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw new IOException("%s is not a usable tokenizer: %s.".formatted(source, firstLine(e)), e);
        }
    }

    private static String firstLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
    }

    /** Returns the longest text in tokens that the tokenizer's files name, or a usual one if they name none. */
    public int maxLength() {
        return maxLength;
    }

    /** Returns the number of token ids: 1 more than the largest. */
    public long size() {
        return size;
    }

    /** Returns the id that fills short texts up. */
    public long paddingId() {
        return padding;
    }

    /**
     * Encodes texts; each is cut or filled up to the same length. The tokens that begin and end a text are kept.
     *
     * @param texts at least one
     * @param length tokens in a row, room for the begin and end tokens included
     */
    public Tokens encode(List<String> texts, int length) {
        Require.atLeast("the number of texts", texts.size(), 1);
        Require.atLeast("length", length, leading + trailing);
        long[][] ids = new long[texts.size()][];
        long[][] mask = new long[texts.size()][];
        for (int i = 0; i < ids.length; i++) {
            Encoding encoding = tokenizer.encode(texts.get(i));
            long[] all = encoding.getIds();
            int used = Math.min(all.length, length);
            ids[i] = Arrays.copyOf(all, length);
            if (all.length > length) {
                System.arraycopy(all, all.length - trailing, ids[i], length - trailing, trailing);
            }
            Arrays.fill(ids[i], used, length, padding);
            mask[i] = new long[length];
            Arrays.fill(mask[i], 0, used, 1);
        }
        return new Tokens(ids, mask);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
