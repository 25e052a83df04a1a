package dev.sluice.rewards.internal;

import static dev.sluice.rewards.SceneColor.GREEN;
import static dev.sluice.rewards.SceneColor.PURPLE;
import static dev.sluice.rewards.SceneColor.RED;
import static dev.sluice.rewards.SceneColor.YELLOW;
import static dev.sluice.rewards.SceneShape.CIRCLE;
import static dev.sluice.rewards.SceneShape.STAR;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Place;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneRelation;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.rewards.SceneTask;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** All prompts of the scenes world and how they are divided; {@link dev.sluice.rewards.ScenesWorld} says why. */
public final class ScenePrompts {
    private static final String[] COUNTS = {"", "one", "two", "three", "four"};
    private static final Map<SceneShape, Integer> HELD_OUT_COUNTS =
            Map.of(CIRCLE, 3, SceneShape.SQUARE, 4, SceneShape.TRIANGLE, 2, STAR, 3);
    private static final Map<SceneShape, SceneColor> HELD_OUT_COLORS =
            Map.of(CIRCLE, YELLOW, SceneShape.SQUARE, GREEN, SceneShape.TRIANGLE, PURPLE, STAR, RED);
    /** How many attribute bindings of each kind the test split takes: the tasks are weighed alike, so more tell little. */
    private static final int TEST_BINDINGS_OF_A_KIND = 8;

    private static final Map<SceneTask, List<ScenePrompt>> ALL = new HashMap<>();
    private static final Map<SceneSplit, List<ScenePrompt>> SPLITS = new HashMap<>();
    private static final Set<String> SEEN;
    private static final Map<String, ScenePrompt> BY_TEXT;

    static {
        for (SceneTask task : SceneTask.values()) {
            ALL.put(task, List.copyOf(make(task)));
        }
        for (SceneSplit split : SceneSplit.values()) {
            SPLITS.put(split, new ArrayList<>());
        }
        for (SceneTask task : SceneTask.values()) {
            divide(task);
        }
        SPLITS.replaceAll((split, prompts) -> List.copyOf(prompts));
        SEEN = SPLITS.get(SceneSplit.TRAIN).stream()
                .map(ScenePrompts::combination)
                .collect(Collectors.toUnmodifiableSet());
        BY_TEXT = ALL.values().stream()
                .flatMap(List::stream)
                .collect(Collectors.toUnmodifiableMap(ScenePrompt::text, prompt -> prompt));
    }

    private ScenePrompts() {}

    /** Returns all prompts of a split. */
    public static List<ScenePrompt> of(SceneSplit split) {
        return SPLITS.get(split);
    }

    /** Returns all prompts of a task. */
    public static List<ScenePrompt> all(SceneTask task) {
        return ALL.get(task);
    }

    /** Returns the prompt with these words, if there is one; blanks and case do not matter. */
    public static Optional<ScenePrompt> named(String text) {
        return Optional.ofNullable(BY_TEXT.get(plain(text)));
    }

    /** Returns the words of every prompt. */
    static Set<String> texts() {
        return BY_TEXT.keySet();
    }

    private static String plain(String text) {
        return text.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    }

    /** Returns whether no training prompt has this prompt's combination. */
    public static boolean unseen(ScenePrompt prompt) {
        return !SEEN.contains(combination(prompt));
    }

    /**
     * Returns whether a caption combines nothing that is held out: of each two shapes, their arrangement and their colours, and
     * of each shape, its colour and its count.
     */
    static boolean combinesWhatIsSeen(ScenePrompt caption) {
        List<Wanted> include = caption.include();
        if (heldOut(caption) || include.stream().anyMatch(one -> HELD_OUT_COUNTS.get(one.shape()) == one.count())) {
            return false;
        }
        if (include.stream().anyMatch(one -> one.place().isPresent())) {
            List<Wanted> plain = include.stream()
                    .map(one -> new Wanted(one.shape(), 1, Optional.empty(), one.place()))
                    .toList();
            if (unseen(new ScenePrompt(SceneTask.POSITION, caption.text(), plain, List.of()))) {
                return false;
            }
        }
        if (include.size() == 2) {
            Optional<SceneColor> one = include.get(0).color();
            Optional<SceneColor> two = include.get(1).color();
            boolean differ = one.isPresent() && two.isPresent() && !one.equals(two);
            if (differ) {
                List<Wanted> singles = include.stream()
                        .map(wanted -> Wanted.of(wanted.shape(), wanted.color().get()))
                        .toList();
                return !unseen(new ScenePrompt(SceneTask.COLOR_ATTR, caption.text(), singles, List.of()));
            }
        }
        return true;
    }

