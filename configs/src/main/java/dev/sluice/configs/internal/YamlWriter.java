package dev.sluice.configs.internal;

import dev.sluice.configs.PromptSource;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Writes a bound record as the YAML that binds to it again. */
public final class YamlWriter {
    private static final YAMLMapper MAPPER = YAMLMapper.builder()
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .disable(YAMLWriteFeature.SPLIT_LINES)
            .build();

    private YamlWriter() {}

    /** Returns the record as YAML. */
    public static String write(Record record) {
        return MAPPER.writeValueAsString(plain(record));
    }

    /** Returns a record as maps, lists and scalars; absent options are left out. */
    public static Map<String, Object> tree(Record record) {
        Map<String, Object> tree = new LinkedHashMap<>();
        Variant variant = record.getClass().getAnnotation(Variant.class);
        if (variant != null) {
            tree.put(Variants.TYPE, variant.value());
        }
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object value = plain(read(component, record));
            if (value != null) {
                tree.put(component.getName(), value);
            }
        }
        return tree;
    }

    private static Object read(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object plain(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(YamlWriter::plain).orElse(null);
        }
        if (value instanceof Enum<?> constant) {
            return Scalars.word(constant);
        }
        if (value instanceof Path || value instanceof PromptSource) {
            return value.toString();
        }
        if (value instanceof List<?> list) {
            List<Object> items = new ArrayList<>();
            list.forEach(item -> items.add(plain(item)));
            return items;
        }
        return value instanceof Record record ? tree(record) : value;
    }
}
