package dev.sluice.rewards;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** An OpenAI-style endpoint on this machine that answers by a rule, or as it was told beforehand, and notes what it was asked. */
public final class JudgeServer implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpServer server;
    private final ExecutorService workers = Executors.newCachedThreadPool(task -> {
        Thread made = new Thread(task, "judge-server");
        made.setDaemon(true);
        return made;
    });
    private final Function<Asked, String> rule;
    private final Queue<Reply> replies = new ConcurrentLinkedQueue<>();
    private volatile Supplier<Optional<Reply>> trouble = Optional::empty;
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicInteger busiest = new AtomicInteger();
    private volatile long pauseMillis;

    /** A question. */
    public record Asked(JsonNode body, String path, Map<String, String> headers) {
        /** Returns the text after the pictures. */
        public String text() {
            JsonNode content = body.path("messages").path(0).path("content");
            return content.path(content.size() - 1).path("text").asString();
        }

        /** Returns the pictures. */
        public List<Media> pictures() {
            List<Media> pictures = new ArrayList<>();
            for (JsonNode part : body.path("messages").path(0).path("content")) {
                String url = part.path("image_url").path("url").asString("");
                if (!url.isEmpty()) {
                    byte[] bytes = Base64.getDecoder().decode(url.substring(url.indexOf(',') + 1));
                    try {
                        pictures.add(ImageFiles.decode(bytes, url.substring(0, 20)));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
            return pictures;
        }

        /** Returns the mean of a picture's values, from 0 to 1. */
        public double light(int picture) {
            double sum = 0;
            byte[] rgb = pictures().get(picture).rgb();
            for (byte value : rgb) {
                sum += value & 0xFF;
            }
            return sum / (255.0 * rgb.length);
        }
    }

    /** An answer that is known beforehand; a negative status breaks the connection. */
    public record Reply(int status, Map<String, String> headers, String body, long delayMillis) {
        /** Creates an answer without headers, at once. */
        public Reply(int status, String body) {
            this(status, Map.of(), body, 0);
        }
    }

    private JudgeServer(Function<Asked, String> rule) throws IOException {
        this.rule = rule;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        server.setExecutor(workers);
        server.createContext("/", this::handle);
        server.start();
    }

    /** Starts a server that answers with the JSON that a rule makes. */
    public static JudgeServer start(Function<Asked, String> rule) {
        try {
            return new JudgeServer(rule);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Reply reply;
            // A request ends where its answer begins: once a client has the answer, it may send its next request before
            // this thread runs on.
            busiest.accumulateAndGet(busy.incrementAndGet(), Math::max);
            try {
                reply = think(exchange);
            } finally {
                busy.decrementAndGet();
            }
            if (reply.status < 0) {
                return;
            }
            reply.headers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
            byte[] bytes = reply.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Reply think(HttpExchange exchange) throws IOException, InterruptedException {
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
        Asked question = new Asked(body, exchange.getRequestURI().toString(), headers);
        asked.add(question);
        Reply reply = replies.poll();
        if (reply == null) {
            reply = trouble.get().orElseGet(() -> new Reply(200, Map.of(), rule.apply(question), pauseMillis));
        }
        Thread.sleep(reply.delayMillis);
        return reply;
    }

    /** Gives these answers first, one for each request. */
    public void next(Reply... first) {
        replies.addAll(List.of(first));
    }

    /** Asks before each further answer whether there is another one in its place. */
    public void trouble(Supplier<Optional<Reply>> instead) {
        trouble = instead;
    }

    /** Takes so long for each further answer. */
    public void pause(long millis) {
        pauseMillis = millis;
    }

    /** Returns the endpoint. */
    public String endpoint() {
        return "http://127.0.0.1:%s/v1".formatted(server.getAddress().getPort());
    }

    /** Returns what it was asked. */
    public List<Asked> asked() {
        return asked;
    }

    /** Returns how many requests were there at once, at most. */
    public int busiest() {
        return busiest.get();
    }

    /** Returns an answer that says something. */
    public static String said(String content) {
        return said(content, null);
    }

    /** Returns an answer of one token for each map, whose keys can stand there with a probability; the first one does. */
    public static String spoken(List<Map<String, Double>> tokens) {
        ArrayNode content = JSON.createArrayNode();
        StringBuilder text = new StringBuilder();
        for (Map<String, Double> token : tokens) {
            ArrayNode top = JSON.createArrayNode();
            token.forEach(
                    (word, probability) -> top.addObject().put("token", word).put("logprob", Math.log(probability)));
            ObjectNode own = ((ObjectNode) top.get(0)).deepCopy();
            text.append(own.path("token").asString());
            own.set("top_logprobs", top);
            content.add(own);
        }
        return said(text.toString(), content);
    }

    private static String said(String content, ArrayNode logprobs) {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("id", "chatcmpl-1").put("object", "chat.completion").put("model", "test");
        ObjectNode choice = answer.putArray("choices").addObject();
        choice.put("index", 0).put("finish_reason", "stop");
        choice.putObject("message").put("role", "assistant").put("content", content);
        if (logprobs == null) {
            choice.putNull("logprobs");
        } else {
            choice.putObject("logprobs").set("content", logprobs);
        }
        return answer.toString();
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
