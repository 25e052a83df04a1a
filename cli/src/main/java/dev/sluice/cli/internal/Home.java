package dev.sluice.cli.internal;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the bundled run files and the bundled model are. */
public final class Home {
    private Home() {}

    /** Returns the folder of the sources: what the launcher says, or the nearest folder above that has {@code configs}. */
    public static Path folder() {
        String set = System.getProperty("sluice.home");
        if (set != null) {
            return Path.of(set);
        }
        Path here = Path.of("").toAbsolutePath();
        for (Path at = here; at != null; at = at.getParent()) {
            if (Files.isRegularFile(at.resolve("configs/pom.xml"))) {
                return at;
            }
        }
        return here;
    }
}
