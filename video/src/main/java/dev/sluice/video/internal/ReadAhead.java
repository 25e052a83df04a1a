package dev.sluice.video.internal;

import dev.sluice.video.VideoFrame;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Decodes on a thread of its own, a bounded number of frames ahead of who reads them. The source is used by that thread or,
 * while it is stopped, by the reader; a thread that is stuck in the decoder closes the source itself when it comes out.
 */
public final class ReadAhead implements AutoCloseable {
    /** How long a decoder may take to notice that it is to stop, before it is left to itself. */
    private static final long STOP_MILLIS = 2_000;

    private final FrameSource source;
    private final Path file;
    private final int ahead;
    private final long patienceNanos;
    private Worker worker;
    private boolean ended;
    private boolean closed;
    private IOException failure;

    /** Creates a reader ahead; no thread is started before the first frame is asked for. */
    public ReadAhead(FrameSource source, Path file, int ahead, Duration patience) {
        this.source = source;
        this.file = file;
        this.ahead = ahead;
        this.patienceNanos = patience.toNanos();
    }

    /** What the thread hands over: a frame, the end (no frame), or why there is none. */
    private record Item(Optional<VideoFrame> frame, Throwable failure) {}

    /** Returns the next frame, or nothing after the last one. */
    public Optional<VideoFrame> next() throws IOException {
        if (closed) {
            throw new IllegalStateException("The reader of %s is closed.".formatted(file));
        }
        if (failure != null) {
            throw new IOException(failure.getMessage(), failure);
        }
        if (ended) {
            return Optional.empty();
        }
        Optional<VideoFrame> frame;
        try {
            frame = ahead == 0 ? source.next() : fromWorker();
        } catch (IOException e) {
            failure = e;
            throw e;
        }
        ended = frame.isEmpty();
        return frame;
    }

    private Optional<VideoFrame> fromWorker() throws IOException {
        if (worker == null) {
            worker = new Worker(source, file, ahead);
            worker.start();
        }
        Item item;
        try {
            item = worker.items.poll(patienceNanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Reading %s was interrupted.".formatted(file));
        }
        if (item == null) {
            throw new IOException(
                    "%s gave no frame within %s s; it may be damaged.".formatted(file, patienceNanos / 1e9));
        }
        if (item.failure instanceof IOException e) {
            throw e;
        }
        if (item.failure instanceof RuntimeException e) {
            throw e;
        }
        if (item.failure instanceof Error e) {
            throw e;
        }
        return item.frame;
    }

    /** Stops decoding; frames that were decoded ahead are dropped. What comes next is where the source then stands. */
    public void stop() throws IOException {
        if (worker != null && !worker.end(false)) {
            throw new IOException("%s keeps its decoder busy; it may be damaged.".formatted(file));
        }
        worker = null;
        ended = false;
        failure = null;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (worker == null) {
            source.close();
        } else {
            worker.end(true);
        }
    }

    /** The thread. */
    private static final class Worker extends Thread {
        private final FrameSource source;
        private final BlockingQueue<Item> items;
        private volatile boolean stopping;
        private boolean closeAtEnd;
        private boolean over;

        Worker(FrameSource source, Path file, int ahead) {
            super("decode " + file.getFileName());
            this.source = source;
            items = new ArrayBlockingQueue<>(ahead);
            setDaemon(true);
        }

        @Override
        public void run() {
            try {
                boolean more = true;
                while (more && !stopping) {
                    Item item = item();
                    more = item.frame.isPresent();
                    while (!stopping && !items.offer(item, 20, TimeUnit.MILLISECONDS)) {
                        continue; // who reads is slower
                    }
                }
            } catch (InterruptedException e) {
                stopping = true; // nobody else interrupts this thread
            } finally {
                synchronized (this) {
                    over = true;
                    if (closeAtEnd) {
                        source.close();
                    }
                    notifyAll();
                }
            }
        }

        private Item item() {
            try {
                return new Item(source.next(), null);
            } catch (IOException | RuntimeException | Error e) {
                return new Item(Optional.empty(), e);
            }
        }

        /** Ends the thread; returns false if it is stuck. Closes the source, then or later, if that is wanted. */
        synchronized boolean end(boolean close) {
            stopping = true;
            items.clear();
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_MILLIS);
            boolean interrupted = false;
            while (!over) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    break;
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (close && over) {
                source.close();
            } else if (close) {
                closeAtEnd = true;
            }
            return over;
        }
    }
}
