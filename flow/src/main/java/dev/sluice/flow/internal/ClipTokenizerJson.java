package dev.sluice.flow.internal;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * CLIP's byte-level BPE as a {@code tokenizer.json}, made from {@code vocab.json} and {@code merges.txt}: NFC, blanks
 * joined, lower case, words split by CLIP's pattern, {@code </w>} at the end of a word.
 *
 * <p>Source: transformers, {@code models/clip/tokenization_clip.py}. Like there, the special tokens are found in the text
 * before anything else, so a padding token of {@code !} (CLIP-G) takes an exclamation mark's place.
 *
 * @param json the text of the file
 * @param paddingId the id of the padding token
 * @param size 1 more than the largest id
 */
public record ClipTokenizerJson(String json, long paddingId, long size) {
    private static final String START = "<|startoftext|>";
    private static final String END = "<|endoftext|>";
    private static final String WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

    /** Reads the two files of a folder. */
    public static ClipTokenizerJson of(Path folder, SpecialTokens special) throws IOException {
        ConfigFile vocabulary = ConfigFile.read(folder.resolve("vocab.json"));
        String start = special.token("bos_token").orElse(START);
        String end = special.token("eos_token").orElse(END);
        String unknown = special.token("unk_token").orElse(END);
        String padding = special.token("pad_token").orElse(END);
        JsonMapper mapper = new JsonMapper();
        ObjectNode json = mapper.createObjectNode();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        ArrayNode added = json.putArray("added_tokens");
        Set<String> once = new LinkedHashSet<>(List.of(start, end));
        once.add(unknown);
        once.add(padding);
        for (String token : once) {
            ObjectNode entry = added.addObject();
            entry.put("id", id(vocabulary, token)).put("content", token).put("special", true);
            for (String key : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
                entry.put(key, false);
            }
        }
        ArrayNode normalizers =
                json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        normalizers.addObject().put("type", "NFC");
        ObjectNode blanks = normalizers.addObject().put("type", "Replace").put("content", " ");
        blanks.putObject("pattern").put("Regex", "\\s+");
        normalizers.addObject().put("type", "Lowercase");
        ArrayNode splits =
                json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        ObjectNode words = splits.addObject()
                .put("type", "Split")
                .put("behavior", "Removed")
                .put("invert", true);
        words.putObject("pattern").put("Regex", WORDS);
        splits.addObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        ObjectNode ends = json.putObject("post_processor").put("type", "RobertaProcessing");
        ends.putArray("sep").add(end).add(id(vocabulary, end));
        ends.putArray("cls").add(start).add(id(vocabulary, start));
        ends.put("trim_offsets", false).put("add_prefix_space", false);
        json.putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", true)
                .put("trim_offsets", true)
                .put("use_regex", true);
        ObjectNode model = json.putObject("model").put("type", "BPE");
        model.putNull("dropout");
        model.put("unk_token", unknown).put("continuing_subword_prefix", "").put("end_of_word_suffix", "</w>");
        model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
        model.set("vocab", vocabulary.root());
        ArrayNode merges = model.putArray("merges");
        merges(folder.resolve("merges.txt")).forEach(merges::add);
        return new ClipTokenizerJson(
                mapper.writeValueAsString(json), id(vocabulary, padding), SpecialTokens.size(json));
    }

    private static long id(ConfigFile vocabulary, String token) throws IOException {
        JsonNode id = vocabulary.root().path(token);
        if (!id.isIntegralNumber()) {
            throw new IOException("%s has no token %s.".formatted(vocabulary.path(), token));
        }
        return id.longValue();
    }

    private static List<String> merges(Path file) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (MalformedInputException e) {
            throw new IOException("%s is not UTF-8 text.".formatted(file), e);
        }
        return lines.stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#version"))
                .toList();
    }

    /** Only for a debugger: the file is long. */
    @Override
    public String toString() {
        return "ClipTokenizerJson[" + json.length() + " characters, " + Map.of("paddingId", paddingId) + "]";
    }
}
