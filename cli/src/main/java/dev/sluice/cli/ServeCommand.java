package dev.sluice.cli;

import dev.sluice.cli.internal.serve.ScoreServer;
import dev.sluice.cli.internal.serve.ServeLimits;
import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.Scorer;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Scores over HTTP. */
@Command(
        name = "serve",
        description = {
            "Scores images and videos over HTTP until it is ended (Ctrl-C, SIGTERM); what is being worked on is"
                    + " finished.",
            "/openapi.yaml describes the requests; /healthz and /metrics are for monitoring. Listens on this machine"
                    + " only, unless --host says otherwise, which needs a token.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice serve --rewards compressibility --root samples",
            "  curl --data-binary @picture.png -H 'Content-Type: image/png'"
                    + " 'http://127.0.0.1:8080/v1/score?prompt=a%%20circle'",
            "  curl -H 'Content-Type: application/json' -d '{\"items\": [{\"path\": \"001-seed-1.png\"}]}' "
                    + "http://127.0.0.1:8080/v1/score/batch",
            "  SLUICE_TOKEN=secret sluice serve --rewards pickscore:model=weights/pickscore --host 0.0.0.0"
        })
final class ServeCommand implements Callable<Integer> {
    private static final String TOKEN = "SLUICE_TOKEN";

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--rewards",
            paramLabel = "NAME[:OPTION=VALUE,...]",
            arity = "1..*",
            required = true,
            description = "What scores.")
    private List<String> rewardTexts;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "The address to listen on (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "The port; 0 is any that is free (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description =
                    "A file with the bearer token that requests must bring (default: the variable SLUICE_TOKEN, if"
                            + " set).")
    private Path tokenFile;

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "The folder below which requests may name files (default: none may).")
    private Path root;

    @Option(
            names = "--max-megabytes",
            paramLabel = "N",
            defaultValue = "32",
            description = "The largest body (default: ${DEFAULT-VALUE}).")
    private int megabytes;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            defaultValue = "16777216",
            description = "The largest picture (default: ${DEFAULT-VALUE}).")
    private int pixels;

    @Option(
            names = "--max-frames",
            paramLabel = "N",
            defaultValue = "256",
            description = "The longest video (default: ${DEFAULT-VALUE}).")
    private int frames;

    @Option(
            names = "--max-seconds",
            paramLabel = "N",
            defaultValue = "30",
            description = "The longest that a request may take (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "32",
            description =
                    "Requests that are worked on or wait; more are answered with 429 (default: ${DEFAULT-VALUE}).")
    private int queue;

    @Mixin
    private ScoringArguments scoring;

    @Override
    public Integer call() throws IOException {
        scoring.check();
        Require.atLeast("--max-megabytes", megabytes, 1);
        Require.atLeast("--max-seconds", seconds, 1);
        if (megabytes > 1024) {
            throw new IllegalArgumentException("--max-megabytes (%s) must be at most 1024.".formatted(megabytes));
        }
        if (!(port >= 0 && port <= 65535)) {
            throw new IllegalArgumentException("--port (%s) must be in [0, 65535].".formatted(port));
        }
        if (root != null && !Files.isDirectory(root)) {
            throw new IOException("--root (%s) must be a folder.".formatted(root));
        }
        Optional<String> token = token();
        InetSocketAddress address = address(token);
        ServeLimits limits = new ServeLimits(
                megabytes << 20,
                pixels,
                frames,
                ServeLimits.DEFAULT.items(),
                Duration.ofSeconds(seconds),
                queue,
                scoring.batch());
        List<RewardSpec> specs = rewardTexts.stream().map(RewardSpec::parse).toList();
        // Samples of several requests are scored together, and would be compared with each other.
        RewardCommand.refuseGroups(specs);
        try (Scorer scorer = scoring.open(specs)) {
            run(new ScoreServer(address, token, Optional.ofNullable(root), scorer, limits), scorer.names());
        }
        return 0;
    }

    /** Waits until the process is asked to end. */
    private void run(ScoreServer server, List<String> names) {
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(
                () -> {
                    server.close();
                    ended.countDown();
                },
                "ending");
        Runtime.getRuntime().addShutdownHook(hook);
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "Listening on http://%s:%s; scores by %s%n",
                host, server.address().getPort(), String.join(", ", names));
        out.flush();
        try {
            ended.await();
        } catch (InterruptedException e) {
            server.close();
            Runtime.getRuntime().removeShutdownHook(hook);
            Thread.currentThread().interrupt();
        }
    }

    private Optional<String> token() throws IOException {
        String text = tokenFile == null ? System.getenv(TOKEN) : Files.readString(tokenFile);
        if (text != null && tokenFile != null && text.isBlank()) {
            throw new IOException("%s is empty; a token is expected.".formatted(tokenFile));
        }
        return Optional.ofNullable(text).map(String::strip).filter(given -> !given.isEmpty());
    }

    private InetSocketAddress address(Optional<String> token) {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("--host (%s) is not known.".formatted(host), e);
        }
        if (!address.isLoopbackAddress() && token.isEmpty()) {
            throw new IllegalArgumentException(
                    "--host (%s) can be reached from other machines, so that a token is needed.%nMaybe set %s, or name --token-file."
                            .formatted(host, TOKEN));
        }
        return new InetSocketAddress(address, port);
    }
}
