package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.video.Media;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does what docs/adding-a-reward.md says, with the text that stands there. */
class AddingARewardTest {
    @TempDir
    private Path folder;

    @Test
    void theRewardOfTheDocumentCompilesAndIsFoundByItsName() throws IOException {
        String document = Files.readString(DocumentationTest.HOME.resolve("docs/adding-a-reward.md"));
        Path source = write("warmth/example/Warmth.java", document);
        write("warmth/META-INF/services/dev.sluice.rewards.RewardProvider", document);
        Path out = folder.resolve("warmth");
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-cp", System.getProperty("java.class.path"), "-d", out.toString(), "" + source);
        assertThat(status).isZero();

        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {out.toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);
            try (Reward warmth = RewardProvider.named("warmth")) {
                assertThat(warmth.score(List.of(picture(255, 0, 0), picture(0, 9, 255), picture(60, 7, 60)))
                                .values())
                        .containsExactly(1, -1, 0);
            }
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    /** Writes the first block of code that follows the file's name in the document. */
    private Path write(String name, String document) throws IOException {
        Matcher block = Pattern.compile(Pattern.quote("`" + name + "`") + ":\\n\\n```[a-z]*\\n(.*?)```", Pattern.DOTALL)
                .matcher(document);
        assertThat(block.find()).as(name + " in the document").isTrue();
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, block.group(1));
    }

    private static Sample picture(int red, int green, int blue) {
        byte[] rgb = new byte[3 * 4 * 5];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) red;
            rgb[i + 1] = (byte) green;
            rgb[i + 2] = (byte) blue;
        }
        return new Sample(Media.image(4, 5, rgb), "", Map.of());
    }
}
