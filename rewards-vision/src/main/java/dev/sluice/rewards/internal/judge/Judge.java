package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.RewardUnavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/** Asks a model many questions side by side, never one whose answer is kept. */
final class Judge implements AutoCloseable {
    private final JudgeClient client;
    private final Optional<AnswerCache> cache;
    private final ExecutorService workers;

    Judge(JudgeClient client, Optional<AnswerCache> cache, int concurrency) {
        this.client = client;
        this.cache = cache;
        workers = Executors.newFixedThreadPool(concurrency, task -> {
            Thread made = new Thread(task, "sluice-judge");
            made.setDaemon(true);
            return made;
        });
    }

    /**
     * What is asked, and how its answer is read.
     *
     * @param request makes the question, so that only as many pictures are encoded at once as are sent
     * @param reminder is added to the question where the answer could not be read, once; empty for never
     * @param reading throws an {@link AnswerFault} if the answer does not hold what was asked for
     */
    record Question<T>(Supplier<ChatRequest> request, String reminder, Function<ChatAnswer, T> reading) {}

    /**
     * What became of a question.
     *
     * @param value what was read; null if there is a fault
     * @param fault why nothing was; empty if something was
     */
    record Verdict<T>(T value, String fault) {
        boolean valid() {
            return fault.isEmpty();
        }
    }

    /**
     * Asks all questions, as many at once as there are workers.
     *
     * @return one for each question, in order
     * @throws RewardUnavailable if the judge cannot be asked at all
     */
    <T> List<Verdict<T>> ask(List<Question<T>> questions) {
        List<Future<Verdict<T>>> futures = new ArrayList<>();
        boolean whole = false;
        try {
            for (Question<T> question : questions) {
                futures.add(workers.submit(() -> verdict(question)));
            }
            List<Verdict<T>> verdicts = new ArrayList<>();
            for (Future<Verdict<T>> future : futures) {
                verdicts.add(future.get());
            }
            whole = true;
            return verdicts;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Judging was interrupted.", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new IllegalStateException("Judging was interrupted.", e.getCause());
        } finally {
            if (!whole) {
                futures.forEach(future -> future.cancel(true));
            }
        }
    }

    /**
     * Asks the questions of each sample.
     *
     * @return as many verdicts for each sample as it has questions, in order
     */
    <T> List<List<Verdict<T>>> askAll(List<List<Question<T>>> samples) {
        List<Verdict<T>> flat = ask(samples.stream().flatMap(List::stream).toList());
        List<List<Verdict<T>>> verdicts = new ArrayList<>();
        int from = 0;
        for (List<Question<T>> questions : samples) {
            verdicts.add(flat.subList(from, from + questions.size()));
            from += questions.size();
        }
        return verdicts;
    }

    private <T> Verdict<T> verdict(Question<T> question) throws InterruptedException {
        try {
            return new Verdict<>(read(question), "");
        } catch (IllegalArgumentException e) {
            return new Verdict<>(null, e.getMessage());
        }
    }

    /** What answered the question with its reminder is kept under the question itself, so that the next time asks for neither. */
    private <T> T read(Question<T> question) throws InterruptedException {
        ChatRequest request = question.request.get();
        byte[] body = request.json();
        String key = AnswerCache.key(client.address(), body);
        Optional<JsonNode> kept = cache.flatMap(answers -> answers.find(key));
        if (kept.isPresent()) {
            try {
                return question.reading.apply(ChatAnswer.of(kept.get()));
            } catch (AnswerFault e) {
                // it was kept by another reading of the same question
            }
        }
        JsonNode answer = client.send(body);
        T value;
        try {
            value = question.reading.apply(ChatAnswer.of(answer));
        } catch (AnswerFault e) {
            if (question.reminder.isEmpty()) {
                throw e;
            }
            answer = client.send(request.followedBy(question.reminder).json());
            value = question.reading.apply(ChatAnswer.of(answer));
        }
        JsonNode good = answer;
        cache.ifPresent(answers -> answers.store(key, good));
        return value;
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