    /** Returns the word for a count of one to four. */
    static String number(int count) {
        return COUNTS[count];
    }

    /** Returns whether a coloured shape is kept out of training prompts and of pictures whose prompt leaves the colour free. */
    public static boolean heldOut(SceneColor color, SceneShape shape) {
        return HELD_OUT_COLORS.get(shape) == color;
    }

    /** Returns the sorted vocabulary. */
    public static List<String> words() {
        Set<String> words = new TreeSet<>();
        ALL.values()
                .forEach(prompts -> prompts.forEach(
                        prompt -> words.addAll(List.of(prompt.text().split(" ")))));
        return List.copyOf(words);
    }

    private static List<ScenePrompt> make(SceneTask task) {
        List<ScenePrompt> prompts = new ArrayList<>();
        for (SceneShape shape : SceneShape.values()) {
            switch (task) {
                case SINGLE_OBJECT -> prompts.add(plain(task, "a " + shape.word(), Wanted.of(shape, 1)));
                case COUNTING -> {
                    for (int n = 1; n < COUNTS.length; n++) {
                        prompts.add(count(shape, n));
                    }
                }
                case COLORS -> {
                    for (SceneColor color : SceneColor.values()) {
                        prompts.add(plain(task, a(color, shape), Wanted.of(shape, color)));
                    }
                }
                default -> {
                    for (SceneShape other : SceneShape.values()) {
                        if (other != shape) {
                            addPairs(prompts, task, shape, other);
                        }
                    }
                }
            }
        }
        return prompts;
    }

    private static void addPairs(List<ScenePrompt> prompts, SceneTask task, SceneShape first, SceneShape second) {
        if (task == SceneTask.TWO_OBJECT) {
            prompts.add(plain(
                    task,
                    "a %s and a %s".formatted(first.word(), second.word()),
                    Wanted.of(first, 1),
                    Wanted.of(second, 1)));
        } else if (task == SceneTask.POSITION) {
            for (SceneRelation relation : SceneRelation.values()) {
                Wanted placed = new Wanted(first, 1, Optional.empty(), Optional.of(new Place(relation, 0)));
                String text = "a %s %s a %s".formatted(first.word(), relation.words(), second.word());
                prompts.add(plain(task, text, Wanted.of(second, 1), placed));
            }
        } else {
            for (SceneColor one : SceneColor.values()) {
                for (SceneColor two : SceneColor.values()) {
                    if (one != two) {
                        String text = a(one, first) + " and " + a(two, second);
                        prompts.add(plain(task, text, Wanted.of(first, one), Wanted.of(second, two)));
                    }
                }
            }
        }
    }

    private static String a(SceneColor color, SceneShape shape) {
        return "a %s %s".formatted(color.word(), shape.word());
    }

    private static ScenePrompt plain(SceneTask task, String text, Wanted... include) {
        return new ScenePrompt(task, text, List.of(include), List.of());
    }

    private static ScenePrompt count(SceneShape shape, int n) {
        String text = COUNTS[n] + " " + (n == 1 ? shape.word() : shape.plural());
        return new ScenePrompt(
                SceneTask.COUNTING, text, List.of(Wanted.of(shape, n)), List.of(Wanted.of(shape, n + 1)));
    }

