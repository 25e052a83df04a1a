package dev.sluice.rewards;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes small networks as ONNX files (opset 17), so that tests know what they compute. */
public final class TinyOnnx {
    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final int KIND_INT = 2;
    private static final int KIND_INTS = 7;

    private final Message graph = new Message();
    private int values;

    /** A message of protocol buffers: numbered fields, one after another. */
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message raw(int field, byte[] value) {
            varint((long) field << 3 | 2);
            varint(value.length);
            bytes.writeBytes(value);
            return this;
        }

        Message text(int field, String value) {
            return raw(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return raw(field, value.bytes.toByteArray());
        }
    }

    /** Adds an input or an output; a size below 0 may vary. */
    private Message tensorInfo(String name, int type, long... shape) {
        Message sizes = new Message();
        for (long size : shape) {
            sizes.message(1, size < 0 ? new Message().text(2, "n" + -size) : new Message().number(1, size));
        }
        Message tensor = new Message().number(1, type).message(2, sizes);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /** Declares an input of floats and returns its name. */
    public String floats(String name, long... shape) {
        graph.message(11, tensorInfo(name, FLOAT, shape));
        return name;
    }

    /** Declares an input of whole numbers and returns its name. */
    public String ids(String name, long... shape) {
        graph.message(11, tensorInfo(name, INT64, shape));
        return name;
    }

    /** Declares an output of floats; it must be the name of a value. */
    public TinyOnnx output(String name, long... shape) {
        graph.message(12, tensorInfo(name, FLOAT, shape));
        return this;
    }

    /** Declares an output of whole numbers; it must be the name of a value. */
    public TinyOnnx idsOutput(String name, long... shape) {
        graph.message(12, tensorInfo(name, INT64, shape));
        return this;
    }

    private String constant(int type, byte[] data, long... shape) {
        String name = "c" + values++;
        Message tensor = new Message();
        for (long size : shape) {
            tensor.number(1, size);
        }
        graph.message(5, tensor.number(2, type).text(8, name).raw(9, data));
        return name;
    }

    /** Adds a constant of floats and returns its name; without a shape it is one number. */
    public String constant(float[] data, long... shape) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * data.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(data);
        return constant(FLOAT, buffer.array(), shape);
    }

    /** Adds one number and returns its name. */
    public String number(double value) {
        return constant(new float[] {(float) value});
    }

    /** Adds a constant list of whole numbers and returns its name. */
    public String list(long... data) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * data.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asLongBuffer().put(data);
        return constant(INT64, buffer.array(), data.length);
    }

    /** An attribute of an operator: one whole number, or several. */
    public record Attribute(String name, boolean list, long... values) {
        /** Returns an attribute of one number. */
        public static Attribute of(String name, long value) {
            return new Attribute(name, false, value);
        }

        /** Returns an attribute of several numbers. */
        public static Attribute list(String name, long... values) {
            return new Attribute(name, true, values);
        }
    }

    /** Adds an operator whose output has a name of its own. */
    public String named(String output, String operator, List<String> inputs, Attribute... attributes) {
        Message node = new Message();
        inputs.forEach(input -> node.text(1, input));
        node.text(2, output).text(4, operator);
        for (Attribute attribute : attributes) {
            Message message = new Message().text(1, attribute.name);
            if (attribute.list) {
                for (long value : attribute.values) {
                    message.number(8, value);
                }
            } else {
                message.number(3, attribute.values[0]);
            }
            node.message(5, message.number(20, attribute.list ? KIND_INTS : KIND_INT));
        }
        graph.message(1, node);
        return output;
    }

    /** Adds an operator and returns the name of its output. */
    public String op(String operator, List<String> inputs, Attribute... attributes) {
        return named("v" + values++, operator, inputs, attributes);
    }

    /** Returns the file. */
    public byte[] bytes() {
        return new Message()
                .number(1, 8)
                .message(7, graph.text(2, "tiny"))
                .message(8, new Message().text(1, "").number(2, 17))
                .bytes
                .toByteArray();
    }
}
