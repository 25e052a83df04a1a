package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.rewards.JudgeServer;
import dev.sluice.rewards.JudgeServer.Reply;
import dev.sluice.rewards.RewardUnavailable;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JudgeClientTest {
    private static final byte[] QUESTION = "{\"model\": \"m\"}".getBytes(StandardCharsets.UTF_8);
    private static final Reply BUSY = new Reply(503, "{\"error\": {\"message\": \"loading\"}}");

    private final JudgeServer server = JudgeServer.start(asked -> JudgeServer.said("good"));
    private final FakeTime time = new FakeTime();
    private final URI address = JudgeAddress.of("endpoint", server.endpoint());

    @AfterEach
    void stop() {
        server.close();
    }

    private JudgeClient client(URI to, String key, int attempts, Duration timeout) {
        Pace pace = new Pace(Double.POSITIVE_INFINITY, time.timing());
        return new JudgeClient(
                to, Optional.ofNullable(key), new JudgeClient.Patience(attempts, timeout), pace, time.timing());
    }

    private JudgeClient client() {
        return client(address, null, 6, Duration.ofSeconds(60));
    }

    private static String send(JudgeClient client) throws InterruptedException {
        return ChatAnswer.of(client.send(QUESTION)).text();
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 425, 429, 500, 502, 503, 504, 529})
    void aBusyServerIsAskedAgainAfterWaitsThatDouble(int status) throws InterruptedException {
        Reply busy = new Reply(status, "busy");
        server.next(busy, busy, busy, busy, busy);
        assertThat(send(client())).isEqualTo("good");
        assertThat(server.asked()).hasSize(6);
        assertThat(time.slept()).containsExactly(1.5, 2.5, 4.5, 8.5, 10.0);
    }

    @Test
    void aBrokenConnectionIsTriedAgain() throws InterruptedException {
        server.next(new Reply(-1, ""), new Reply(-1, ""));
        assertThat(send(client())).isEqualTo("good");
        assertThat(server.asked()).hasSizeBetween(3, 5); // the JDK's client may repeat a request on a new connection
    }

    @Test
    void afterAllAttemptsThisRequestHasNoAnswerAndOthersMay() throws InterruptedException {
        server.next(BUSY, BUSY, BUSY);
        JudgeClient client = client(address, null, 3, Duration.ofSeconds(60));
        assertThatThrownBy(() -> client.send(QUESTION))
                .isInstanceOf(AnswerFault.class)
                .hasMessage("the judge gave no answer in 3 attempts (status 503: loading)");
        assertThat(server.asked()).hasSize(3);
        assertThat(send(client)).isEqualTo("good");
    }

    private void lose(JudgeClient client, int times) {
        for (int i = 0; i < times; i++) {
            server.next(BUSY);
            assertThatThrownBy(() -> client.send(QUESTION)).isInstanceOf(AnswerFault.class);
        }
    }

    @Test
    void eightRequestsInARowWithoutAnAnswerAreAServerThatIsGone() throws InterruptedException {
        JudgeClient client = client(address, null, 1, Duration.ofSeconds(60));
        lose(client, 7);
        assertThat(send(client)).isEqualTo("good");
        lose(client, 7);
        server.next(new Reply(400, "no"));
        assertThatThrownBy(() -> client.send(QUESTION)).hasMessageContaining("refuses the request");
        lose(client, 7);
        server.next(BUSY);
        assertThatThrownBy(() -> client.send(QUESTION))
                .isInstanceOf(RewardUnavailable.class)
                .hasMessage(address
                        + " answered none of 8 requests in a row; the last one, in 1 attempt: status 503: loading.");
    }

    @Test
    void theServerSaysHowLongToWait() throws InterruptedException {
        server.next(new Reply(429, Map.of("Retry-After", "7"), "", 0));
        assertThat(send(client())).isEqualTo("good");
        assertThat(time.slept()).containsExactly(7.5);
    }

    @Test
    void theServerSaysUntilWhenToWait() throws InterruptedException {
        server.next(new Reply(503, Map.of("Retry-After", "Thu, 01 Jan 2026 00:00:20 GMT"), "", 0));
        assertThat(send(client())).isEqualTo("good");
        assertThat(time.slept()).containsExactly(20.5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-5", "NaN", ""})
    void aWaitThatIsNoneIsNotTakenForOne(String wait) throws InterruptedException {
        server.next(new Reply(429, Map.of("Retry-After", wait), "", 0));
        assertThat(send(client())).isEqualTo("good");
        assertThat(time.slept()).containsExactly(1.5);
    }

    @Test
    void nobodyWaitsForHours() {
        server.next(new Reply(429, Map.of("Retry-After", "7200"), "quota", 0));
        assertThatThrownBy(() -> client().send(QUESTION))
                .hasMessage("the judge gave no answer in 1 attempt (status 429: quota, and asks to wait 7200 s)");
        assertThat(time.slept()).isEmpty();
    }

    @Test
    void anAnswerThatTakesTooLongIsAskedForAgainWithMoreTime() {
        server.pause(60_000);
        JudgeClient client = client(address, null, 1, Duration.ofMillis(200));
        long begin = System.nanoTime();
        assertThatThrownBy(() -> client.send(QUESTION)).hasMessageContaining("no answer within 0 s");
        assertThat(System.nanoTime() - begin).isLessThan(30_000_000_000L);
    }

    @Test
    void aRequestThatIsRefusedIsNotSentAgain() {
        server.next(new Reply(400, "{\"error\": {\"message\": \"too many\\n\\u001b[31mpictures\"}}"));
        assertThatThrownBy(() -> client().send(QUESTION))
                .isInstanceOf(AnswerFault.class)
                .hasMessage("the judge refuses the request (status 400: too many [31mpictures)");
        assertThat(server.asked()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "401, refuses requests without a key (status 401: who).",
        "403, refuses requests without a key (status 403: who).",
        "404, has no such model or address (status 404: who).",
        "405, has no such model or address (status 405: who)."
    })
    void whatIsWrongWithEveryRequestIsSaidAtOnce(int status, String message) {
        server.next(new Reply(status, "{\"detail\": \"who\"}"));
        assertThatThrownBy(() -> client().send(QUESTION))
                .isInstanceOf(RewardUnavailable.class)
                .hasMessageContaining(message)
                .hasMessageContaining("\nMaybe ");
        assertThat(server.asked()).hasSize(1);
    }

    @Test
    void aRedirectIsNotFollowed() {
        try (JudgeServer other = JudgeServer.start(asked -> JudgeServer.said("stolen"))) {
            server.next(new Reply(307, Map.of("Location", other.endpoint() + "/chat/completions"), "", 0));
            assertThatThrownBy(() ->
                            client(address, "secret", 6, Duration.ofSeconds(60)).send(QUESTION))
                    .isInstanceOf(RewardUnavailable.class)
                    .hasMessageContaining("redirects to " + other.endpoint());
            assertThat(other.asked()).isEmpty();
        }
    }

    @Test
    void aServerThatIsNotThereIsNotAskedTwice() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        URI nobody = URI.create("http://127.0.0.1:%s/v1/chat/completions".formatted(port));
        assertThatThrownBy(() -> client(nobody, null, 6, Duration.ofSeconds(60)).send(QUESTION))
                .isInstanceOf(RewardUnavailable.class)
                .hasMessage(
                        "%s cannot be reached: the connection is refused.\nMaybe start the server, or check the endpoint."
                                .formatted(nobody));
        URI nowhere = URI.create("http://no-such-host.invalid/v1/chat/completions");
        assertThatThrownBy(
                        () -> client(nowhere, null, 6, Duration.ofSeconds(60)).send(QUESTION))
                .hasMessageContaining("cannot be reached: the host's name is not known.");
        assertThat(time.slept()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>hello</html>", "", "[1]", "{\"choices\": [", "null"})
    void whatIsNoJsonIsNoEndpoint(String page) throws InterruptedException {
        server.next(new Reply(200, page));
        assertThatThrownBy(() -> client().send(QUESTION))
                .isInstanceOf(RewardUnavailable.class)
                .hasMessageContaining("is no endpoint of this kind: its answer is not a JSON object");
        JudgeClient client = client();
        assertThat(send(client)).isEqualTo("good");
        server.next(new Reply(200, page)); // a gateway's page, once
        assertThat(send(client)).isEqualTo("good");
    }

    @Test
    void anAnswerWithoutEndIsCutOff() {
        server.next(new Reply(200, "\"" + "x".repeat(17_000_000) + "\""));
        JudgeClient client = client(address, null, 1, Duration.ofSeconds(60));
        assertThatThrownBy(() -> client.send(QUESTION)).hasMessageContaining("the answer has more than 16000000 bytes");
    }

    @Test
    void theKeyIsSentAndNeverShown() throws InterruptedException {
        JudgeClient client = client(address, "sk-secret", 6, Duration.ofSeconds(60));
        send(client);
        assertThat(server.asked().get(0).headers()).containsEntry("authorization", "Bearer sk-secret");
        server.next(new Reply(401, "{\"error\": {\"message\": \"wrong key sk-secret\"}}"));
        assertThatThrownBy(() -> client.send(QUESTION))
                .hasMessageContaining("refuses the key (status 401: wrong key ***)")
                .hasMessageNotContaining("sk-secret");
    }

    @Test
    void httpTwoIsNotAskedFor() throws InterruptedException {
        send(client());
        assertThat(server.asked().get(0).headers()).doesNotContainKey("upgrade").doesNotContainKey("authorization");
        assertThat(server.asked().get(0).path()).isEqualTo("/v1/chat/completions");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8000, http://127.0.0.1:8000/v1/chat/completions",
        "http://127.0.0.1:8000/, http://127.0.0.1:8000/v1/chat/completions",
        "https://host/v1/, https://host/v1/chat/completions",
        "https://host/openai/chat/completions?api-version=1, https://host/openai/chat/completions?api-version=1",
        "HTTP://[::1]:8000/api, http://[::1]:8000/api/chat/completions"
    })
    void anEndpointIsCompleted(String given, String address) {
        assertThat(JudgeAddress.of("endpoint", given)).hasToString(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:8000", "ftp://host/v1", "/v1", "http:///v1", "http://a b/", "http://host/#x"})
    void whatIsNoAddressIsRefused(String given) {
        assertThatThrownBy(() -> JudgeAddress.of("judge-score.endpoint", given))
                .hasMessage("judge-score.endpoint (%s) must be an address such as http://127.0.0.1:8000/v1."
                        .formatted(given));
    }

    @Test
    void requestsGoAtTheirPaceAndNoneWhileTheServerAsksToWait() throws InterruptedException {
        Pace pace = new Pace(120, time.timing());
        pace.await();
        pace.await();
        pace.await();
        assertThat(time.slept()).containsExactly(0.5, 0.5);
        pace.pause(3_000_000_000L);
        pace.await();
        assertThat(time.slept()).containsExactly(0.5, 0.5, 0.5, 2.5);
    }
}
