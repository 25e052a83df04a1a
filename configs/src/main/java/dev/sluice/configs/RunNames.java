package dev.sluice.configs;

/** What a run may be called. */
final class RunNames {
    private RunNames() {}

    static void require(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
            throw new IllegalArgumentException(
                    "name (%s) must be a folder's name of letters, digits, '.', '_' and '-'.".formatted(name));
        }
    }
}
