package dev.sluice.rewards.internal.detect;

import dev.sluice.video.Media;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The colour that most pixels of a box have, by hue, saturation and value. */
final class PixelColors implements ColorReader {
    @Override
    public List<String> colors(Media picture, List<FoundBox> boxes) {
        return boxes.stream().map(box -> of(box.crop(picture))).toList();
    }

    private static String of(Media crop) {
        Map<String, Integer> counts = new HashMap<>();
        for (int y = 0; y < crop.height(); y++) {
            for (int x = 0; x < crop.width(); x++) {
                counts.merge(
                        of(crop.value(0, y, x, 0), crop.value(0, y, x, 1), crop.value(0, y, x, 2)), 1, Integer::sum);
            }
        }
        return counts.entrySet().stream()
                .max(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .orElse("");
    }

    /** Returns the colour of values in 0..255; empty for grey. */
    static String of(int red, int green, int blue) {
        double most = Math.max(red, Math.max(green, blue)) / 255.0;
        double least = Math.min(red, Math.min(green, blue)) / 255.0;
        double saturation = most == 0 ? 0 : (most - least) / most;
        if (most < 0.2) {
            return "black";
        }
        if (saturation < 0.15) {
            return most > 0.8 ? "white" : "";
        }
        double hue = hue(red / 255.0, green / 255.0, blue / 255.0, most, most - least);
        if (hue >= 10 && hue < 45) {
            return most < 0.6 ? "brown" : hue < 15 ? "red" : hue < 40 ? "orange" : "yellow";
        }
        if (hue >= 45 && hue < 70) {
            return "yellow";
        }
        if (hue >= 70 && hue < 170) {
            return "green";
        }
        if (hue >= 170 && hue < 260) {
            return "blue";
        }
        if (hue >= 260 && hue < 300) {
            return "purple";
        }
        return (hue >= 300 && hue < 345) || (saturation < 0.5 && most > 0.7) ? "pink" : "red";
    }

    private static double hue(double red, double green, double blue, double most, double range) {
        double sixth;
        if (most == red) {
            sixth = (green - blue) / range;
        } else if (most == green) {
            sixth = (blue - red) / range + 2;
        } else {
            sixth = (red - green) / range + 4;
        }
        return (60 * sixth + 360) % 360;
    }
}
