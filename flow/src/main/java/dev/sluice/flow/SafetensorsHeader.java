package dev.sluice.flow;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * The header of a safetensors file, checked: every tensor lies inside the file, they follow one another without gap or
 * overlap, and each is as long as its shape and type say.
 *
 * @param entries the tensors by name
 * @param metadata the texts of {@code __metadata__}
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
    /** The limit of the reference implementation. */
    static final long MAX_BYTES = 100_000_000;

    /** More than any model has; it bounds the memory that a hostile header can ask for. */
    static final int MAX_TENSORS = 500_000;

    private static final int MAX_RANK = 32;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    SafetensorsHeader {
        entries = Collections.unmodifiableMap(entries);
        metadata = Collections.unmodifiableMap(metadata);
    }

    /**
     * Where a tensor lies.
     *
     * @param type its element type
     * @param shape its shape
     * @param begin its first byte, counted from the end of the header
     * @param end the byte after its last
     */
    record Entry(StoredType type, long[] shape, long begin, long end) {
        long elements() {
            return (end - begin) / type.bytes();
        }
    }

    /**
     * Parses and checks a header.
     *
     * @param file for messages
     * @param json the header's bytes
     * @param dataBytes the number of bytes that follow the header
     */
    static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) throws IOException {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            SafetensorsHeader header = new Reading(file, parser, dataBytes).header();
            requireSeamless(file, header.entries, dataBytes);
            return header;
        } catch (JacksonException e) {
            throw invalid(file, "its header is not valid JSON: " + e.getOriginalMessage() + at(e));
        }
    }

    private static String at(JacksonException e) {
        return e.getLocation() == null ? "" : " (byte " + (8 + e.getLocation().getByteOffset()) + ")";
    }

    static IOException invalid(Path file, String reason) {
        return new IOException("%s is not a valid safetensors file: %s.".formatted(file, reason));
    }

    private static void requireSeamless(Path file, Map<String, Entry> entries, long dataBytes) throws IOException {
        List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
        ordered.sort(Comparator.<Map.Entry<String, Entry>>comparingLong(e -> e.getValue().begin)
                .thenComparingLong(e -> e.getValue().end));
        long expected = 0;
        for (Map.Entry<String, Entry> named : ordered) {
            Entry entry = named.getValue();
            if (entry.begin != expected) {
                throw invalid(
                        file,
                        "tensor %s begins at byte %s of the data, but the tensor before it ends at %s"
                                .formatted(shown(named.getKey()), entry.begin, expected));
            }
            expected = entry.end;
        }
        if (expected != dataBytes) {
            throw invalid(file, "its tensors fill %s bytes, but %s follow the header".formatted(expected, dataBytes));
        }
    }

    /** Names come from the file: one that is a page long must not make the message one. */
    static String shown(String name) {
        String line = name.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= 120 ? line : line.substring(0, 120) + "…";
    }

    private static final class Reading {
        private final Path file;
        private final JsonParser parser;
        private final long dataBytes;

        Reading(Path file, JsonParser parser, long dataBytes) {
            this.file = file;
            this.parser = parser;
            this.dataBytes = dataBytes;
        }

        SafetensorsHeader header() throws IOException {
            Map<String, Entry> entries = new TreeMap<>();
            Map<String, String> metadata = Map.of();
            require(parser.nextToken(), JsonToken.START_OBJECT, "header");
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                if (name.equals("__metadata__")) {
                    metadata = metadata();
                } else if (entries.size() == MAX_TENSORS) {
                    throw invalid(file, "it names more than %s tensors".formatted(MAX_TENSORS));
                } else {
                    entries.put(name, entry(name));
                }
            }
            if (parser.nextToken() != null) {
                throw invalid(file, "something follows the header's closing brace");
            }
            return new SafetensorsHeader(entries, metadata);
        }

        private Map<String, String> metadata() throws IOException {
            Map<String, String> metadata = new LinkedHashMap<>();
            require(parser.nextToken(), JsonToken.START_OBJECT, "__metadata__");
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String key = parser.currentName();
                require(parser.nextToken(), JsonToken.VALUE_STRING, "__metadata__." + shown(key));
                metadata.put(key, parser.getString());
            }
            return metadata;
        }

        private Entry entry(String name) throws IOException {
            String what = "tensor " + shown(name);
            StoredType type = null;
            long[] shape = null;
            long[] offsets = null;
            require(parser.nextToken(), JsonToken.START_OBJECT, what);
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String key = parser.currentName();
                switch (key) {
                    case "dtype" -> type = type(what);
                    case "shape" -> shape = numbers(what + " shape");
                    case "data_offsets" -> offsets = numbers(what + " data_offsets");
                    default -> throw invalid(file, "%s has the unknown key %s".formatted(what, shown(key)));
                }
            }
            if (type == null || shape == null || offsets == null) {
                throw invalid(file, what + " must have dtype, shape and data_offsets");
            }
            return checked(what, type, shape, offsets);
        }

        private Entry checked(String what, StoredType type, long[] shape, long[] offsets) throws IOException {
            if (offsets.length != 2 || offsets[0] > offsets[1]) {
                throw invalid(
                        file,
                        "%s has data_offsets %s; expected a begin and an end not before it"
                                .formatted(what, Arrays.toString(offsets)));
            }
            if (offsets[1] > dataBytes) {
                throw invalid(
                        file,
                        "%s ends at byte %s of the data, but only %s bytes follow the header; the file may be truncated"
                                .formatted(what, offsets[1], dataBytes));
            }
            long size;
            try {
                size = Math.multiplyExact(Arrays.stream(shape).reduce(1, Math::multiplyExact), (long) type.bytes());
            } catch (ArithmeticException e) {
                throw invalid(file, "%s has the shape %s, which overflows".formatted(what, Arrays.toString(shape)));
            }
            if (size != offsets[1] - offsets[0]) {
                throw invalid(
                        file,
                        "%s of type %s and shape %s needs %s bytes, but its data_offsets hold %s"
                                .formatted(what, type, Arrays.toString(shape), size, offsets[1] - offsets[0]));
            }
            return new Entry(type, shape, offsets[0], offsets[1]);
        }

        private StoredType type(String what) throws IOException {
            require(parser.nextToken(), JsonToken.VALUE_STRING, what + " dtype");
            String name = parser.getString();
            for (StoredType type : StoredType.values()) {
                if (type.name().equals(name)) {
                    return type;
                }
            }
            throw invalid(
                    file,
                    "%s has the type %s; the known ones are %s"
                            .formatted(what, shown(name), Arrays.toString(StoredType.values())));
        }

        private long[] numbers(String what) throws IOException {
            require(parser.nextToken(), JsonToken.START_ARRAY, what);
            long[] numbers = new long[MAX_RANK];
            int count = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                require(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
                if (count == MAX_RANK) {
                    throw invalid(file, "%s has more than %s numbers".formatted(what, MAX_RANK));
                }
                long number = parser.getLongValue();
                if (number < 0) {
                    throw invalid(file, "%s holds the negative number %s".formatted(what, number));
                }
                numbers[count++] = number;
            }
            return Arrays.copyOf(numbers, count);
        }

        private void require(JsonToken found, JsonToken expected, String what) throws IOException {
            if (found != expected) {
                throw invalid(file, "%s must be %s, not %s".formatted(what, word(expected), word(found)));
            }
        }

        private static String word(JsonToken token) {
            if (token == null) {
                return "the end of the header";
            }
            return switch (token) {
                case START_OBJECT -> "an object";
                case START_ARRAY -> "an array";
                case VALUE_STRING -> "a text";
                case VALUE_NUMBER_INT -> "an integer";
                case VALUE_NUMBER_FLOAT -> "a fraction";
                case VALUE_TRUE, VALUE_FALSE -> "a truth value";
                case VALUE_NULL -> "null";
                default -> token.name();
            };
        }
    }
}
