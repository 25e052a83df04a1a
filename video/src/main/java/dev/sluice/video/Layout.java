package dev.sluice.video;

/**
 * How a picture is brought to a size. Sizes are of the picture as it is shown: rotated upright, and with square pixels
 * where the file says that its pixels are not.
 */
public sealed interface Layout {
    /** As it is stored (but upright), whatever the shape of its pixels. */
    Layout AS_STORED = new AsStored();

    /**
     * Returns where a picture comes to lie.
     *
     * @param height rows as shown
     * @param width columns as stored
     * @param pixelAspect how many times wider than high a pixel is shown
     */
    Placement place(int height, int width, double pixelAspect);

    /**
     * Where a scaled picture lies on the result.
     *
     * @param height rows of the result
     * @param width columns of the result
     * @param scaledHeight rows that the picture is scaled to
     * @param scaledWidth columns that the picture is scaled to
     * @param top row of the result at which the picture begins; negative where it is cut off
     * @param left column of the result at which the picture begins; negative where it is cut off
     */
    record Placement(int height, int width, int scaledHeight, int scaledWidth, int top, int left) {
        static Placement whole(int height, int width) {
            return new Placement(height, width, height, width, 0, 0);
        }

        static Placement centred(int height, int width, double scaledHeight, double scaledWidth) {
            int rows = (int) Math.max(1, Math.round(scaledHeight));
            int columns = (int) Math.max(1, Math.round(scaledWidth));
            return new Placement(
                    height, width, rows, columns, Math.floorDiv(height - rows, 2), Math.floorDiv(width - columns, 2));
        }

        /** Returns whether the picture covers the whole result and nothing of it is cut off. */
        public boolean exact() {
            return height == scaledHeight && width == scaledWidth;
        }
    }

    /** The size of the file. */
    record AsStored() implements Layout {
        @Override
        public Placement place(int height, int width, double pixelAspect) {
            return Placement.whole(height, width);
        }
    }

    /**
     * The given size, whatever that does to the proportions.
     *
     * @param height rows
     * @param width columns
     */
    record Stretch(int height, int width) implements Layout {
        /** Checks the size. */
        public Stretch {
            check(height, width);
        }

        @Override
        public Placement place(int rows, int columns, double pixelAspect) {
            return Placement.whole(height, width);
        }
    }

    /**
     * The largest size within the given one that keeps the proportions; never larger than the file's.
     *
     * @param height most rows
     * @param width most columns
     */
    record Within(int height, int width) implements Layout {
        /** Checks the size. */
        public Within {
            check(height, width);
        }

        @Override
        public Placement place(int rows, int columns, double pixelAspect) {
            double shown = columns * pixelAspect;
            double scale = Math.min(1, Math.min(height / (double) rows, width / shown));
            int scaledHeight = (int) Math.max(1, Math.round(rows * scale));
            int scaledWidth = (int) Math.max(1, Math.round(shown * scale));
            return Placement.whole(scaledHeight, scaledWidth);
        }
    }

    /**
     * The given size, the whole picture in its middle, and black bars.
     *
     * @param height rows
     * @param width columns
     */
    record Letterbox(int height, int width) implements Layout {
        /** Checks the size. */
        public Letterbox {
            check(height, width);
        }

        @Override
        public Placement place(int rows, int columns, double pixelAspect) {
            double shown = columns * pixelAspect;
            double scale = Math.min(height / (double) rows, width / shown);
            return Placement.centred(height, width, rows * scale, shown * scale);
        }
    }

    /**
     * The given size, filled; what stands over at two sides is cut off.
     *
     * @param height rows
     * @param width columns
     */
    record Cover(int height, int width) implements Layout {
        /** Checks the size. */
        public Cover {
            check(height, width);
        }

        @Override
        public Placement place(int rows, int columns, double pixelAspect) {
            double shown = columns * pixelAspect;
            double scale = Math.max(height / (double) rows, width / shown);
            return Placement.centred(height, width, Math.max(height, rows * scale), Math.max(width, shown * scale));
        }
    }

    private static void check(int height, int width) {
        if (!(height >= 1 && width >= 1 && (long) height * width <= 1L << 26)) {
            throw new IllegalArgumentException(
                    "height and width (%s, %s) must be at least 1 and at most %s pixels together."
                            .formatted(height, width, 1L << 26));
        }
    }
}
