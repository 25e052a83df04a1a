package dev.sluice.flow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The physical memory that this process holds, native arrays included; 0 where the operating system does not tell. */
public final class ProcessMemory {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcessMemory() {}

    /** Returns the bytes it holds now. */
    public static long residentBytes() {
        return kibibytes("VmRSS:") * 1024;
    }

    /** Returns the most bytes it has held. */
    public static long peakBytes() {
        return kibibytes("VmHWM:") * 1024;
    }

    private static long kibibytes(String key) {
        if (!Files.isReadable(STATUS)) {
            return 0;
        }
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(key)) {
                    return Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }
}
