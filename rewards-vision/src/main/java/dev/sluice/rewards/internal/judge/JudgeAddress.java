package dev.sluice.rewards.internal.judge;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** Where a judge is asked. */
final class JudgeAddress {
    private static final String CHAT = "/chat/completions";

    private JudgeAddress() {}

    /**
     * Completes an endpoint: {@code http://127.0.0.1:8000}, the same with {@code /v1}, or the whole address.
     *
     * @param option what messages call it
     * @throws IllegalArgumentException if it is no address that can be asked
     */
    static URI of(String option, String text) {
        URI given;
        try {
            given = new URI(text.strip());
        } catch (URISyntaxException e) {
            throw wrong(option, text);
        }
        if (given.getRawUserInfo() != null) { // not shown, because it is a secret
            throw new IllegalArgumentException(
                    "%s must hold no user and password.%nMaybe put the key into an environment variable and name it with keyVariable."
                            .formatted(option));
        }
        String scheme = given.getScheme() == null ? "" : given.getScheme().toLowerCase(Locale.ROOT);
        if (!(scheme.equals("http") || scheme.equals("https"))
                || given.getHost() == null
                || given.getRawFragment() != null) {
            throw wrong(option, text);
        }
        String path = given.getRawPath().replaceAll("/+$", "");
        if (!path.endsWith(CHAT)) {
            path = (path.isEmpty() ? "/v1" : path) + CHAT;
        }
        String query = given.getRawQuery() == null ? "" : "?" + given.getRawQuery();
        return URI.create(scheme + "://" + given.getRawAuthority() + path + query);
    }

    private static IllegalArgumentException wrong(String option, String text) {
        return new IllegalArgumentException(
                "%s (%s) must be an address such as http://127.0.0.1:8000/v1.".formatted(option, text));
    }

    /** Returns whether what is sent there can be read by nobody on the way. */
    static boolean isPrivate(URI address) {
        String host = address.getHost();
        return address.getScheme().equals("https")
                || host.equalsIgnoreCase("localhost")
                || host.matches("127\\.\\d+\\.\\d+\\.\\d+")
                || host.equals("[::1]");
    }
}
