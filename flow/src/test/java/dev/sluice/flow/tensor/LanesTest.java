package dev.sluice.flow.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LanesTest {
    @BeforeAll
    static void oneThread() {
        Torch.threads(1);
    }

    @ParameterizedTest(name = "{0} lanes")
    @ValueSource(ints = {1, 2, 3, 8})
    void resultsAreTakenInOrderByTheCallerWhateverIsReadyFirst(int count) {
        Thread caller = Thread.currentThread();
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        List<Integer> taken = new ArrayList<>();
        List<Integer> heard = new ArrayList<>();
        AtomicInteger waiting = new AtomicInteger();
        try (Lanes lanes = new Lanes(count)) {
            lanes.run(
                    20,
                    (lane, item) -> {
                        assertThat(waiting.incrementAndGet()).isLessThanOrEqualTo(count);
                        workers.add(Thread.currentThread());
                        sleep(item % 3 == 0 ? 6 : 1);
                        lane.tell(() -> {
                            assertThat(Thread.currentThread()).isSameAs(caller);
                            assertThat(taken).doesNotContain(item);
                            heard.add(item);
                        });
                        return item * item;
                    },
                    (item, square) -> {
                        waiting.decrementAndGet();
                        assertThat(Thread.currentThread()).isSameAs(caller);
                        assertThat(square).isEqualTo(item * item);
                        taken.add(item);
                    });
            lanes.run(0, (lane, item) -> item, (item, result) -> taken.add(-1));
        }
        assertThat(taken).hasSize(20).isSorted();
        assertThat(heard).hasSize(20);
        assertThat(workers).hasSize(count).doesNotContain(caller);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void lanesWorkAtTheSameTime() {
        CountDownLatch both = new CountDownLatch(2);
        try (Lanes lanes = new Lanes(2)) {
            lanes.run(
                    2,
                    (lane, item) -> {
                        both.countDown();
                        try {
                            both.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        return item;
                    },
                    (item, result) -> {});
        }
        assertThat(both.getCount()).isZero();
    }

    @ParameterizedTest(name = "{0} lanes")
    @ValueSource(ints = {1, 2, 3})
    void aFailureReachesTheCallerAsItWasAndTheLanesGoOnToTheNextRun(int count) {
        IllegalStateException failure = new IllegalStateException("chunk 4");
        AtomicInteger atWork = new AtomicInteger();
        List<Integer> taken = new ArrayList<>();
        try (Lanes lanes = new Lanes(count)) {
            assertThatThrownBy(() -> lanes.run(
                            100,
                            (lane, item) -> {
                                atWork.incrementAndGet();
                                try {
                                    if (item == 4) {
                                        throw failure;
                                    }
                                    sleep(2);
                                    return item;
                                } finally {
                                    atWork.decrementAndGet();
                                }
                            },
                            (item, result) -> taken.add(item)))
                    .isSameAs(failure);
            assertThat(atWork).as("no lane is at work any more").hasValue(0);
            assertThat(taken).doesNotContain(4).hasSizeLessThan(5).isSorted();
            assertThatThrownBy(() -> lanes.run(100, (lane, item) -> item, (item, result) -> {
                        throw new OutOfMemoryError("taker");
                    }))
                    .isInstanceOf(OutOfMemoryError.class)
                    .hasMessage("taker");
            taken.clear();
            lanes.run(3, (lane, item) -> item, (item, result) -> taken.add(item));
            assertThat(taken).containsExactly(0, 1, 2);
        }
    }

    @Test
    void aNoticeThatFailsStopsTheOthersAtTheirNext() {
        AtomicInteger steps = new AtomicInteger();
        try (Lanes lanes = new Lanes(2)) {
            assertThatThrownBy(() -> lanes.run(
                            2,
                            (lane, item) -> {
                                for (int step = 0; step < 10_000; step++) {
                                    steps.incrementAndGet();
                                    sleep(1);
                                    lane.tell(() -> {
                                        if (item == 0) {
                                            throw new CancellationException("enough");
                                        }
                                    });
                                }
                                return item;
                            },
                            (item, result) -> {}))
                    .isInstanceOf(CancellationException.class)
                    .hasMessage("enough");
        }
        assertThat(steps.get()).isLessThan(2_000);
    }

    @Test
    void anInterruptEndsTheRunAndStaysOnTheThread() {
        try (Lanes lanes = new Lanes(2)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> lanes.run(50, (lane, item) -> item, (item, result) -> {}))
                    .isInstanceOf(CancellationException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void coresAreSharedAmongLanesAndOperators() {
        int cores = Runtime.getRuntime().availableProcessors();
        try (Lanes all = Lanes.open(0, 100, 0, Device.cpu())) {
            assertThat(all.count()).isEqualTo(Math.min(100, cores));
            assertThat(Torch.threads()).isEqualTo(Math.max(1, cores / all.count()));
        }
        try (Lanes few = Lanes.open(0, 1, 0, Device.cpu())) {
            assertThat(few.count()).isEqualTo(1);
            assertThat(Torch.threads()).isEqualTo(cores);
        }
        try (Lanes named = Lanes.open(3, 100, 2, Device.cpu())) {
            assertThat(named.count()).isEqualTo(3);
            assertThat(Torch.threads()).isEqualTo(2);
        }
        try (Lanes gpu = Lanes.open(0, 100, 1, Device.gpu(0))) {
            assertThat(gpu.count()).isEqualTo(1);
        }
    }

    /**
     * An operator of a lane computes on the lane's own thread: the process takes no more CPU time than the lane does. The compiler
     * and the garbage collector of the JVM take some of it now and then, so the best of a few goes counts; a second thread of an
     * operator would take it in every one.
     */
    @Test
    void anOperatorOfALaneHasTheThreadsThatWereSetBefore() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Torch.threads(1);
        try (Lanes lanes = new Lanes(1);
                NDManager manager = Torch.newManager()) {
            lanes.run(
                    1,
                    (lane, item) -> {
                        assertThat(Torch.threads()).isEqualTo(1);
                        try (NDManager scratch = manager.newSubManager()) {
                            NDArray matrix = NoiseSource.of(1).gaussian(scratch, new Shape(600, 600));
                            matrix.matMul(matrix);
                            double least = Double.POSITIVE_INFINITY;
                            for (int go = 0; go < 8; go++) {
                                long own = threads.getCurrentThreadCpuTime();
                                long all = process.getProcessCpuTime();
                                for (int i = 0; i < 10; i++) {
                                    matrix.matMul(matrix);
                                }
                                own = threads.getCurrentThreadCpuTime() - own;
                                all = process.getProcessCpuTime() - all;
                                least = Math.min(least, (double) all / own);
                            }
                            assertThat(least).isLessThan(1.5);
                        }
                        return item;
                    },
                    (item, result) -> {});
        }
    }

    /** The modes of the engine are a thread's own, so a lane must not inherit those of the caller by chance. */
    @Test
    void gradientsAreOnInALaneUntilItsWorkSwitchesThemOff() {
        try (Lanes lanes = new Lanes(2);
                Torch.Scope off = Torch.noGradient()) {
            lanes.run(
                    4,
                    (lane, item) -> {
                        boolean before = JniUtils.isGradMode();
                        try (Torch.Scope scope = Torch.noGradient()) {
                            assertThat(JniUtils.isGradMode()).isFalse();
                        }
                        return before && JniUtils.isGradMode();
                    },
                    (item, on) -> assertThat(on).isTrue());
            assertThat(JniUtils.isGradMode()).isFalse();
        }
    }
}
