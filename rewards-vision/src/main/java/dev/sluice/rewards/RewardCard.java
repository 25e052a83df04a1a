package dev.sluice.rewards;

/**
 * What a reader wants to know of a reward before choosing it; {@code sluice reward} prints it.
 *
 * @param scores what it scores, in one line; empty if it does not say
 * @param needs what it needs besides the media and what its facts say, such as a weight file; empty if nothing
 * @param source the paper or code that it follows; empty if there is none
 */
public record RewardCard(String scores, String needs, String source) {
    /** The card of a reward that says nothing of itself. */
    public static final RewardCard NONE = new RewardCard("", "", "");
}
