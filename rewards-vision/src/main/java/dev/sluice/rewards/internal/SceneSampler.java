package dev.sluice.rewards.internal;

import dev.sluice.rewards.Scene;
import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.SceneDrawing;
import dev.sluice.rewards.SceneDrawing.Layout;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneRelation;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.ScenesWorld;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Draws scenes that obey a prompt, by rejection. */
public final class SceneSampler {
    /** Pixels between two bounding boxes: one is what blurs with the background, one stays dark. */
    private static final double GAP = 2;

    private static final double EDGE = 0.5;
    private static final int TRIES = 100_000;
    /** Smallest and greatest radius by number of objects. */
    private static final double[][] RADIUS = {{}, {5, 7}, {4.5, 6.5}, {4.2, 5.5}, {4, 5}};
    /** Pixels, at least, that an object is further right than the one named before it, by number of objects. */
    private static final double[] STEP = {0, 0, 8, 2, 0};

    /** What is left of the brightness of a faded object. */
    private static final double FADED = 0.5;

    private static final double[] ANYWHERE = {};

    private SceneSampler() {}

    /** Returns a scene of exactly the objects that the prompt names. */
    public static Scene draw(ScenePrompt prompt, SceneDrawing drawing, SplittableRandom random) {
        int count = prompt.objects();
        if (!(count >= 1 && count < RADIUS.length)) {
            throw new IllegalArgumentException("The prompt \"%s\" asks for %s objects; a scene holds 1 to %s."
                    .formatted(prompt, count, RADIUS.length - 1));
        }
        double red = random.nextDouble(14, 30);
        double green = random.nextDouble(14, 30);
        double blue = random.nextDouble(14, 34);
        boolean faded = drawing.faded() > 0 && random.nextDouble() < drawing.faded();
        boolean inOrder = drawing.layout() == Layout.AS_NAMED && !placed(prompt);
        for (int i = 0; i < TRIES; i++) {
            double[] across =
                    drawing.layout() == Layout.AS_NAMED ? random.doubles(count).toArray() : ANYWHERE;
            if (inOrder) {
                Arrays.sort(across);
            }
            List<SceneObject> objects = place(prompt, across, random, RADIUS[count]);
            if (apart(objects) && (inOrder ? inSteps(objects) : related(prompt, objects))) {
                return new Scene(faded ? faded(objects) : objects, red, green, blue);
            }
        }
        throw new IllegalStateException("No scene of \"%s\" was found in %s tries.".formatted(prompt, TRIES));
    }

    private static boolean placed(ScenePrompt prompt) {
        return prompt.include().stream().anyMatch(wanted -> wanted.place().isPresent());
    }

    /** Places objects, each at its share of the way across, or anywhere where no shares are given. */
    private static List<SceneObject> place(
            ScenePrompt prompt, double[] across, SplittableRandom random, double[] radii) {
        List<SceneObject> objects = new ArrayList<>();
        for (Wanted wanted : prompt.include()) {
            for (int i = 0; i < wanted.count(); i++) {
                SceneShape shape = wanted.shape();
                SceneColor color = wanted.color().isPresent() ? wanted.color().get() : free(shape, random);
                double radius = random.nextDouble(radii[0], radii[1]);
                double side = radius * shape.halfWidth() + EDGE;
                double x = across.length == 0
                        ? random.nextDouble(side, ScenesWorld.SIZE - side)
                        : side + across[objects.size()] * (ScenesWorld.SIZE - 2 * side);
                double y =
                        random.nextDouble(radius * shape.up() + EDGE, ScenesWorld.SIZE - radius * shape.down() - EDGE);
                objects.add(new SceneObject(shape, color, x, y, radius, random.nextDouble(0.85, 1)));
            }
        }
        return objects;
    }

    private static List<SceneObject> faded(List<SceneObject> objects) {
        return objects.stream()
                .map(object -> new SceneObject(
                        object.shape(),
                        object.color(),
                        object.x(),
                        object.y(),
                        object.radius(),
                        FADED * object.shade()))
                .toList();
    }

    private static SceneColor free(SceneShape shape, SplittableRandom random) {
        SceneColor[] colors = SceneColor.values();
        SceneColor color;
        do {
            color = colors[random.nextInt(colors.length)];
        } while (ScenePrompts.heldOut(color, shape));
        return color;
    }

    private static boolean apart(List<SceneObject> objects) {
        for (int i = 0; i < objects.size(); i++) {
            for (int j = 0; j < i; j++) {
                SceneObject a = objects.get(i);
                SceneObject b = objects.get(j);
                double x = Math.max(a.left(), b.left()) - Math.min(a.right(), b.right());
                double y = Math.max(a.top(), b.top()) - Math.min(a.bottom(), b.bottom());
                if (Math.max(x, y) < GAP) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean inSteps(List<SceneObject> objects) {
        for (int i = 1; i < objects.size(); i++) {
            if (objects.get(i).x() - objects.get(i - 1).x() < STEP[objects.size()]) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether every asked relation holds beyond doubt: less than 37° off the axis. */
    private static boolean related(ScenePrompt prompt, List<SceneObject> objects) {
        for (int i = 0; i < prompt.include().size(); i++) {
            Wanted wanted = prompt.include().get(i);
            if (wanted.place().isPresent()) {
                SceneRelation relation = wanted.place().get().relation();
                SceneObject a = objects.get(i); // a prompt of position has one object of each shape
                SceneObject b = objects.get(wanted.place().get().target());
                double dx = a.x() - b.x();
                double dy = a.y() - b.y();
                if (dx * relation.dx() + dy * relation.dy() < 0.8 * Math.hypot(dx, dy)) {
                    return false;
                }
            }
        }
        return true;
    }
}
