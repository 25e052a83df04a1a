package dev.sluice.flow;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** The golden models and tensors under {@code fixtures/}. */
final class Fixtures {
    private Fixtures() {}

    static Path path(String name) {
        try {
            return Path.of(Fixtures.class.getResource("/fixtures/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
