package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/** Against diffusers 0.40.0.dev0: fixtures/schedules. */
class SchedulerTest {
    private static final double SIGMA_TOLERANCE = 1e-6;
    private static final double TIMESTEP_TOLERANCE = 1e-3;

    private SafetensorsFile golden;

    @BeforeEach
    void openGolden() throws IOException {
        golden = SafetensorsFile.open(Fixtures.path("schedules/golden.safetensors"));
    }

    @AfterEach
    void close() throws IOException {
        golden.close();
    }

    private double[] numbers(String name) throws IOException {
        float[] floats = golden.floats(name);
        return IntStream.range(0, floats.length).mapToDouble(i -> floats[i]).toArray();
    }

    private static ObjectNode config(String folder) throws IOException {
        Path file = Path.of("src/test/resources/fixtures/schedules", folder, "scheduler_config.json");
        JsonNode node = new ObjectMapper().readTree(Files.readString(file));
        return (ObjectNode) node;
    }

    private void assertEqual(String prefix, Scheduler scheduler, TimeSchedule schedule) throws IOException {
        double[] sigmas = numbers(prefix + ".sigmas");
        assertThat(schedule.sigmas()).as(prefix).containsExactly(sigmas, within(SIGMA_TOLERANCE));
        double[] timesteps = Arrays.stream(schedule.sigmas(), 0, schedule.steps())
                .map(scheduler::timestep)
                .toArray();
        assertThat(timesteps).as(prefix).containsExactly(numbers(prefix + ".timesteps"), within(TIMESTEP_TOLERANCE));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 10, 28, 40, 50})
    void sd3ShiftsTwice(int steps) throws IOException {
        for (int shift : new int[] {1, 3, 6}) {
            ObjectNode config = config("sd3_scheduler");
            config.put("shift", (double) shift);
            Scheduler scheduler = Scheduler.read(config);
            assertEqual("sd3.shift%s.n%s".formatted(shift, steps), scheduler, scheduler.schedule(steps, 0));
        }
    }

    @Test
    void givenSigmasAreShiftedOnce() throws IOException {
        Scheduler.FlowMatchEuler scheduler = new Scheduler.FlowMatchEuler(3);
        assertEqual("sd3.custom", scheduler, scheduler.schedule(new double[] {1, 0.9, 0.55, 0.2, 0.03}, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 256, 1024, 1536, 4096, 6144})
    void fluxShiftsByTheNumberOfTokens(int tokens) throws IOException {
        Scheduler scheduler = Scheduler.read(config("flux_scheduler"));
        double mu = ((SigmaShift.Dynamic) ((Scheduler.FlowMatchEuler) scheduler).shift()).mu(tokens);
        assertThat(mu).isCloseTo(golden.floats("flux.seq%s.mu".formatted(tokens))[0], within(1e-6));
        for (int steps : new int[] {2, 4, 10, 28}) {
            assertEqual("flux.seq%s.n%s".formatted(tokens, steps), scheduler, scheduler.schedule(steps, tokens));
        }
    }

    @Test
    void linearShiftAndTerminalLevel() throws IOException {
        ObjectNode config = config("flux_scheduler");
        config.put("time_shift_type", "linear").put("shift_terminal", 0.02);
        Scheduler.FlowMatchEuler scheduler = (Scheduler.FlowMatchEuler) Scheduler.read(config);
        TimeSchedule schedule = scheduler.schedule(SigmaGrid.linear(1, 1.0 / 8, 8), 1.7);
        assertEqual("flux.linear_terminal.n8", scheduler, schedule);
        assertThat(schedule.sigma(7)).isCloseTo(0.02, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"3,4", "3,10", "3,28", "3,40", "5,4", "5,10", "5,28", "5,40"})
    void wanGridsOfBothSchedulers(int shift, int steps) throws IOException {
        Scheduler euler = new Scheduler.FlowMatchEuler(shift);
        assertEqual("wan.euler%s.n%s".formatted(shift, steps), euler, euler.schedule(steps, 0));
        Scheduler uniPc = Scheduler.read(config("wan_unipc_scheduler").put("flow_shift", (double) shift));
        assertEqual("wan.unipc%s.n%s".formatted(shift, steps), uniPc, uniPc.schedule(steps, 0));
    }

    @Test
    void spacingsKeepTheEndsAndKarrasIsTheirFormula() {
        TimeSchedule plain = new Scheduler.FlowMatchEuler(3).schedule(12, 0);
        for (Scheduler.Spacing spacing : Scheduler.Spacing.values()) {
            TimeSchedule schedule = new Scheduler.FlowMatchEuler(
                            1000, new SigmaShift.Fixed(3), OptionalDouble.empty(), spacing)
                    .schedule(12, 0);
            assertThat(schedule.sigma(0)).as("%s", spacing).isCloseTo(1, within(1e-12));
            assertThat(schedule.sigma(11)).as("%s", spacing).isCloseTo(plain.sigma(11), within(1e-12));
        }
        double least = plain.sigma(11);
        double root = Math.pow(least, 1.0 / 7);
        TimeSchedule karras = new Scheduler.FlowMatchEuler(
                        1000, new SigmaShift.Fixed(3), OptionalDouble.empty(), Scheduler.Spacing.KARRAS)
                .schedule(12, 0);
        assertThat(karras.sigma(4)).isCloseTo(Math.pow(1 + 4.0 / 11 * (root - 1), 7), within(1e-12));
        TimeSchedule exponential = new Scheduler.FlowMatchEuler(
                        1000, new SigmaShift.Fixed(3), OptionalDouble.empty(), Scheduler.Spacing.EXPONENTIAL)
                .schedule(12, 0);
        assertThat(exponential.sigma(4)).isCloseTo(Math.pow(least, 4.0 / 11), within(1e-12));
    }

    /** What diffusers' scheduler gives for SD3's shift, and for levels and a dynamic shift as FLUX's pipeline hands it. */
    @ParameterizedTest
    @EnumSource(
            value = Scheduler.Spacing.class,
            names = {"KARRAS", "EXPONENTIAL", "BETA"})
    void spacingsEqualDiffusers(Scheduler.Spacing spacing) throws IOException {
        Scheduler.FlowMatchEuler scheduler =
                new Scheduler.FlowMatchEuler(1000, new SigmaShift.Fixed(3), OptionalDouble.empty(), spacing);
        String name = spacing.name().toLowerCase(Locale.ROOT);
        try (SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("spacings/golden.safetensors"))) {
            assertClose(scheduler.schedule(7, 0), golden.floats(name + ".7"));
            assertClose(scheduler.schedule(20, 0), golden.floats(name + ".20"));
            assertClose(
                    scheduler.schedule(SigmaGrid.linear(1, 1.0 / 7, 7), Math.exp(0.8)),
                    golden.floats(name + ".dynamic.7"));
        }
    }

    /** The same from the settings of a file, with a fixed shift and with a dynamic one. */
    @ParameterizedTest
    @CsvSource({"use_karras_sigmas, karras", "use_exponential_sigmas, exponential", "use_beta_sigmas, beta"})
    void spacingsAreReadFromTheConfiguration(String key, String name) throws IOException {
        Scheduler fixed = Scheduler.read(config("sd3_scheduler").put(key, true));
        // The fixture's μ of 0.8, whatever the number of tokens.
        ObjectNode flux = config("flux_scheduler").put("base_shift", 0.8).put("max_shift", 0.8);
        Scheduler dynamic = Scheduler.read(flux.put(key, true));
        try (SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("spacings/golden.safetensors"))) {
            assertClose(fixed.schedule(7, 0), golden.floats(name + ".7"));
            assertClose(fixed.schedule(20, 0), golden.floats(name + ".20"));
            assertClose(dynamic.schedule(7, 1234), golden.floats(name + ".dynamic.7"));
        }
        double[] plain = Scheduler.read(config("sd3_scheduler").put(key, false))
                .schedule(7, 0)
                .sigmas();
        assertThat(plain)
                .isEqualTo(new Scheduler.FlowMatchEuler(3).schedule(7, 0).sigmas());
        assertThat(Math.abs(plain[3] - fixed.schedule(7, 0).sigma(3))).isGreaterThan(0.01);
        String other = key.equals("use_beta_sigmas") ? "use_karras_sigmas" : "use_beta_sigmas";
        assertThatThrownBy(() ->
                        Scheduler.read(config("sd3_scheduler").put(key, true).put(other, true)))
                .hasMessageContaining(key)
                .hasMessageContaining(other)
                .hasMessageContaining("are both true; expected one");
        assertThatThrownBy(() -> Scheduler.read(config("sd3_scheduler").put(key, "yes")))
                .hasMessage("scheduler_config.json: %s (\"yes\") must be true or false.".formatted(key));
        assertThatThrownBy(() -> Scheduler.read(config("wan_unipc_scheduler").put(key, true)))
                .hasMessageContaining(key + " (true) must be false");
    }

    /** The levels of training, φ_3 of evenly spaced ones; the least of them is where a grid of a fixed shift begins to be shifted again. */
    @Test
    void levelsOfTrainingEqualDiffusers() throws IOException {
        double[] levels = numbers("sd3.init.sigmas");
        assertThat(levels).hasSize(1000);
        TimeSchedule ours = new TimeSchedule.Shifted(1000, 3);
        assertThat(Arrays.copyOf(ours.sigmas(), 1000)).containsExactly(levels, within(SIGMA_TOLERANCE));
        double[] base = new SigmaShift.Fixed(3).base(28, 1000);
        assertThat(base[27]).isCloseTo(levels[999], within(SIGMA_TOLERANCE));
        assertThat(base[0]).isEqualTo(1);
    }

    private static void assertClose(TimeSchedule schedule, float[] expected) {
        for (int k = 0; k < expected.length; k++) {
            assertThat(schedule.sigma(k)).as("level %s", k).isCloseTo(expected[k], within(1e-6));
        }
    }

    /** FlowMatchHeunDiscreteScheduler's set_timesteps and step without churn, literally, in double precision. */
    private static double heun(int steps, double shift, double start) {
        double least = shift / 1000 / (1 + (shift - 1) / 1000);
        double[] doubled = new double[2 * steps];
        for (int k = 0; k < steps; k++) {
            double even = steps == 1 ? 1 : 1 + (least - 1) * k / (steps - 1);
            double sigma = shift * even / (1 + (shift - 1) * even);
            doubled[Math.max(0, 2 * k - 1)] = sigma;
            doubled[2 * k] = sigma;
        }
        double x = start;
        double sample = 0;
        double derivative = 0;
        double dt = 0;
        for (int index = 0; index < 2 * steps - 1; index++) {
            double output = NonLinear.velocity(x, doubled[index]);
            if (index % 2 == 0) {
                sample = x;
                derivative = output;
                dt = doubled[index + 1] - doubled[index];
                x = sample + derivative * dt;
            } else {
                x = sample + 0.5 * (derivative + output) * dt;
            }
        }
        return x;
    }

    /** A velocity for which every order of steps ends elsewhere. */
    private record NonLinear() implements VelocityModel {
        static double velocity(double x, double sigma) {
            return Math.sin(3 * x) + 0.5 * sigma * x;
        }

        @Override
        public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
            throw new UnsupportedOperationException("The test asks for one level, in double precision.");
        }

        @Override
        public NDArray velocity(NDArray latents, double sigma, Conditioning conditioning) {
            return latents.getManager().create(new double[] {velocity(latents.getDouble(0), sigma)});
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 28})
    void heunsSchedulerWalksAsInDiffusers(int steps) throws IOException {
        ObjectNode config = config("sd3_scheduler").put("_class_name", "FlowMatchHeunDiscreteScheduler");
        Scheduler scheduler = Scheduler.read(config);
        Scheduler euler = Scheduler.read(config("sd3_scheduler"));
        assertThat(scheduler.timestep(0.25)).isEqualTo(250);
        try (NDManager manager = Torch.newManager()) {
            NDArray noise = manager.create(new double[] {0.7});
            NDArray found = new OdeSampler(scheduler.solver(), scheduler.schedule(steps, 0))
                    .sample(new NonLinear(), noise, null);
            assertThat(found.getDouble(0)).isCloseTo(heun(steps, 3, 0.7), within(1e-9));
            NDArray other =
                    new OdeSampler(euler.solver(), euler.schedule(steps, 0)).sample(new NonLinear(), noise, null);
            if (steps > 1) {
                assertThat(found.getDouble(0)).isNotCloseTo(other.getDouble(0), within(1e-4));
            }
        }
    }

    @Test
    void betaQuantilesAreExactWhereTheyHaveAClosedForm() {
        for (double p : new double[] {0, 0.01, 0.2, 0.5, 0.77, 1}) {
            assertThat(BetaQuantile.symmetric(p, 1)).as("uniform, %s", p).isCloseTo(p, within(1e-12));
            // The arcsine law, Beta(1/2, 1/2).
            double sine = Math.sin(Math.PI * p / 2);
            assertThat(BetaQuantile.symmetric(p, 0.5)).as("arcsine, %s", p).isCloseTo(sine * sine, within(1e-9));
        }
    }

    @Test
    void wrongSettingsAreNamed() throws IOException {
        assertThatThrownBy(() -> Scheduler.read(config("sd3_scheduler").put("_class_name", "DDIMScheduler")))
                .hasMessageContaining("_class_name (DDIMScheduler)");
        assertThatThrownBy(() -> Scheduler.read(config("sd3_scheduler").put("shift", "three")))
                .hasMessage("scheduler_config.json: shift (\"three\") must be a number.");
        assertThatThrownBy(() -> Scheduler.read(config("sd3_scheduler").put("invert_sigmas", true)))
                .hasMessageContaining("invert_sigmas (true) must be false");
        assertThatThrownBy(() -> Scheduler.read(config("flux_scheduler").put("time_shift_type", "cubic")))
                .hasMessageContaining("time_shift_type (cubic)");
        assertThatThrownBy(() -> Scheduler.read(config("wan_unipc_scheduler").put("use_flow_sigmas", false)))
                .hasMessageContaining("use_flow_sigmas");
        assertThatThrownBy(() -> Scheduler.read(config("sd3_scheduler").put("shift_terminal", 2)))
                .hasMessageContaining("shift_terminal (2.0)");
        ObjectNode heun = config("sd3_scheduler").put("_class_name", "FlowMatchHeunDiscreteScheduler");
        assertThatThrownBy(() -> Scheduler.read(heun.deepCopy().put("use_karras_sigmas", true)))
                .hasMessageContaining("use_karras_sigmas (true) must be false");
        assertThatThrownBy(() -> Scheduler.read(heun.deepCopy().put("shift_terminal", 0.1)))
                .hasMessageContaining("shift_terminal (0.1) must be null for FlowMatchHeunDiscreteScheduler");
        Scheduler stretched = Scheduler.read(config("sd3_scheduler").put("shift_terminal", 0.1));
        assertThatThrownBy(() -> stretched.schedule(1, 0)).hasMessageContaining("steps (1) must be at least 2");
        assertThatThrownBy(() -> stretched.schedule(0, 0)).hasMessageContaining("steps (0)");
    }
}
