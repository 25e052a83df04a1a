package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Place;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesWorld;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Captions that say more than a prompt does, such as "a red circle left of a square" or "two red circles and a star". There are
 * too many of them to be learned by heart, so a model learns what the words do. None combines what is held out.
 *
 * <p>Source: Betker et al. (2023), "Improving image generation with better captions".
 */
public final class DenseCaptions {
    private static final int MOST = 4;
    private static final List<Optional<SceneColor>> COLORS = colors();
    /** Lists of one kind each; a kind is drawn as often as it stands here. */
    private static final List<List<ScenePrompt>> KINDS;

    private static final List<ScenePrompt> ALL;

    static {
        List<ScenePrompt> positions = seen(positions());
        List<ScenePrompt> groups = seen(groups());
        List<ScenePrompt> threes = seen(threes());
        KINDS = List.of(positions, positions, groups, threes);
        ALL = List.of(positions, groups, threes).stream().flatMap(List::stream).toList();
    }

    private DenseCaptions() {}

    /** Draws a caption. */
    public static ScenePrompt draw(SplittableRandom random) {
        List<ScenePrompt> kind = KINDS.get(random.nextInt(KINDS.size()));
        return kind.get(random.nextInt(kind.size()));
    }

    /** Returns all captions. */
    public static List<ScenePrompt> all() {
        return ALL;
    }

    private static List<Optional<SceneColor>> colors() {
        List<Optional<SceneColor>> colors = new ArrayList<>();
        colors.add(Optional.empty());
        for (SceneColor color : SceneColor.values()) {
            colors.add(Optional.of(color));
        }
        return List.copyOf(colors);
    }

    private static List<ScenePrompt> seen(List<ScenePrompt> prompts) {
        return prompts.stream().filter(ScenePrompts::combinesWhatIsSeen).toList();
    }

    /** The positions of training with colours. */
    private static List<ScenePrompt> positions() {
        List<ScenePrompt> all = new ArrayList<>();
        for (ScenePrompt plain : ScenesWorld.prompts(SceneSplit.TRAIN, SceneTask.POSITION)) {
            Wanted target = plain.include().get(0);
            Wanted placed = plain.include().get(1);
            Place place = placed.place().orElseThrow();
            for (Optional<SceneColor> one : COLORS) {
                for (Optional<SceneColor> two : COLORS) {
                    if (one.isPresent() || two.isPresent()) {
                        Wanted first = new Wanted(placed.shape(), 1, one, Optional.of(place));
                        Wanted second = new Wanted(target.shape(), 1, two, Optional.empty());
                        String text = words(first) + " " + place.relation().words() + " " + words(second);
                        all.add(new ScenePrompt(SceneTask.POSITION, text, List.of(second, first), List.of()));
                    }
                }
            }
        }
        return all;
    }

    /** Several of one shape, or of each of two, of one colour each or of any. */
    private static List<ScenePrompt> groups() {
        List<ScenePrompt> all = new ArrayList<>();
        for (Wanted first : wanted(MOST)) {
            if (first.count() > 1 && first.color().isPresent()) {
                all.add(caption(first));
            }
            for (Wanted second : wanted(MOST - first.count())) {
                if (first.shape() != second.shape() && first.count() + second.count() > 2) {
                    all.add(caption(first, second));
                }
            }
        }
        return all;
    }

    private static List<ScenePrompt> threes() {
        List<Wanted> plain =
                wanted(1).stream().filter(wanted -> wanted.color().isEmpty()).toList();
        List<ScenePrompt> all = new ArrayList<>();
        for (Wanted first : plain) {
            for (Wanted second : plain) {
                for (Wanted third : plain) {
                    if (EnumSet.of(first.shape(), second.shape(), third.shape()).size() == 3) {
                        all.add(caption(first, second, third));
                    }
                }
            }
        }
        return all;
    }

    /** Returns one to {@code most} objects of every shape in every colour or none. */
    private static List<Wanted> wanted(int most) {
        List<Wanted> all = new ArrayList<>();
        for (SceneShape shape : SceneShape.values()) {
            for (int count = 1; count <= most; count++) {
                for (Optional<SceneColor> color : COLORS) {
                    all.add(new Wanted(shape, count, color, Optional.empty()));
                }
            }
        }
        return all;
    }

    private static ScenePrompt caption(Wanted... wanted) {
        String text = Stream.of(wanted).map(DenseCaptions::words).collect(Collectors.joining(" and "));
        SceneTask task = wanted.length == 1 ? SceneTask.COUNTING : SceneTask.TWO_OBJECT;
        return new ScenePrompt(task, text, List.of(wanted), List.of());
    }

    private static String words(Wanted wanted) {
        String number = wanted.count() == 1 ? "a" : ScenePrompts.number(wanted.count());
        String noun =
                wanted.count() == 1 ? wanted.shape().word() : wanted.shape().plural();
        return number + wanted.color().map(color -> " " + color.word()).orElse("") + " " + noun;
    }
}
