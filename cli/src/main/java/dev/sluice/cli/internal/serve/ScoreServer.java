package dev.sluice.cli.internal.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.rewards.RewardUnavailable;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scorer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Scores over HTTP; {@code openapi.yaml} among the resources says how. */
public final class ScoreServer implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String JSON_TYPE = "application/json";

    /** Threads that turn requests away while all others are at work. */
    private static final int SPARE_THREADS = 16;

    private static final int GRACE_SECONDS = 15;

    private final ServeLimits limits;
    private final Optional<String> token;
    private final List<String> rewards;
    private final Semaphore admitted;
    private final RequestMedia media;
    private final ScoreQueue queue;
    private final ServeMetrics metrics = new ServeMetrics();
    private final ExecutorService threads;
    private final HttpServer server;
    private volatile boolean closing;

    /**
     * Starts to listen.
     *
     * @param address a port of 0 is any that is free
     * @param token what requests must bring; empty allows all
     * @param root the folder below which requests may name files; empty allows none
     * @param scorer is not closed by the server
     * @throws IOException if the address cannot be had
     */
    public ScoreServer(
            InetSocketAddress address, Optional<String> token, Optional<Path> root, Scorer scorer, ServeLimits limits)
            throws IOException {
        this.limits = limits;
        this.token = token;
        this.rewards = scorer.names();
        this.admitted = new Semaphore(limits.queue());
        this.media = new RequestMedia(limits, root);
        long seconds = Math.max(1, limits.patience().toSeconds());
        // The JDK's server reads these when it is first used.
        System.setProperty("sun.net.httpserver.maxReqTime", String.valueOf(seconds));
        System.setProperty("sun.net.httpserver.maxRspTime", String.valueOf(2 * seconds));
        System.setProperty("jdk.httpserver.maxConnections", "1024");
        try {
            server = HttpServer.create(address, 0);
        } catch (IOException e) {
            throw new IOException(
                    "%s:%s cannot be listened on: %s."
                            .formatted(address.getHostString(), address.getPort(), e.getMessage()),
                    e);
        }
        queue = new ScoreQueue(scorer, limits.batch());
        threads = Executors.newFixedThreadPool(limits.queue() + SPARE_THREADS, task -> {
            Thread thread = new Thread(task, "request");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** Returns the address that it listens on. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private record Reply(int status, String type, byte[] body, boolean scored) {
        static Reply json(int status, Object value, boolean scored) {
            return new Reply(status, JSON_TYPE, JSON.writeValueAsBytes(value), scored);
        }

        static Reply failed(int status, String message) {
            return json(status, Map.of("error", message), false);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        long started = System.nanoTime();
        try (exchange) {
            Reply reply;
            try {
                reply = answer(exchange);
            } catch (HttpFailure e) {
                reply = Reply.failed(e.status(), e.getMessage());
            } catch (IOException e) {
                return; // whoever asked has gone
            } catch (OutOfMemoryError e) {
                reply = Reply.failed(503, "There is no memory for it at present.");
            } catch (RuntimeException | Error e) {
                reply = Reply.failed(500, "This should not have happened: " + e);
            }
            // An answer to a request that was not read is lost with the connection.
            drain(exchange.getRequestBody());
            exchange.getResponseHeaders().set("Content-Type", reply.type);
            if (reply.status == 429 || reply.status == 503) {
                exchange.getResponseHeaders().set("Retry-After", "1");
            }
            if (reply.status == 401) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
            }
            metrics.answered(reply.status, reply.scored, System.nanoTime() - started);
            exchange.sendResponseHeaders(reply.status, reply.body.length == 0 ? -1 : reply.body.length);
            exchange.getResponseBody().write(reply.body);
        }
    }

    private void drain(InputStream in) {
        byte[] buffer = new byte[1 << 16];
        try {
            for (long left = 2L * limits.body(); left > 0; ) {
                int read = in.read(buffer);
                if (read < 0) {
                    return;
                }
                left -= read;
            }
        } catch (IOException e) {
            // The connection is closed, which is all there is to do.
        }
    }

    private Reply answer(HttpExchange exchange) throws HttpFailure, IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/healthz")) {
            requireMethod(exchange, "GET");
            return closing
                    ? Reply.failed(503, "The service is ending.")
                    : Reply.json(200, Map.of("status", "ok", "rewards", rewards), false);
        }
        requireToken(exchange);
        switch (path) {
            case "/metrics":
                requireMethod(exchange, "GET");
                return text(
                        "text/plain; version=0.0.4", metrics.text(() -> limits.queue() - admitted.availablePermits()));
            case "/openapi.yaml":
                requireMethod(exchange, "GET");
                return text("application/yaml", openApi());
            case "/v1/score", "/v1/score/batch":
                requireMethod(exchange, "POST");
                return admitted(exchange, path.endsWith("batch"));
            default:
                throw new HttpFailure(404, "There is no %s; see /openapi.yaml.".formatted(path));
        }
    }

    private static Reply text(String type, String text) {
        return new Reply(200, type, text.getBytes(StandardCharsets.UTF_8), false);
    }

    private static String openApi() throws IOException {
        try (InputStream in = ScoreServer.class.getResourceAsStream("openapi.yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void requireMethod(HttpExchange exchange, String method) throws HttpFailure {
        if (!exchange.getRequestMethod().equals(method)) {
            throw new HttpFailure(405, "%s is expected here.".formatted(method));
        }
    }

    private void requireToken(HttpExchange exchange) throws HttpFailure {
        if (token.isEmpty()) {
            return;
        }
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        byte[] expected = ("Bearer " + token.get()).getBytes(StandardCharsets.UTF_8);
        if (given == null || !MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8))) {
            throw new HttpFailure(401, "A bearer token is expected.");
        }
    }

    private Reply admitted(HttpExchange exchange, boolean batch) throws HttpFailure, IOException {
        if (closing) {
            throw new HttpFailure(503, "The service is ending.");
        }
        if (!admitted.tryAcquire()) {
            throw new HttpFailure(429, "All %s places are taken; try again later.".formatted(limits.queue()));
        }
        try {
            long deadline = System.nanoTime() + limits.patience().toNanos();
            String type = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type"))
                    .orElse("");
            boolean json = type.startsWith(JSON_TYPE);
            byte[] body = body(exchange);
            if (batch) {
                if (!json) {
                    throw new HttpFailure(415, "A batch must be %s.".formatted(JSON_TYPE));
                }
                return batch(RequestItem.object(body).path("items"), deadline);
            }
            return json
                    ? single(new RequestItem(RequestItem.object(body)), deadline)
                    : single(body, prompt(exchange), deadline);
        } finally {
            admitted.release();
        }
    }

    private byte[] body(HttpExchange exchange) throws HttpFailure, IOException {
        String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
        if (encoding != null && !encoding.equals("identity")) {
            throw new HttpFailure(415, "Content-Encoding (%s) is not read; send it plain.".formatted(encoding));
        }
        byte[] body = exchange.getRequestBody().readNBytes(limits.body() + 1);
        if (body.length > limits.body()) {
            throw new HttpFailure(413, "The body has more than %s bytes.".formatted(limits.body()));
        }
        return body;
    }

    private static String prompt(HttpExchange exchange) throws HttpFailure {
        String query = exchange.getRequestURI().getRawQuery();
        if (query == null) {
            return "";
        }
        for (String part : query.split("&")) {
            if (part.startsWith("prompt=")) {
                try {
                    return URLDecoder.decode(part.substring("prompt=".length()), StandardCharsets.UTF_8);
                } catch (IllegalArgumentException e) {
                    throw new HttpFailure(400, "The prompt in the address is not encoded as it must be.");
                }
            }
        }
        return "";
    }

    private Reply single(byte[] body, String prompt, long deadline) throws HttpFailure {
        try (RequestMedia.Held held = media.upload(body)) {
            return reply(held, wait(submit(held, prompt, Map.of()), deadline));
        }
    }

    private Reply single(RequestItem item, long deadline) throws HttpFailure {
        try (RequestMedia.Held held = item.read(media)) {
            return reply(held, wait(submit(held, item.prompt(), item.metadata()), deadline));
        }
    }

    private CompletableFuture<ScoreQueue.Answer> submit(
            RequestMedia.Held held, String prompt, Map<String, Object> metadata) {
        return queue.submit(new Sample(held.media(), prompt, metadata));
    }

    private static Reply reply(RequestMedia.Held held, ScoreQueue.Answer answer) {
        Map<String, Object> values = values(held, answer);
        return Reply.json(answer.fault().isEmpty() ? 200 : 422, values, true);
    }

    private static Map<String, Object> values(RequestMedia.Held held, ScoreQueue.Answer answer) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("scores", answer.scores());
        if (!answer.fault().isEmpty()) {
            values.put("error", answer.fault());
        }
        values.put("width", held.media().width());
        values.put("height", held.media().height());
        values.put("frames", held.media().frames());
        return values;
    }

    /** One item after another is read, so that a batch holds no more memory than a single request; a bad one stops no other. */
    private Reply batch(JsonNode items, long deadline) throws HttpFailure {
        if (!items.isArray() || items.isEmpty()) {
            throw new HttpFailure(400, "items must be a list with at least one item.");
        }
        if (items.size() > limits.items()) {
            throw new HttpFailure(413, "items (%s) must be at most %s.".formatted(items.size(), limits.items()));
        }
        List<Object> results = new ArrayList<>();
        for (JsonNode node : items) {
            RequestItem item = new RequestItem(node);
            if (System.nanoTime() > deadline) {
                throw late();
            }
            try (RequestMedia.Held held = item.read(media)) {
                results.add(values(held, wait(submit(held, item.prompt(), item.metadata()), deadline)));
            } catch (HttpFailure e) {
                if (e.status() >= 500) {
                    throw e;
                }
                results.add(Map.of("error", e.getMessage(), "status", e.status()));
            }
        }
        return Reply.json(200, Map.of("results", results), true);
    }

    private ScoreQueue.Answer wait(CompletableFuture<ScoreQueue.Answer> future, long deadline) throws HttpFailure {
        try {
            ScoreQueue.Answer answer = future.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            metrics.scored(answer.fault().isEmpty());
            return answer;
        } catch (TimeoutException e) {
            future.cancel(false);
            throw late();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HttpFailure(503, "The service is ending.");
        } catch (ExecutionException e) {
            Object reason = e.getCause() instanceof RewardUnavailable missing ? missing.getMessage() : e.getCause();
            throw new HttpFailure(503, "Scoring failed: %s".formatted(reason));
        }
    }

    private HttpFailure late() {
        return new HttpFailure(
                503, "It took longer than %s s.".formatted(limits.patience().toSeconds()));
    }

    /** Turns new requests away, waits for those that are worked on, and ends. */
    @Override
    public void close() {
        closing = true;
        try {
            if (admitted.tryAcquire(limits.queue(), GRACE_SECONDS, TimeUnit.SECONDS)) {
                admitted.release(limits.queue());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // What has been answered must still be sent.
        server.stop(1);
        threads.shutdown();
        queue.close();
    }
}
