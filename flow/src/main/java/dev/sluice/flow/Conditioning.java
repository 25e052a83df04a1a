package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What a batch is conditioned on: the encoded text and, from image to video, a picture.
 *
 * @param tokens text states, shape (B, L, D), float32
 * @param pooled one vector for each text, shape (B, P), float32; P is 0 where a family has none
 * @param picture empty, or the channels that are joined to the latents, shape (B, C, ...), and, where the network sees them, a
 *     vision model's states, shape (B, L', D'), float32
 */
public record Conditioning(NDArray tokens, NDArray pooled, List<NDArray> picture) implements AutoCloseable {
    public Conditioning {
        Require.shape("tokens", tokens, -1, -1, -1);
        long batch = tokens.getShape().get(0);
        Require.shape("pooled", pooled, batch, -1);
        picture = List.copyOf(picture);
        for (NDArray array : picture) {
            if (array.getShape().get(0) != batch) {
                throw new IllegalArgumentException(
                        "picture has shape %s; expected %s rows.".formatted(array.getShape(), batch));
            }
        }
    }

    /** What is conditioned on text alone. */
    public Conditioning(NDArray tokens, NDArray pooled) {
        this(tokens, pooled, List.of());
    }

    /**
     * Returns the same texts with a picture; owned by {@code owner}.
     *
     * @param arrays of one picture, whose first axis is 1; every sample gets it
     */
    public Conditioning with(NDManager owner, List<NDArray> arrays) {
        List<NDArray> all = new ArrayList<>();
        for (NDArray array : arrays) {
            NDArray repeated = array.repeat(0, size());
            repeated.attach(owner);
            all.add(repeated);
        }
        NDArray texts = tokens.duplicate();
        NDArray vectors = pooled.duplicate();
        owner.attachAll(texts, vectors);
        return new Conditioning(texts, vectors, all);
    }

    /**
     * Returns the same texts, each with a picture of its own; owned by {@code owner}.
     *
     * @param pictures for each sample its arrays, whose first axis is 1
     */
    public Conditioning withEach(NDManager owner, List<List<NDArray>> pictures) {
        if (pictures.size() != size()) {
            throw new IllegalArgumentException(
                    "pictures (%s) must be as many as texts (%s).".formatted(pictures.size(), size()));
        }
        List<NDArray> all = new ArrayList<>();
        for (int array = 0; array < pictures.get(0).size(); array++) {
            NDList rows = new NDList();
            for (List<NDArray> arrays : pictures) {
                rows.add(arrays.get(array));
            }
            NDArray first = rows.get(0);
            NDArray joined = rows.size() == 1
                    ? first.duplicate()
                    : first.getNDArrayInternal().concat(new NDList(rows.subList(1, rows.size())), 0);
            joined.attach(owner);
            all.add(joined);
        }
        NDArray texts = tokens.duplicate();
        NDArray vectors = pooled.duplicate();
        owner.attachAll(texts, vectors);
        return new Conditioning(texts, vectors, all);
    }

    /** Returns the number of samples. */
    public int size() {
        return Math.toIntExact(tokens.getShape().get(0));
    }

    /** Returns the rows in that order, repeats allowed; owned by {@code owner}. */
    public Conditioning rows(NDManager owner, int... rows) {
        try (NDArray index = owner.create(rows)) {
            return made(owner, i -> arrays().get(i).get(new NDIndex("{}", index)));
        }
    }

    /** Returns this batch followed by another; owned by {@code owner}. */
    public Conditioning followedBy(NDManager owner, Conditioning next) {
        if (picture.size() != next.picture.size()) {
            throw new IllegalArgumentException("next has a picture of %s arrays and this of %s; they must be equal."
                    .formatted(next.picture.size(), picture.size()));
        }
        return made(
                owner,
                i -> arrays().get(i)
                        .getNDArrayInternal()
                        .concat(new NDList(next.arrays().get(i)), 0));
    }

    /** Returns a single row repeated; owned by {@code owner}. */
    public Conditioning repeated(NDManager owner, int times) {
        Require.shape("tokens", tokens, 1, -1, -1);
        return made(owner, i -> arrays().get(i).repeat(0, times));
    }

    /** Makes one array of each of {@link #arrays()}. */
    private Conditioning made(NDManager owner, IntFunction<NDArray> maker) {
        List<NDArray> made = new ArrayList<>();
        for (int i = 0; i < 2 + picture.size(); i++) {
            NDArray array = maker.apply(i);
            array.attach(owner);
            made.add(array);
        }
        return new Conditioning(made.get(0), made.get(1), made.subList(2, made.size()));
    }

    /** Returns all arrays. */
    public List<NDArray> arrays() {
        List<NDArray> arrays = new ArrayList<>(List.of(tokens, pooled));
        arrays.addAll(picture);
        return arrays;
    }

    @Override
    public void close() {
        arrays().forEach(NDArray::close);
    }
}
