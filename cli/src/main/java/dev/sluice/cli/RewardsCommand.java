package dev.sluice.cli;

import dev.sluice.cli.internal.RewardList;
import dev.sluice.rewards.RewardProvider;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the rewards. */
@Command(
        name = "rewards",
        description = {
            "Lists every reward on the class path: its range, what it scores, what it needs, its options and its source.",
            "Higher is always better. Rewards of your own come along with SLUICE_CLASSPATH.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {"  sluice rewards", "  sluice rewards artifacts temporal-flicker", "  sluice rewards --names"},
        subcommands = RewardsTrainDetectorCommand.class)
final class RewardsCommand implements Callable<Integer> {
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
}
