package dev.sluice.flow;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A safetensors file: 8 bytes with the length of the header, the header in JSON, the tensors. A large file's tensors that stay as
 * they are stored are memory-mapped: they share the file's pages, and what is written to them goes to pages of their own. All others
 * are streamed to their place in the engine's memory.
 *
 * <p>Everything in the header is checked when the file is opened, before anything of the size it claims is allocated.
 *
 * <p>Source: the format as the safetensors library documents it. Differs: at most 32 dimensions and
 * 500,000 tensors, and the types of {@link StoredType} only.
 */
public final class SafetensorsFile implements AutoCloseable {
    /** One mapping is at most this long, so that files and tensors may be longer than a buffer can. */
    private static final long SEGMENT = 1L << 30;

    /** Bytes that are read at a time on their way to a tensor; few, so that what passes leaves no large holes between tensors. */
    private static final int PIECE = 1 << 20;

    /**
     * Files of so many bytes are mapped. Smaller ones are copied at once: they are adapters and states of a run, which its next
     * checkpoint replaces, and not every system lets go of a file that is mapped.
     */
    private static final long MAPPED_FROM = 64L << 20;

    private final Path file;
    private final FileChannel channel;
    private final SafetensorsHeader header;
    private final long dataStart;
    private final long segment;
    private final FilePages pages;
    /** What was read last; made when a tensor is read, and used again for the next. */
    private ByteBuffer piece;

