package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneRelation;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How near a picture comes to what a prompt asks for, without the verifier's thresholds: a shape that is nearly clear, a colour
 * that is nearly right and a relation that nearly holds count for nearly as much as ones that are, so that any change for
 * the better is worth something.
 *
 * <p>Each wanted object earns s·(1 + c)/2 from the patch it is assigned to, the assignment being the best one:
 * s = clamp((f − 0.5)/0.4) · logistic((f − f' − 0.03)/0.04) with f the fit of the wanted shape and f' the best of the others,
 * and c = clamp(1 − d/180) with d the distance from the wanted colour, or 1 where none is asked for. A relation multiplies the
 * mean by 0.4 + 0.6·clamp(0.5 + 0.7·cos α), α being the angle between the objects' offset and the direction; and w wanted
 * objects among w + e patches multiply it by w/(w + e).
 */
public final class SceneCloseness {
    private static final int MOST_PATCHES = 8;
    private static final int NONE = -1;

    private final ScenePrompt prompt;
    private final List<SceneDetector.Measured> patches;
    /** The requirement of each wanted object. */
    private final List<Integer> wanted = new ArrayList<>();

    private SceneCloseness(ScenePrompt prompt, List<SceneDetector.Measured> patches) {
        this.prompt = prompt;
        this.patches = patches;
        for (int i = 0; i < prompt.include().size(); i++) {
            wanted.addAll(Collections.nCopies(prompt.include().get(i).count(), i));
        }
    }

    /** Returns the closeness in [0, 1]. */
    public static double of(ScenePrompt prompt, Media picture) {
        List<SceneDetector.Measured> patches = SceneDetector.measure(picture);
        SceneCloseness closeness =
                new SceneCloseness(prompt, patches.subList(0, Math.min(MOST_PATCHES, patches.size())));
        int objects = closeness.wanted.size();
        double best = closeness.best(new int[objects], 0, new boolean[closeness.patches.size()]);
        return best * objects / Math.max(objects, patches.size());
    }

    /** Returns the best mean over all ways to assign the objects from {@code next} on to patches that are not taken. */
    private double best(int[] assigned, int next, boolean[] taken) {
        if (next == assigned.length) {
            return mean(assigned);
        }
        assigned[next] = NONE;
        double best = best(assigned, next + 1, taken);
        for (int patch = 0; patch < taken.length; patch++) {
            if (!taken[patch]) {
                taken[patch] = true;
                assigned[next] = patch;
                best = Math.max(best, best(assigned, next + 1, taken));
                taken[patch] = false;
            }
        }
        return best;
    }

    private double mean(int[] assigned) {
        double sum = 0;
        double relation = 1;
        for (int i = 0; i < assigned.length; i++) {
            Wanted one = prompt.include().get(wanted.get(i));
            if (assigned[i] != NONE) {
                sum += earned(one, patches.get(assigned[i]));
            }
            if (one.place().isPresent()) {
                relation = 0.4 + 0.6 * placed(one, assigned[i], assigned);
            }
        }
        return relation * sum / assigned.length;
    }

    private static double earned(Wanted one, SceneDetector.Measured patch) {
        double fit = patch.fits()[one.shape().ordinal()];
        double other = 0;
        for (int shape = 0; shape < patch.fits().length; shape++) {
            other = shape == one.shape().ordinal() ? other : Math.max(other, patch.fits()[shape]);
        }
        double lead = 1 / (1 + Math.exp(-(fit - other - 0.03) / 0.04));
        double color = one.color()
                .map(wanted -> clamp(1 - patch.distances()[wanted.ordinal()] / 180))
                .orElse(1.0);
        return clamp((fit - 0.5) / 0.4) * lead * (1 + color) / 2;
    }

    /** Returns how well an object lies, seen from the first object of the requirement that its relation names, in [0, 1]. */
    private double placed(Wanted one, int patch, int[] assigned) {
        int target = one.place().orElseThrow().target();
        int other = assigned[wanted.indexOf(target)];
        if (patch == NONE || other == NONE) {
            return 0;
        }
        SceneObject a = patches.get(patch).placed().get(one.shape().ordinal());
        SceneObject b = patches.get(other)
                .placed()
                .get(prompt.include().get(target).shape().ordinal());
        SceneRelation relation = one.place().orElseThrow().relation();
        double dx = a.x() - b.x();
        double dy = a.y() - b.y();
        double cosine = (relation.dx() * dx + relation.dy() * dy) / Math.max(Math.hypot(dx, dy), 1e-9);
        return clamp(0.5 + 0.7 * cosine);
    }

    private static double clamp(double value) {
        return Math.max(0, Math.min(1, value));
    }
}