    /** Names what a prompt combines, whichever object it names first. */
    private static String combination(ScenePrompt prompt) {
        return prompt.task()
                + prompt.include().stream()
                        .map(wanted -> wanted.shape().word()
                                + wanted.count()
                                + wanted.color().map(SceneColor::word).orElse(""))
                        .sorted()
                        .collect(Collectors.joining(",", " ", ""))
                + arrangement(prompt);
    }

    /** Names the relation as seen from the alphabetically first shape. */
    private static String arrangement(ScenePrompt prompt) {
        for (Wanted wanted : prompt.include()) {
            if (wanted.place().isPresent()) {
                Place place = wanted.place().get();
                SceneShape other = prompt.include().get(place.target()).shape();
                boolean first = wanted.shape().word().compareTo(other.word()) < 0;
                return " " + (first ? place.relation() : place.relation().opposite()).words();
            }
        }
        return "";
    }

    private static void divide(SceneTask task) {
        List<ScenePrompt> train = SPLITS.get(SceneSplit.TRAIN);
        List<ScenePrompt> test = SPLITS.get(SceneSplit.TEST);
        if (task == SceneTask.SINGLE_OBJECT) {
            train.addAll(ALL.get(task));
            test.addAll(ALL.get(task));
            return;
        }
        List<ScenePrompt> open = new ArrayList<>();
        List<ScenePrompt> held = new ArrayList<>();
        for (ScenePrompt prompt : ALL.get(task)) {
            (heldOut(prompt) ? held : open).add(prompt);
        }
        takeTest(task, held, test);
        // Of what is left, whole combinations first, then one of the two wordings of others.
        List<String> combinations = shuffled(open);
        int whole = task == SceneTask.POSITION ? 2 : task == SceneTask.COLOR_ATTR ? combinations.size() / 7 : 0;
        int half = task == SceneTask.TWO_OBJECT ? 2 : task == SceneTask.POSITION ? 4 : 12;
        Set<String> unseen = new LinkedHashSet<>(combinations.subList(0, whole));
        Set<String> oneOrder = new LinkedHashSet<>();
        if (task == SceneTask.TWO_OBJECT || task == SceneTask.POSITION || task == SceneTask.COLOR_ATTR) {
            oneOrder.addAll(combinations.subList(whole, whole + half));
        }
        List<ScenePrompt> unseenPrompts = new ArrayList<>();
        List<ScenePrompt> reworded = new ArrayList<>();
        for (ScenePrompt prompt : open) {
            String combination = combination(prompt);
            if (unseen.contains(combination)) {
                unseenPrompts.add(prompt);
            } else if (oneOrder.remove(combination)) {
                reworded.add(prompt); // the first wording is held out, the second stays in training
            } else {
                train.add(prompt);
            }
        }
        takeTest(task, unseenPrompts, test);
        takeTest(task, reworded, test);
    }

    private static void takeTest(SceneTask task, List<ScenePrompt> from, List<ScenePrompt> test) {
        int most = task == SceneTask.COLOR_ATTR ? TEST_BINDINGS_OF_A_KIND : from.size();
        from.stream()
                .sorted((a, b) -> Integer.compare(
                        a.text().hashCode() * 0x9E3779B1, b.text().hashCode() * 0x9E3779B1))
                .limit(most)
                .forEach(test::add);
    }

    private static List<String> shuffled(List<ScenePrompt> prompts) {
        return prompts.stream()
                .map(ScenePrompts::combination)
                .distinct()
                .sorted((a, b) -> Integer.compare(a.hashCode() * 0x9E3779B1, b.hashCode() * 0x9E3779B1))
                .toList();
    }

    private static boolean heldOut(ScenePrompt prompt) {
        boolean colored = false;
        Set<SceneShape> shapes = new LinkedHashSet<>();
        for (Wanted wanted : prompt.include()) {
            shapes.add(wanted.shape());
            colored |= wanted.color().isPresent() && heldOut(wanted.color().get(), wanted.shape());
        }
        Wanted first = prompt.include().get(0);
        return colored
                || shapes.containsAll(Set.of(CIRCLE, STAR))
                || prompt.task() == SceneTask.COUNTING && HELD_OUT_COUNTS.get(first.shape()) == first.count();
    }
}
