package dev.sluice.cli;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the arrows of docs/architecture.md: what a module may use, and what of it others may use. */
class ModuleBoundaryTest {
    /** Each module's package, and what of Sluice its classes may use besides themselves. */
    private static final Map<String, List<String>> MAY_USE = Map.of(
            "dev.sluice.flow", List.of(),
            "dev.sluice.sde", List.of("dev.sluice.flow.."),
            "dev.sluice.video", List.of(),
            "dev.sluice.rewards", List.of("dev.sluice.video..", "dev.sluice.flow.."),
            "dev.sluice.grpo",
                    List.of("dev.sluice.sde..", "dev.sluice.flow..", "dev.sluice.rewards..", "dev.sluice.video.."),
            "dev.sluice.configs",
                    List.of(
                            "dev.sluice.grpo..",
                            "dev.sluice.sde..",
                            "dev.sluice.flow..",
                            "dev.sluice.rewards..",
                            "dev.sluice.video.."),
            "dev.sluice.cli", List.of("dev.sluice.."));

    static final JavaClasses SLUICE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sluice");

    static List<String> modules() {
        return MAY_USE.keySet().stream().sorted().toList();
    }

    @Test
    void everyClassBelongsToAModule() {
        assertThat(SLUICE.stream()
                        .map(type -> type.getPackageName().split("\\."))
                        .map(parts -> String.join(".", parts[0], parts[1], parts[2]))
                        .collect(Collectors.toSet()))
                .isEqualTo(MAY_USE.keySet());
    }

    @ParameterizedTest
    @MethodSource("modules")
    void aModuleUsesOnlyWhatStandsBelowIt(String module) {
        String[] allowed = MAY_USE.get(module).toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(module + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.sluice..")
                        .and(resideOutsideOfPackages(module + ".."))
                        .and(resideOutsideOfPackages(allowed)))
                .check(SLUICE);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void anInternalPackageIsUsedOnlyByItsModule(String module) {
        noClasses()
                .that()
                .resideOutsideOfPackage(module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(module + "..internal..")
                .allowEmptyShould(true)
                .check(SLUICE);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void whatIsPublicStandsInTheRootPackage(String module) {
        assertThat(SLUICE.stream()
                        .filter(resideInAPackage(module + ".."))
                        .map(JavaClass::getPackageName)
                        .distinct())
                .allMatch(found -> found.equals(module)
                        || found.equals("dev.sluice.flow.tensor")
                        || found.startsWith(module + ".internal"));
    }

    @Test
    void modulesHaveNoCycles() {
        slices().matching("dev.sluice.(*)..").should().beFreeOfCycles().check(SLUICE);
    }

    @Test
    void theTensorPackageStandsOnNothingOfSluice() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.flow.tensor..")
                .should()
                .dependOnClassesThat(
                        resideInAPackage("dev.sluice..").and(resideOutsideOfPackages("dev.sluice.flow.tensor..")))
                .check(SLUICE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ai.djl.pytorch..        dev.sluice.flow.tensor..",
                "ai.djl.huggingface..    dev.sluice.flow..,dev.sluice.rewards..",
                "ai.onnxruntime..        dev.sluice.rewards..,dev.sluice.flow.internal..",
                "org.bytedeco..          dev.sluice.video..",
                "picocli..               dev.sluice.cli..",
                "tools.jackson.dataformat..  dev.sluice.configs..",
            })
    void aLibraryIsNamedOnlyInItsPlace(String libraryAndPlace) {
        String[] parts = libraryAndPlace.split(" +");
        noClasses()
                .that()
                .resideOutsideOfPackages(parts[1].split(","))
                .should()
                .dependOnClassesThat(resideInAnyPackage(parts[0]))
                .check(SLUICE);
    }

    @Test
    void noArrayIsMultipliedByANumberOfTheJvm() {
        Set<String> keeping = Set.of("mul", "muli", "div", "divi", "pow", "powi", "mod", "modi", "maximum", "minimum");
        DescribedPredicate<JavaMethodCall> call = DescribedPredicate.describe(
                "NDArray." + String.join("(Number), NDArray.", new TreeSet<>(keeping)) + "(Number)",
                made -> made.getTargetOwner().getFullName().equals("ai.djl.ndarray.NDArray")
                        && keeping.contains(made.getName())
                        && made.getTarget().getRawParameterTypes().stream()
                                .anyMatch(type -> type.getFullName().equals("java.lang.Number")));
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.flow.tensor..")
                .should()
                .callMethodWhere(call)
                .because("a graph keeps the number as an array in memory that the JVM may reuse before the backward"
                        + " pass, and the gradient is then silently wrong; Torch.scaled is safe")
                .check(SLUICE);
    }

    @Test
    void onlyMainEndsTheProcess() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.sluice.cli.Main")
                .should()
                .callMethodWhere(target(owner(name("java.lang.System"))).and(target(name("exit"))))
                .orShould()
                .callMethodWhere(target(owner(name("java.lang.Runtime"))).and(target(name("halt"))))
                .orShould()
                .callMethodWhere(target(owner(name("java.lang.Runtime"))).and(target(name("exit"))))
                .check(SLUICE);
    }

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.cli..")
                .should(ACCESS_STANDARD_STREAMS)
                .check(SLUICE);
    }
}
