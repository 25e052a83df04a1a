package dev.sluice.flow.tensor;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Threads that work on several chunks at a time. A small model leaves most of a second operator thread idle, and a second
 * chunk does not; so on a CPU chunks are what runs in parallel, and one operator thread serves each.
 *
 * <p>What a chunk computes depends on the chunk alone, and results are taken in the order of the chunks by the thread that
 * called; so neither the number of lanes nor their timing changes a number. One lane is no exception: it works the same way.
 *
 * <p>Memory: a lane takes up its next chunk when the result of its last one has been taken, so as many chunks as there are
 * lanes hold memory at a time. The modes of the engine belong to a thread: work that wants no gradients says so itself.
 */
public final class Lanes implements AutoCloseable {
    private final List<ExecutorService> threads = new ArrayList<>();

    /** Starts so many lanes, at least 1; each operator has {@link Torch#threads()} threads. */
    public Lanes(int count) {
        Require.atLeast("lanes", count, 1);
        int operatorThreads = Torch.threads();
        for (int i = 0; i < count; i++) {
            String name = "sluice-lane-" + i;
            threads.add(Executors.newSingleThreadExecutor(task -> {
                Thread thread = new Thread(
                        () -> {
                            // Each thread of OpenMP's has a number of its own.
                            Torch.threads(operatorThreads);
                            task.run();
                        },
                        name);
                thread.setDaemon(true);
                return thread;
            }));
        }
    }

    /**
     * Shares the processor's cores among lanes and operators, and starts the lanes.
     *
     * @param lanes how many; 0 for one on each core, or a single one where the device is no CPU
     * @param most lanes that there is work for; there are no more of them
     * @param operatorThreads threads of an operator; 0 for the cores that fall to a lane
     */
    public static Lanes open(int lanes, int most, int operatorThreads, Device device) {
        int cores = Runtime.getRuntime().availableProcessors();
        int wanted = lanes > 0 ? lanes : device.isGpu() ? 1 : cores;
        int count = Math.max(1, Math.min(wanted, most));
        Torch.threads(operatorThreads > 0 ? operatorThreads : Math.max(1, cores / count));
        return new Lanes(count);
    }

    /** Returns the number of lanes. */
    public int count() {
        return threads.size();
    }

    /** What a chunk's work knows of its lane. */
    public interface Lane {
        /** Returns the lane's number, from 0. */
        int number();

        /**
         * Runs something soon on the thread that called {@link Lanes#run}, before the result of this chunk is taken.
         *
         * @throws CancellationException if the run has failed elsewhere, so that this chunk's work is in vain
         */
        void tell(Runnable notice);
    }

    /** The work of a chunk, on a lane. */
    @FunctionalInterface
    public interface Work<T> {
        /** Does it. */
        T run(Lane lane, int item);
    }

    /** Takes a chunk's result, on the thread that called. */
    @FunctionalInterface
    public interface Taker<T> {
        /** Takes it; the lane that made it waits. */
        void take(int item, T result);
    }

    /**
     * Works on {@code items} chunks. When it returns, or throws, no lane is at work any more.
     *
     * <p>A failure of a chunk, of the taker or of a notice is thrown as it was; chunks that were not begun are left out, and
     * those at work run on to their end or to their next {@link Lane#tell}. It must not be called from a lane.
     *
     * @param taker is called for every chunk, in order
     */
    public <T> void run(int items, Work<T> work, Taker<T> taker) {
        new Run<>(items, work, taker).finish();
    }

    /** What a lane reports. */
    private record Event<T>(int lane, int item, T result, Throwable failure, Runnable notice) {}

    /** One call of {@link #run}; but for the queue and the flag, only the calling thread touches it. */
    private final class Run<T> {
        private final int items;
        private final Work<T> work;
        private final Taker<T> taker;
        private final BlockingQueue<Event<T>> events = new LinkedBlockingQueue<>();
        private final Map<Integer, Event<T>> finished = new HashMap<>();
        private int begun;
        private int taken;
        private int active;
        private Throwable failure;
        private volatile boolean stopped;

        Run(int items, Work<T> work, Taker<T> taker) {
            this.items = items;
            this.work = work;
            this.taker = taker;
        }

        void finish() {
            for (int lane = 0; lane < count(); lane++) {
                begin(lane);
            }
            boolean interrupted = false;
            while (active > 0) {
                try {
                    handle(events.take());
                } catch (InterruptedException e) {
                    interrupted = true;
                    fail(new CancellationException("The work was interrupted."));
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
        }

        private void begin(int lane) {
            if (stopped || begun == items) {
                return;
            }
            int item = begun++;
            active++;
            threads.get(lane).execute(() -> events.add(result(lane, item)));
        }

        private Event<T> result(int lane, int item) {
            try {
                return new Event<>(lane, item, work.run(new Teller(lane, item), item), null, null);
            } catch (RuntimeException | Error e) {
                return new Event<>(lane, item, null, e, null);
            }
        }

        private void handle(Event<T> event) {
            if (event.notice() != null) {
                guarded(event.notice());
                return;
            }
            active--;
            if (event.failure() != null) {
                fail(event.failure());
                return;
            }
            finished.put(event.item(), event);
            for (Event<T> next = finished.remove(taken); next != null; next = finished.remove(taken)) {
                T result = next.result();
                guarded(() -> taker.take(taken, result));
                taken++;
                begin(next.lane());
            }
        }

        private void guarded(Runnable part) {
            if (stopped) {
                return;
            }
            try {
                part.run();
            } catch (RuntimeException | Error e) {
                fail(e);
            }
        }

        /** The first failure counts; what others say of being stopped follows from it. */
        private void fail(Throwable cause) {
            stopped = true;
            if (failure == null) {
                failure = cause;
            } else if (cause != failure && !(cause instanceof CancellationException)) {
                failure.addSuppressed(cause);
            }
        }

        private final class Teller implements Lane {
            private final int lane;
            private final int item;

            Teller(int lane, int item) {
                this.lane = lane;
                this.item = item;
            }

            @Override
            public int number() {
                return lane;
            }

            @Override
            public void tell(Runnable notice) {
                if (stopped) {
                    throw new CancellationException("Another chunk failed.");
                }
                events.add(new Event<>(lane, item, null, null, notice));
            }
        }
    }

    /** Lets the threads end. */
    @Override
    public void close() {
        threads.forEach(ExecutorService::shutdown);
    }
}
