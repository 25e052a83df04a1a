package dev.sluice.rewards.internal;

import dev.sluice.rewards.Sample;
import dev.sluice.rewards.SampleSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads samples on threads of its own, and hands them on in order. No more is begun while as many as allowed wait, by their
 * number or their bytes; the sample that is waited for is always begun first, so that this cannot come to a halt.
 */
public final class ReadAhead implements AutoCloseable {
    private final List<? extends SampleSource> sources;
    private final int window;
    private final long most;
    private final List<Thread> threads = new ArrayList<>();
    private final Map<Integer, Item> waiting = new HashMap<>();
    private int begun;
    private int taken;
    private long held;
    private boolean closed;

    /**
     * A sample, or why there is none.
     *
     * @param sample empty if it could not be read
     * @param fault one sentence; empty if it was read
     */
    public record Item(Optional<Sample> sample, String fault) {
        /** Returns the bytes of its pixels. */
        public long bytes() {
            return sample.map(read -> (long) read.media().rgb().length).orElse(0L);
        }
    }

    /**
     * Starts to read.
     *
     * @param from the index of the first to read
     * @param readers threads
     * @param window the most that may be begun and not taken
     * @param bytes where this many wait, no more are begun
     */
    public ReadAhead(List<? extends SampleSource> sources, int from, int readers, int window, long bytes) {
        this.sources = sources;
        this.window = window;
        this.most = bytes;
        this.begun = from;
        this.taken = from;
        for (int i = 0; i < readers; i++) {
            Thread thread = new Thread(this::read, "reader-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    private void read() {
        for (int index = begin(); index >= 0; index = begin()) {
            Item item = read(sources.get(index));
            synchronized (this) {
                waiting.put(index, item);
                held += item.bytes();
                notifyAll();
            }
        }
    }

    /** Returns the index of a sample to read, or −1 at the end. */
    private synchronized int begin() {
        while (!closed && begun < sources.size() && begun > taken && (begun - taken >= window || held >= most)) {
            try {
                wait();
            } catch (InterruptedException e) {
                return -1;
            }
        }
        return closed || begun == sources.size() ? -1 : begun++;
    }

    private static Item read(SampleSource source) {
        try {
            return new Item(Optional.of(source.read()), "");
        } catch (IOException | RuntimeException e) {
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            return new Item(Optional.empty(), message.replaceAll("\\s+", " "));
        } catch (OutOfMemoryError e) {
            return new Item(Optional.empty(), "It does not fit into memory.");
        } catch (Error e) {
            // Without an item whoever waits for it would wait for ever.
            return new Item(Optional.empty(), e.toString());
        }
    }

    /** Returns the next sample, in order, when it is read. */
    public synchronized Item take() throws IOException {
        while (!waiting.containsKey(taken)) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("Reading was interrupted.", e);
            }
        }
        Item item = waiting.remove(taken++);
        held -= item.bytes();
        notifyAll();
        return item;
    }

    /** Ends reading; a sample that is being read is not waited for. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        threads.forEach(Thread::interrupt);
    }
}
