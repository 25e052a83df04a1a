package dev.sluice.rewards.internal.onnx;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A model's tokenizer: rows of ids of one length, the last of them the end token where a text is cut. */
final class TextIds implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;
    private final int length;

    private TextIds(HuggingFaceTokenizer tokenizer, int length) {
        this.tokenizer = tokenizer;
        this.length = length;
    }

    /**
     * Opens {@code tokenizer.json}.
     *
     * @param length tokens in a row
     */
    static TextIds open(Path file, int length) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    "%s is not there.%nMaybe write it in Python: AutoTokenizer.from_pretrained(NAME).save_pretrained(DIR)."
                            .formatted(file));
        }
        try (InputStream in = Files.newInputStream(file)) {
            // Cutting and filling up are done here: the end token must stay.
            return new TextIds(
                    HuggingFaceTokenizer.newInstance(in, Map.of("truncation", "false", "padding", "false")), length);
        } catch (RuntimeException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
            throw new IOException("%s is no valid tokenizer: %s.".formatted(file, reason), e);
        }
    }

    /**
     * Ids and what of them counts.
     *
     * @param ids a row for each text; filled up with the end token
     * @param mask 1 for a token, 0 for what fills up
     */
    record Rows(long[][] ids, long[][] mask) {}

    /** Returns whether texts begin or end with tokens of their own. */
    boolean marks() {
        return tokenizer.encode("").getIds().length > 0;
    }

    Rows rows(List<String> texts) {
        long[][] ids = new long[texts.size()][];
        long[][] mask = new long[texts.size()][length];
        for (int i = 0; i < ids.length; i++) {
            Encoding encoding = tokenizer.encode(texts.get(i));
            long[] all = encoding.getIds();
            long end = all[all.length - 1];
            ids[i] = Arrays.copyOf(all, length);
            int used = Math.min(all.length, length);
            ids[i][used - 1] = end;
            Arrays.fill(ids[i], used, length, end);
            Arrays.fill(mask[i], 0, used, 1);
        }
        return new Rows(ids, mask);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
