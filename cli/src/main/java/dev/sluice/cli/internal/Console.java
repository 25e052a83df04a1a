package dev.sluice.cli.internal;

/** What is known of where the output goes. */
public final class Console {
    private Console() {}

    /** Returns whether a line may be drawn over: the process has a terminal, and not one that cannot. */
    public static boolean redraws() {
        return System.console() != null && !"dumb".equals(System.getenv("TERM"));
    }
}
