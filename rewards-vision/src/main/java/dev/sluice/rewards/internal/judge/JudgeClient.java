package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.RewardUnavailable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends questions to an endpoint, and again where that may help: after broken connections, time-outs, and the statuses by which
 * servers say so. Between attempts it waits min(10, 2ᵏ + U(0, 1)) s, or as long as the server asks for. Redirects are not followed,
 * because key and pictures would go where nobody meant them to.
 *
 * <p>Source of the waits: Pref-GRPO's client, which asks ten times and knows no {@code Retry-After}.
 */
final class JudgeClient {
    /**
     * How patient a client is.
     *
     * @param attempts of each request, at least 1
     * @param timeout of the first attempt; each further one has 5 s more
     */
    record Patience(int attempts, Duration timeout) {}

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration MORE = Duration.ofSeconds(5);
    private static final double LONGEST_BACKOFF = 10;
    /** Who is asked to wait longer had better come another day. */
    private static final double LONGEST_WAIT = 300;

    private static final int MOST_BYTES = 16_000_000;
    private static final int LOST_IN_A_ROW = 8;
    private static final double NANOS = 1e9;
    private static final Set<Integer> AGAIN = Set.of(408, 425, 429, 500, 502, 503, 504, 529);

    private final URI address;
    private final Optional<String> key;
    private final Patience patience;
    private final Timing timing;
    private final Pace pace;
    private final HttpClient http;
    private final AtomicInteger lost = new AtomicInteger();
    private volatile boolean answered;

