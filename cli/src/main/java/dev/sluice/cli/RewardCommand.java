package dev.sluice.cli;

import dev.sluice.cli.internal.PositionProbe;
import dev.sluice.cli.internal.RewardList;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.RewardSpec;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the rewards, trains reward models, and judges both. */
@Command(
        name = "reward",
        aliases = "rewards",
        description = {
            "Lists every reward on the class path: its range, what it scores, what it needs, its options and its"
                    + " source.",
            "Higher is always better. Rewards of your own come along with SLUICE_CLASSPATH. The commands below train"
                    + " reward models, judge rewards by preferences, and compare them.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {"  sluice reward", "  sluice reward artifacts temporal-flicker", "  sluice reward --names"},
        commandListHeading = "%nCommands:%n",
        subcommands = {
            RewardTrainCommand.class,
            RewardEvaluateCommand.class,
            RewardCompareCommand.class,
            RewardProbeCommand.class,
            RewardTrainDetectorCommand.class
        })
final class RewardCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "Only these.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--names", description = "Print the names alone, one on a line.")
    private boolean bare;

    @Override
    public Integer call() {
        List<RewardProvider> providers = names.isEmpty()
                ? List.copyOf(RewardProvider.known().values())
                : names.stream().map(RewardProvider::provider).toList();
        PrintWriter out = spec.commandLine().getOut();
        List<String> lines = bare ? providers.stream().map(RewardProvider::name).toList() : RewardList.lines(providers);
        lines.forEach(out::println);
        out.flush();
        return 0;
    }

    /** Refuses rewards that cannot score a sample by itself. */
    static void refuseGroups(List<RewardSpec> specs) {
        for (RewardSpec one : specs) {
            if (PositionProbe.comparesGroups(one)) {
                throw new IllegalArgumentException(
                        "The reward %s compares the samples of a group; items are scored each by itself."
                                .formatted(one));
            }
        }
    }

    /**
     * Says which items have no score.
     *
     * @param reasons by the item's name
     * @return the exit status
     */
    static int lacking(PrintWriter print, Map<String, String> reasons) {
        if (reasons.isEmpty()) {
            return 0;
        }
        Map.Entry<String, String> first = reasons.entrySet().iterator().next();
        print.printf("%n%s items lack a score (%s: %s).%n", reasons.size(), first.getKey(), first.getValue());
        return 1;
    }
}
