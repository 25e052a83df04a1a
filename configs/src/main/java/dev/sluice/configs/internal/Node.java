package dev.sluice.configs.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A YAML value that knows where it was written. */
public sealed interface Node permits Node.Mapping, Node.Sequence, Node.Scalar {
    /** Returns where the value starts. */
    Location location();

    /** Returns the value in the words of a message. */
    String described();

    /** Returns the value as maps, lists and texts; no value is null. */
    Object plain();

    /** A key and its value. */
    record Entry(Location location, Node value) {}

    /** Keys to values, in the order of the file. */
    record Mapping(Location location, Map<String, Entry> entries) implements Node {
        @Override
        public String described() {
            return "a group of keys";
        }

        @Override
        public Map<String, Object> plain() {
            Map<String, Object> map = new LinkedHashMap<>();
            entries.forEach((key, entry) -> map.put(key, entry.value().plain()));
            return map;
        }

        /**
         * Returns these entries with those of a later layer over them; groups are merged, all else is replaced. A group whose
         * later layer has another {@code type} is replaced too, because the keys of one type mean nothing to another.
         */
        public Mapping with(Mapping later) {
            if (ofAnotherType(later)) {
                return later;
            }
            Map<String, Entry> merged = new LinkedHashMap<>(entries);
            later.entries.forEach((key, entry) -> {
                Entry before = merged.get(key);
                Node value = before != null
                                && before.value() instanceof Mapping group
                                && entry.value() instanceof Mapping over
                        ? group.with(over)
                        : entry.value();
                merged.put(key, new Entry(entry.location(), value));
            });
            return new Mapping(later.location, merged);
        }

        private boolean ofAnotherType(Mapping later) {
            Entry before = entries.get(Variants.TYPE);
            Entry after = later.entries.get(Variants.TYPE);
            return before != null
                    && after != null
                    && before.value() instanceof Scalar one
                    && after.value() instanceof Scalar other
                    && !one.text().equals(other.text());
        }
    }

    /** A list. */
    record Sequence(Location location, List<Node> items) implements Node {
        @Override
        public String described() {
            return "a list";
        }

        @Override
        public List<Object> plain() {
            List<Object> list = new ArrayList<>();
            items.forEach(item -> list.add(item.plain()));
            return list;
        }
    }

    /** A single value. */
    record Scalar(Location location, String text, Kind kind) implements Node {
        @Override
        public String described() {
            return kind == Kind.NULL ? "nothing" : text;
        }

        @Override
        public Object plain() {
            return kind == Kind.NULL ? null : text;
        }
    }

    /** What a single value looks like. */
    enum Kind {
        TEXT,
        NUMBER,
        BOOLEAN,
        NULL
    }
}