    private SafetensorsFile(
            Path file, FileChannel channel, SafetensorsHeader header, long dataStart, long segment, FilePages pages) {
        this.file = file;
        this.channel = channel;
        this.header = header;
        this.dataStart = dataStart;
        this.segment = segment;
        this.pages = pages;
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws IOException if it cannot be read or is not a valid safetensors file; the message is one sentence
     */
    public static SafetensorsFile open(Path file) throws IOException {
        return open(file, SEGMENT, MAPPED_FROM);
    }

    /**
     * Opens a file.
     *
     * @param segment the most bytes of one mapping of the JVM's, a multiple of 8
     * @param mappedFrom the least bytes of a file that the engine maps
     */
    static SafetensorsFile open(Path file, long segment, long mappedFrom) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("%s is a folder; expected a safetensors file.".formatted(file));
        }
        if (!Files.exists(file)) {
            throw new IOException("%s is not there.".formatted(file));
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return opened(file, channel, segment, mappedFrom);
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    private static SafetensorsFile opened(Path file, FileChannel channel, long segment, long mappedFrom)
            throws IOException {
        long size = channel.size();
        ByteBuffer start = read(file, channel, 0, (int) Math.min(size, 64));
        FileKind.requireSafetensors(file, start.duplicate());
        if (size < 8) {
            throw SafetensorsHeader.invalid(
                    file, "it has %s bytes, but the length of the header alone takes 8".formatted(size));
        }
        long length = start.order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        if (length < 2 || length > SafetensorsHeader.MAX_BYTES) {
            throw SafetensorsHeader.invalid(
                    file,
                    "its header claims %s bytes; expected 2 to %s"
                            .formatted(Long.toUnsignedString(length), SafetensorsHeader.MAX_BYTES));
        }
        if (length > size - 8) {
            throw SafetensorsHeader.invalid(
                    file,
                    "its header claims %s bytes, but only %s follow; the file may be truncated"
                            .formatted(length, size - 8));
        }
        byte[] json = read(file, channel, 8, (int) length).array();
        if (json[0] != '{') {
            throw SafetensorsHeader.invalid(file, "its header does not begin with a brace");
        }
        SafetensorsHeader header = SafetensorsHeader.parse(file, json, size - 8 - length);
        return new SafetensorsFile(file, channel, header, 8 + length, segment, new FilePages(file, mappedFrom));
    }

    private static ByteBuffer read(Path file, FileChannel channel, long position, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new IOException("%s became shorter while it was read.".formatted(file));
            }
        }
        return buffer.flip();
    }

    /** Returns the file's path. */
    public Path path() {
        return file;
    }

    /** Returns the names of the tensors, sorted. */
    public Set<String> names() {
        return header.entries().keySet();
    }

    /** Returns the texts under {@code __metadata__}; empty if there are none. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** Returns the shape of a tensor. */
    public Shape shape(String name) throws IOException {
        return new Shape(entry(name).shape());
    }

    /** Returns the element type of a tensor. */
    public StoredType dtype(String name) throws IOException {
        return entry(name).type();
    }

    /** Returns the number of bytes of a tensor. */
    public long bytes(String name) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        return entry.end() - entry.begin();
    }

    /** Returns whether a tensor that is wanted as it is stored is mapped: its bytes take memory when they are used. */
    public boolean mapped(String name) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        return pages.maps(entry.type(), dataStart + entry.begin());
    }

    /** Reads a tensor; one of any floating type becomes float32. The result belongs to {@code manager}. */
    public NDArray read(NDManager manager, String name) throws IOException {
        return read(manager, name, Precision.FLOAT32);
    }

    /**
     * Reads a tensor; one of any floating type is rounded to a precision. The result belongs to {@code manager}; it is read
     * straight into its memory, or piece by piece where it is converted or goes to a GPU, so that no second copy of the tensor is
     * in memory at any time.
     */
    public NDArray read(NDManager manager, String name, Precision precision) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        StoredType type = entry.type();
        return read(manager, entry, type.isFloating() ? StoredType.of(precision) : type);
    }

    /**
     * Reads a tensor in the type it is stored in; the result belongs to {@code manager}. A bfloat16 array serves as
     * operand of the operators of {@link Ops} only: the engine's Java side knows no such type.
     */
    public NDArray readStored(NDManager manager, String name) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        return read(manager, entry, entry.type());
    }

    private synchronized NDArray read(NDManager manager, SafetensorsHeader.Entry entry, StoredType wanted)
            throws IOException {
        try (NDManager scratch = manager.newSubManager();
                NDManager host = Torch.newManager()) {
            boolean asItIs = wanted == entry.type()
                    && wanted.storedAsHeld()
                    && scratch.getDevice().equals(Device.cpu());
            Optional<NDArray> mapped = asItIs
                    ? pages.part(scratch, wanted, dataStart + entry.begin(), entry.elements())
                    : Optional.empty();
            NDArray whole = mapped.isPresent() ? mapped.get() : copied(scratch, host, entry, wanted, asItIs);
            NDArray shaped = whole.reshape(new Shape(entry.shape()));
            shaped.attach(manager);
            return shaped;
        }
    }

    private NDArray copied(
            NDManager scratch, NDManager host, SafetensorsHeader.Entry entry, StoredType wanted, boolean asItIs)
            throws IOException {
        NDArray code = scratch.create(new long[] {entry.elements(), wanted.arrayEngineCode()});
        NDArray whole = Ops.call("blank", null, code);
        if (asItIs) {
            fill(host, entry, whole);
        } else {
            decode(host, entry, whole);
        }
        return whole;
    }

    /** Reads into the array's own memory. */
    private void fill(NDManager host, SafetensorsHeader.Entry entry, NDArray whole) throws IOException {
        long most = segment / entry.type().bytes();
        for (long done = 0; done < entry.elements(); ) {
            long count = Math.min(most, entry.elements() - done);
            try (NDManager step = host.newSubManager()) {
                NDArray place = step.create(new long[] {done, count});
                ByteBuffer memory = Ops.call("part", null, place, whole).toByteBuffer(true);
                read(memory, entry.begin() + done * entry.type().bytes());
            }
            done += count;
        }
    }

    /** Reads piece by piece and converts each on its way. */
    private void decode(NDManager host, SafetensorsHeader.Entry entry, NDArray whole) throws IOException {
        long done = 0;
        for (long position = entry.begin(); position < entry.end(); ) {
            int length = (int) Math.min(Math.min(segment, PIECE), entry.end() - position);
            try (NDManager step = host.newSubManager()) {
                // The array shares the piece, which the operator has copied when it returns.
                NDArray bytes = step.create(piece(position, length), new Shape(length), DataType.UINT8);
                NDArray place = step.create(new long[] {done, entry.type().engineCode()});
                Ops.call("decode_into", null, place, whole, bytes);
            }
            done += length / entry.type().bytes();
            position += length;
        }
    }

    private ByteBuffer piece(long begin, int length) throws IOException {
        if (piece == null || piece.capacity() < length) {
            piece = ByteBuffer.allocateDirect(length);
        }
        ByteBuffer bytes = piece.duplicate().clear().limit(length);
        read(bytes, begin);
        return bytes.flip();
    }

    /** Fills a buffer with the bytes from a place among the tensors on. */
    private void read(ByteBuffer bytes, long begin) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, dataStart + begin + bytes.position()) < 0) {
                throw new IOException("%s became shorter while it was read.".formatted(file));
            }
        }
    }

    private MappedByteBuffer map(long begin, long length) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, dataStart + begin, length);
    }

    /** Writes a tensor's bytes as they are stored to the end of another file. */
    void copy(String name, FileChannel target) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        long position = entry.begin();
        while (position < entry.end()) {
            long copied = channel.transferTo(dataStart + position, entry.end() - position, target);
            if (copied <= 0) {
                throw new IOException("%s became shorter while it was read.".formatted(file));
            }
            position += copied;
        }
    }

    /** Reads a tensor of any type as numbers in float precision, without the tensor engine. */
    public float[] floats(String name) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        float[] values = new float[count(name, entry)];
        Numbers numbers = new Numbers(entry);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) numbers.real(i);
        }
        return values;
    }

    /** Reads a tensor of integers or truth values, without the tensor engine. */
    public long[] longs(String name) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        if (entry.type().isFloating()) {
            throw new IOException(
                    "%s: tensor %s has the type %s; expected integers.".formatted(file, name, entry.type()));
        }
        long[] values = new long[count(name, entry)];
        Numbers numbers = new Numbers(entry);
        for (int i = 0; i < values.length; i++) {
            values[i] = numbers.integer(i);
        }
        return values;
    }

    private int count(String name, SafetensorsHeader.Entry entry) throws IOException {
        if (entry.elements() > Integer.MAX_VALUE - 8) {
            throw new IOException("%s: tensor %s has %s elements, more than a Java array holds."
                    .formatted(file, name, entry.elements()));
        }
        return (int) entry.elements();
    }

    /** The elements of one tensor, over as many mappings as it needs. */
    private final class Numbers {
        private final SafetensorsHeader.Entry entry;
        private final long perSegment;
        private final ByteBuffer[] segments;

        Numbers(SafetensorsHeader.Entry entry) throws IOException {
            this.entry = entry;
            this.perSegment = segment / entry.type().bytes();
            this.segments = new ByteBuffer[Math.toIntExact((entry.end() - entry.begin() + segment - 1) / segment)];
            for (int i = 0; i < segments.length; i++) {
                long begin = entry.begin() + i * segment;
                segments[i] = map(begin, Math.min(segment, entry.end() - begin)).order(ByteOrder.LITTLE_ENDIAN);
            }
        }

        double real(int index) {
            ByteBuffer bytes = segments[(int) (index / perSegment)];
            int at = (int) (index % perSegment) * entry.type().bytes();
            return switch (entry.type()) {
                case F64 -> bytes.getDouble(at);
                case F32 -> bytes.getFloat(at);
                case F16 -> StoredType.half(bytes.getShort(at));
                case BF16 -> Float.intBitsToFloat(bytes.getShort(at) << 16);
                default -> integer(index);
            };
        }

        long integer(int index) {
            ByteBuffer bytes = segments[(int) (index / perSegment)];
            int at = (int) (index % perSegment) * entry.type().bytes();
            return switch (entry.type()) {
                case I64 -> bytes.getLong(at);
                case I32 -> bytes.getInt(at);
                case I16 -> bytes.getShort(at);
                case I8 -> bytes.get(at);
                case U8 -> bytes.get(at) & 0xFF;
                case BOOL -> bytes.get(at) != 0 ? 1 : 0;
                default -> throw new IllegalStateException(entry.type().name());
            };
        }
    }

    private SafetensorsHeader.Entry entry(String name) throws IOException {
        SafetensorsHeader.Entry entry = header.entries().get(name);
        if (entry == null) {
            throw new IOException("%s has no tensor named %s.".formatted(file, name));
        }
        return entry;
    }

    /** Returns whether there is a tensor of that name. */
    public boolean contains(String name) {
        return header.entries().containsKey(name);
    }

    @Override
    public synchronized void close() throws IOException {
        pages.close();
        channel.close();
    }

    @Override
    public String toString() {
        return "SafetensorsFile[" + file + ", " + names().size() + " tensors]";
    }
}
