package dev.sluice.rewards.internal.artifact;

import dev.sluice.video.Media;

/**
 * How colourful a picture is.
 *
 * <p>Source: Hasler and Süsstrunk (2003), "Measuring colourfulness in natural images": with rg = R − G and yb = (R + G)/2 − B,
 * √(var rg + var yb) + 0.3·√(mean² rg + mean² yb).
 *
 * @param colourfulness at least 0; about 80 is very colourful
 * @param saturated the share of pixels with a saturation of at least 0.98 and a channel of at least 250
 */
public record Colours(double colourfulness, double saturated) {
    /** Measures a frame. */
    public static Colours of(Media media, int frame) {
        int area = media.height() * media.width();
        byte[] rgb = media.rgb();
        double[] sums = new double[4];
        int saturated = 0;
        int at = frame * 3 * area;
        for (int i = 0; i < area; i++, at += 3) {
            int red = rgb[at] & 0xFF;
            int green = rgb[at + 1] & 0xFF;
            int blue = rgb[at + 2] & 0xFF;
            double redGreen = red - green;
            double yellowBlue = (red + green) / 2.0 - blue;
            sums[0] += redGreen;
            sums[1] += redGreen * redGreen;
            sums[2] += yellowBlue;
            sums[3] += yellowBlue * yellowBlue;
            int most = Math.max(red, Math.max(green, blue));
            int least = Math.min(red, Math.min(green, blue));
            saturated += most >= 250 && most - least >= 0.98 * most ? 1 : 0;
        }
        double rg = sums[0] / area;
        double yb = sums[2] / area;
        double variance = Math.max(0, sums[1] / area - rg * rg) + Math.max(0, sums[3] / area - yb * yb);
        return new Colours(Math.sqrt(variance) + 0.3 * Math.hypot(rg, yb), (double) saturated / area);
    }
}