    /** Creates a client; the key is what {@code Authorization: Bearer} is sent with. */
    JudgeClient(URI address, Optional<String> key, Patience patience, Pace pace, Timing timing) {
        this.address = address;
        this.key = key;
        this.patience = patience;
        this.pace = pace;
        this.timing = timing;
        // HTTP/1.1, because asking uvicorn (vLLM) for HTTP/2 in clear text makes it lose the body of the request
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT)
                .build();
    }

    /** Why an attempt failed, and how many seconds the server asks to wait; 0 if it does not. */
    private record Failure(String what, double seconds) {
        Failure(String what) {
            this(what, 0);
        }
    }

    URI address() {
        return address;
    }

    /**
     * Returns the server's answer.
     *
     * @throws AnswerFault if this request has none, but others may
     * @throws RewardUnavailable if no request would have one
     */
    JsonNode send(byte[] body) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            pace.await();
            Failure failure;
            try {
                HttpResponse<byte[]> response = once(body, attempt);
                failure = refused(response);
                if (failure == null) {
                    JsonNode answer = json(response.body());
                    answered = true;
                    lost.set(0);
                    return answer;
                }
            } catch (IOException e) {
                failure = broken(e);
            }
            if (attempt == patience.attempts || failure.seconds > LONGEST_WAIT) {
                throw exhausted(failure, attempt);
            }
            backOff(failure, attempt);
        }
    }

    private HttpResponse<byte[]> once(byte[] body, int attempt) throws IOException, InterruptedException {
        Duration timeout = patience.timeout.plus(MORE.multipliedBy(attempt - 1L));
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        // the client's own limit ends with the headers; this one holds for the whole answer
        CompletableFuture<HttpResponse<byte[]>> response =
                http.sendAsync(request.build(), info -> new BoundedBody(MOST_BYTES));
        try {
            return response.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            response.cancel(true);
            throw new HttpTimeoutException("no answer within %s s".formatted(timeout.toSeconds()));
        } catch (InterruptedException e) {
            response.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        }
    }

    private JsonNode json(byte[] body) throws IOException {
        try {
            JsonNode answer = JSON.readTree(body);
            if (answer.isObject()) {
                return answer;
            }
        } catch (JacksonException e) {
            // falls through to the one message
        }
        String what = "its answer is not a JSON object (%s)".formatted(ServerMessage.of(body));
        if (!answered) {
            throw new RewardUnavailable("""
                    %s is no endpoint of this kind: %s.
                    Maybe the address should end in /v1.\
                    """.formatted(address, what));
        }
        throw new IOException(what);
    }

    /** Returns why an answer with a status is none and may be one next time; null if it is one. */
    private Failure refused(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            return null;
        }
        String said = ServerMessage.of(response.body());
        String what = "status " + status + (said.isEmpty() ? "" : ": " + hidden(said));
        if (AGAIN.contains(status)) {
            return new Failure(what, retryAfter(response));
        }
        if (status >= 300 && status < 400) {
            throw new RewardUnavailable("""
                    %s redirects to %s, which is not followed.
                    Maybe make that the endpoint, if it is to be trusted.\
                    """.formatted(
                            address,
                            AnswerFault.excerpt(
                                    response.headers().firstValue("Location").orElse("nowhere"))));
        }
        if (status == 401 || status == 403) {
            throw new RewardUnavailable("%s refuses %s (%s).%nMaybe %s."
                    .formatted(
                            address,
                            key.isPresent() ? "the key" : "requests without a key",
                            what,
                            key.isPresent()
                                    ? "check the variable that keyVariable names"
                                    : "name the environment variable that holds it with keyVariable"));
        }
        if (status == 404 || status == 405) {
            throw new RewardUnavailable(
                    "%s has no such model or address (%s).%nMaybe check model, and that endpoint ends in /v1."
                            .formatted(address, what));
        }
        lost.set(0); // it is there, and has read the request
        throw new AnswerFault("the judge refuses the request (%s)".formatted(what));
    }

    /** Some servers repeat the key that they do not know. */
    private String hidden(String said) {
        return key.map(secret -> said.replace(secret, "***")).orElse(said);
    }

    private double retryAfter(HttpResponse<byte[]> response) {
        String text = response.headers().firstValue("Retry-After").orElse("0").strip();
        try {
            double seconds = Double.parseDouble(text);
            return seconds >= 0 ? seconds : 0;
        } catch (NumberFormatException e) {
            try {
                Instant when = DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from);
                return Math.max(
                        0, Duration.between(timing.clock().instant(), when).toMillis() / 1000.0);
            } catch (DateTimeParseException none) {
                return 0;
            }
        }
    }

    private Failure broken(IOException e) {
        String what;
        if (e instanceof HttpConnectTimeoutException) {
            what = "no connection within %s s".formatted(CONNECT.toSeconds());
        } else if (e instanceof ConnectException) {
            what = e.getCause() instanceof UnresolvedAddressException
                            || e.getCause() != null && e.getCause().getCause() instanceof UnresolvedAddressException
                    ? "the host's name is not known"
                    : "the connection is refused";
        } else if (e instanceof SSLException) {
            what = "no secure connection: " + AnswerFault.excerpt(String.valueOf(e.getMessage()));
        } else {
            what = e.getMessage() == null ? e.getClass().getSimpleName() : AnswerFault.excerpt(e.getMessage());
            return new Failure(what);
        }
        if (!answered) { // a wrong address should not be asked again and again
            throw new RewardUnavailable("""
                    %s cannot be reached: %s.
                    Maybe start the server, or check the endpoint.\
                    """.formatted(address, what));
        }
        return new Failure(what);
    }

    private void backOff(Failure failure, int attempt) throws InterruptedException {
        double wait = Math.min(
                LONGEST_BACKOFF, Math.pow(2, attempt - 1) + timing.jitter().getAsDouble());
        if (failure.seconds > 0) {
            wait = failure.seconds + timing.jitter().getAsDouble();
            pace.pause((long) (failure.seconds * NANOS)); // the others are asked to wait as well
        }
        timing.sleeper().sleep((long) (wait * NANOS));
    }

    private RuntimeException exhausted(Failure failure, int attempts) {
        String reason = failure.seconds > LONGEST_WAIT
                ? "%s, and asks to wait %s s".formatted(failure.what, (long) failure.seconds)
                : failure.what;
        String times = attempts == 1 ? "1 attempt" : attempts + " attempts";
        if (lost.incrementAndGet() >= LOST_IN_A_ROW) {
            return new RewardUnavailable("%s answered none of %s requests in a row; the last one, in %s: %s."
                    .formatted(address, LOST_IN_A_ROW, times, reason));
        }
        return new AnswerFault("the judge gave no answer in %s (%s)".formatted(times, reason));
    }
}
