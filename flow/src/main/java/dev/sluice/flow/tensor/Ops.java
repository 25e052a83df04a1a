package dev.sluice.flow.tensor;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtModel;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The networks and operators that are written as TorchScript in this package's {@code .py} resources, compiled by the
 * engine at first use.
 *
 * <p>Memory: results belong to the manager of the first argument. Gradients flow through every method; open
 * {@link Torch#noGradient()} where none are wanted.
 *
 * <p>Several threads may call at a time, also with the same weights. An array must not be an argument in one thread while it is
 * an entry of a dictionary in another: its name says which it is.
 */
public final class Ops {
    /** The parts of the one TorchScript class; each holds methods on a subject. */
    private static final List<String> PARTS = List.of(
            "ops",
            "storage",
            "training",
            "sd3",
            "flux",
            "wan",
            "wan_stream",
            "t5",
            "clip",
            "vae",
            "wan_vae",
            "idm",
            "reward_model");

    /** The pickle (protocol 2) of an object of class {@code __torch__.Ops} with training and _is_full_backward_hook unset. */
    private static final byte[] DATA = objectPickle();

    private static final byte[] EMPTY_TUPLE = {(byte) 0x80, 2, ')', '.'};

    /** Arrays whose names begin so reach a method as one dictionary. */
    static final String WEIGHTS = "p.";

    private static final Map<String, NDArray> MARKERS = new ConcurrentHashMap<>();

    private Ops() {}

    private static byte[] objectPickle() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        // PROTO 2; GLOBAL '__torch__ Ops'; EMPTY_TUPLE; NEWOBJ; EMPTY_DICT; MARK; 'training' False;
        // '_is_full_backward_hook' None; SETITEMS; BUILD; STOP
        out.writeBytes(new byte[] {(byte) 0x80, 2});
        out.writeBytes("c__torch__\nOps\n".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[] {')', (byte) 0x81, '}', '('});
        writeString(out, "training");
        out.write(0x89);
        writeString(out, "_is_full_backward_hook");
        out.write('N');
        out.writeBytes(new byte[] {'u', 'b', '.'});
        return out.toByteArray();
    }

    private static void writeString(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        out.write('X');
        out.writeBytes(new byte[] {(byte) bytes.length, 0, 0, 0});
        out.writeBytes(bytes);
    }

    /** Compiled on first use, and kept for the life of the process. */
    private static final class Compiled {
        static final Model MODEL = compile();

        private static Model compile() {
            Torch.prepareThread();
            Model model = Model.newInstance("ops", "PyTorch");
            try {
                ((PtModel) model).load(new ByteArrayInputStream(archive()), Map.of());
            } catch (IOException | MalformedModelException e) {
                throw new IllegalStateException("The TorchScript operators did not compile: " + e.getMessage(), e);
            }
            return model;
        }
    }

    /**
     * Calls a method that takes tensors and returns one.
     *
     * @param method the name of a method in one of the resources
     * @param weights what the method receives as its last argument, a dictionary; or null if it takes none
     * @param arguments the tensors before it, in order; the first must not be a weight, since it lends its manager
     */
    public static NDArray call(String method, Weights weights, NDArray... arguments) {
        NDList list = callAll(method, weights, arguments);
        return list.get(0);
    }

    /** Calls a method that takes tensors and returns several. */
    public static NDList callAll(String method, Weights weights, NDArray... arguments) {
        return callAll(method, weights, Map.of(), arguments);
    }

    /**
     * Calls a method that takes tensors and returns several.
     *
     * @param more entries of the dictionary beside the weights, of other names
     */
    public static NDList callAll(String method, Weights weights, Map<String, NDArray> more, NDArray... arguments) {
        Torch.prepareThread();
        NDList inputs = new NDList(arguments.length + 1);
        for (NDArray argument : arguments) {
            // A weight may be an argument of one call and an entry of the next; its name says which.
            argument.setName(null);
            inputs.add(argument);
        }
        if (weights != null) {
            weights.asMap().forEach((name, array) -> {
                array.setName(WEIGHTS + name);
                inputs.add(array);
            });
        }
        more.forEach((name, array) -> {
            array.setName(WEIGHTS + name);
            inputs.add(array);
        });
        inputs.add(MARKERS.computeIfAbsent(method, Ops::marker));
        return IValueUtils.forward((PtSymbolBlock) Compiled.MODEL.getBlock(), inputs, true);
    }

    private static NDArray marker(String method) {
        NDArray marker = Compiled.MODEL.getNDManager().create(0f);
        marker.setName("module_method:" + method);
        return marker;
    }

    private static byte[] archive() {
        StringBuilder code = new StringBuilder("""
            class Ops(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              _is_full_backward_hook : Optional[bool]
            """);
        for (String part : PARTS) {
            code.append(resource(part + ".py")).append('\n');
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "ops/data.pkl", DATA);
            store(zip, "ops/code/__torch__.py", code.toString().getBytes(StandardCharsets.UTF_8));
            store(zip, "ops/constants.pkl", EMPTY_TUPLE);
            store(zip, "ops/version", "10\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static String resource(String name) {
        try (InputStream in = Ops.class.getResourceAsStream(name)) {
            if (in == null) {
                return "";
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The engine maps archives and reads no compressed entries. */
    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
