package dev.sluice.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static final long SECOND = 1_000_000_000L;

    private final StringWriter said = new StringWriter();
    private final AtomicLong now = new AtomicLong();

    private Progress progress(long done, long total) {
        return new Progress(new PrintWriter(said), false, now::get, done, total);
    }

    private void after(int seconds, Progress progress, long done) {
        now.addAndGet(seconds * SECOND);
        progress.done(done, "");
    }

    /** The first took a minute, for the model was opened, each other 20 seconds. */
    @Test
    void timeLeftIsWhatTheLaterOnesTake() {
        try (Progress progress = progress(0, 10)) {
            after(60, progress, 1);
            after(20, progress, 2);
            after(20, progress, 3);
        }
        assertThat(said.toString().lines()).containsExactly("1/10", "2/10  2 min 40 s left", "3/10  2 min 20 s left");
    }

    @Test
    void whatAnEarlierProcessDidDoesNotCount() {
        try (Progress progress = progress(50, 100)) {
            after(90, progress, 51);
            after(60, progress, 61);
            after(234, progress, 100);
        }
        assertThat(said.toString().lines()).containsExactly("51/100", "61/100  3 min 54 s left", "100/100");
    }
}
