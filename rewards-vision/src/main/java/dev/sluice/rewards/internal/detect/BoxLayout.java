package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.internal.onnx.OnnxNetwork.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How the outputs of a detector say what it found. Each box has its best class. */
enum BoxLayout {
    /** YOLOv8, v9, 11 and 12: (1, 4 + classes, n), middle and size in pixels of the input, then a score for each class. */
    YOLOV8(true, 0.5) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows rows = only(outputs).columns(4 + frame.classes, this);
            return rows.candidates(i -> {
                Best best = rows.best(i, 4, frame.classes);
                return new Candidate(best.index, best.value, middle(rows, i, 1, 1));
            });
        }
    },
    /** YOLOv5 and v7: (1, n, 5 + classes), the same with the score of there being anything before those of the classes. */
    YOLOV5(true, 0.5) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows rows = only(outputs).rows(5 + frame.classes, this);
            return rows.candidates(i -> {
                Best best = rows.best(i, 5, frame.classes);
                return new Candidate(best.index, best.value * rows.at(i, 4), middle(rows, i, 1, 1));
            });
        }
    },
    /** YOLOX as its own export writes it: the same, but middle and size are told from each place of three grids. */
    YOLOX(true, 0.5) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows rows = only(outputs).rows(5 + frame.classes, this);
            List<double[]> cells = frame.cells();
            if (cells.size() != rows.count) {
                throw new IllegalArgumentException(
                        "it gives %s boxes; grids of 8, 16 and 32 pixels over %s×%s have %s places"
                                .formatted(rows.count, frame.height, frame.width, cells.size()));
            }
            return rows.candidates(i -> {
                double[] cell = cells.get(i);
                double x = (rows.at(i, 0) + cell[0]) * cell[2];
                double y = (rows.at(i, 1) + cell[1]) * cell[2];
                double w = Math.exp(rows.at(i, 2)) * cell[2];
                double h = Math.exp(rows.at(i, 3)) * cell[2];
                Best best = rows.best(i, 5, frame.classes);
                return new Candidate(
                        best.index, best.value * rows.at(i, 4), new double[] {x - w / 2, y - h / 2, x + w / 2, y + h / 2
                        });
            });
        }
    },
    /** YOLOv10, and others that are exported with their suppression: (1, n, 6), edges in pixels of the input, score, class. */
    END2END(true, 1) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows rows = only(outputs).rows(6, this);
            return rows.candidates(i -> new Candidate((int) rows.at(i, 5), rows.at(i, 4), edges(rows, i)));
        }
    },
    /** DETR: {@code logits} (1, n, classes + 1), the last of which is nothing, {@code pred_boxes} as parts of the input. */
    DETR(false, 0.5) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows logits = named(outputs, "logits", "pred_logits").rows(frame.classes + 1, this);
            Rows boxes = named(outputs, "pred_boxes").rows(4, this);
            return logits.candidates(i -> {
                Best best = logits.best(i, 0, frame.classes);
                double sum = 0;
                for (int k = 0; k <= frame.classes; k++) {
                    sum += Math.exp(logits.at(i, k) - best.value);
                }
                return new Candidate(best.index, 1 / sum, middle(boxes, i, frame.width, frame.height));
            });
        }
    },
    /** RT-DETR, D-FINE, Deformable DETR: {@code logits} (1, n, classes), each by itself, and {@code pred_boxes}. */
    RT_DETR(false, 0.5) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows logits = named(outputs, "logits", "pred_logits").rows(frame.classes, this);
            Rows boxes = named(outputs, "pred_boxes").rows(4, this);
            return logits.candidates(i -> {
                Best best = logits.best(i, 0, frame.classes);
                double score = 1 / (1 + Math.exp(-best.value));
                return new Candidate(best.index, score, middle(boxes, i, frame.width, frame.height));
            });
        }
    },
    /** Three outputs {@code boxes} (n, 4), {@code scores} and {@code labels} (n), edges in pixels of the input. */
    BOXES(false, 1) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows boxes = named(outputs, "boxes").rows(4, this);
            float[] scores = named(outputs, "scores").values.values();
            float[] labels = named(outputs, "labels").values.values();
            return boxes.candidates(i -> new Candidate((int) labels[i], scores[i], edges(boxes, i)));
        }
    },
    /** MMDetection's export: {@code dets} (1, n, 5), edges in pixels of the input and a score, and {@code labels} (1, n). */
    MMDET(false, 1) {
        @Override
        List<Candidate> read(Map<String, Values> outputs, Frame frame) {
            Rows dets = named(outputs, "dets").rows(5, this);
            float[] labels = named(outputs, "labels").values.values();
            return dets.candidates(i -> new Candidate((int) labels[i], dets.at(i, 4), edges(dets, i)));
        }
    };

    private final boolean single;
    private final double overlap;

    BoxLayout(boolean single, double overlap) {
        this.single = single;
        this.overlap = overlap;
    }

    /** Returns how much of their union two boxes of a class may share, unless the folder says otherwise; 1 is any. */
    double overlap() {
        return overlap;
    }

    /** Returns whether all stands in one output, the first. */
    boolean single() {
        return single;
    }

    /** Returns the name that a folder's descriptor uses. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Reads what was found.
     *
     * @throws IllegalArgumentException if the outputs are not of this layout
     */
    abstract List<Candidate> read(Map<String, Values> outputs, Frame frame);

    /**
     * A box before it counts.
     *
     * @param kind index of the class
     * @param score 0 to 1
     * @param edges left, upper, right, lower in pixels of the input
     */
    record Candidate(int kind, double score, double[] edges) {}

    /**
     * What the outputs speak of.
     *
     * @param height rows of the input
     * @param width columns of the input
     * @param classes how many there are
     */
    record Frame(int height, int width, int classes) {
        /** Returns column, row and size of every place of YOLOX's grids. */
        List<double[]> cells() {
            List<double[]> cells = new ArrayList<>();
            for (int stride : new int[] {8, 16, 32}) {
                for (int y = 0; y < height / stride; y++) {
                    for (int x = 0; x < width / stride; x++) {
                        cells.add(new double[] {x, y, stride});
                    }
                }
            }
            return cells;
        }
    }

    private static double[] edges(Rows rows, int i) {
        return new double[] {rows.at(i, 0), rows.at(i, 1), rows.at(i, 2), rows.at(i, 3)};
    }

    /** Returns the edges of a box that is given by its middle and its size. */
    private static double[] middle(Rows rows, int i, double across, double down) {
        double w = rows.at(i, 2) * across;
        double h = rows.at(i, 3) * down;
        double left = rows.at(i, 0) * across - w / 2;
        double top = rows.at(i, 1) * down - h / 2;
        return new double[] {left, top, left + w, top + h};
    }

    private static Output only(Map<String, Values> outputs) {
        return new Output(outputs.values().iterator().next());
    }

    private static Output named(Map<String, Values> outputs, String... names) {
        return Arrays.stream(names)
                .filter(outputs::containsKey)
                .map(name -> new Output(outputs.get(name)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "it has no output %s; it has %s".formatted(names[0], outputs.keySet())));
    }

    private record Best(int index, double value) {}

    /** An output whose batch has one picture. */
    private record Output(Values values) {
        /** Returns it as n rows of so many values. */
        Rows rows(int size, BoxLayout layout) {
            long[] shape = values.shape();
            if (shape.length < 2 || shape[shape.length - 1] != size) {
                throw wrong(layout, "(1, n, %s)".formatted(size));
            }
            return new Rows(values.values(), values.values().length / size, size, 1);
        }

        /** Returns it as n columns of so many values. */
        Rows columns(int size, BoxLayout layout) {
            long[] shape = values.shape();
            if (shape.length < 2 || shape[shape.length - 2] != size) {
                throw wrong(layout, "(1, %s, n)".formatted(size));
            }
            int count = (int) shape[shape.length - 1];
            return new Rows(values.values(), count, 1, count);
        }

        private IllegalArgumentException wrong(BoxLayout layout, String expected) {
            return new IllegalArgumentException("it gives %s values; with these classes the layout %s has %s"
                    .formatted(Arrays.toString(values.shape()), layout.word(), expected));
        }
    }

    /** Makes a candidate of a row. */
    @FunctionalInterface
    private interface Reading {
        Candidate of(int row);
    }

    /** Values by row and place, wherever they stand. */
    private record Rows(float[] values, int count, int row, int place) {
        double at(int i, int k) {
            return values[i * row + k * place];
        }

        Best best(int i, int first, int classes) {
            int best = 0;
            for (int k = 1; k < classes; k++) {
                best = at(i, first + k) > at(i, first + best) ? k : best;
            }
            return new Best(best, at(i, first + best));
        }

        List<Candidate> candidates(Reading reading) {
            List<Candidate> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(reading.of(i));
            }
            return all;
        }
    }
}
