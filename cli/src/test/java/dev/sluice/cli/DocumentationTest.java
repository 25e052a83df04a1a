package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** Holds that the public API says what it does; the compiler checks that its references are right. */
class DocumentationTest {
    static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    static final List<String> MODULES =
            List.of("flow", "sde", "video", "rewards-vision", "grpo-flow", "configs", "cli");

    @Test
    void everyPublicTypeAndMethodHasJavadoc() throws IOException {
        List<String> bare = new ArrayList<>();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            JavacTask task = (JavacTask)
                    compiler.getTask(null, files, null, null, null, files.getJavaFileObjectsFromPaths(publicSources()));
            DocTrees docs = DocTrees.instance(task);
            int units = 0;
            for (CompilationUnitTree unit : task.parse()) {
                new Scanner(docs, bare).scan(unit, null);
                units++;
            }
            assertThat(units).isGreaterThan(20);
        }
        assertThat(bare).as("public and without Javadoc").isEmpty();
    }

    /** A name in backquotes that begins with a capital is a class, and where it has a dot, one inside another. */
    private static final Pattern CLASS_NAME =
            Pattern.compile("`([A-Z][a-z0-9]+[A-Za-z0-9]*(?:\\.[A-Z][A-Za-z0-9]*)*)`");

    @Test
    void documentsNameClassesThatExist() throws IOException {
        Set<String> known = new HashSet<>();
        for (JavaClass type : ModuleBoundaryTest.SLUICE) {
            String name = type.getName().substring(type.getPackageName().length() + 1);
            known.add(name.replace('$', '.'));
        }
        try (Stream<Path> tests = Files.walk(HOME.resolve("cli/src/test/java"))) {
            tests.map(path -> path.getFileName().toString().replace(".java", ""))
                    .forEach(known::add);
        }
        List<String> unknown = new ArrayList<>();
        int found = 0;
        try (Stream<Path> walk =
                Stream.concat(Stream.of(HOME.resolve("README.md")), Files.walk(HOME.resolve("docs")))) {
            for (Path file :
                    walk.filter(path -> path.toString().endsWith(".md")).toList()) {
                Matcher names = CLASS_NAME.matcher(Files.readString(file));
                while (names.find()) {
                    found++;
                    if (!known.contains(names.group(1))) {
                        unknown.add(HOME.relativize(file) + " " + names.group(1));
                    }
                }
            }
        }
        assertThat(unknown).as("named in a document, but no class").isEmpty();
        assertThat(found).isGreaterThan(30);
    }

    private static List<Path> publicSources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> walk = Files.walk(HOME.resolve(module).resolve("src/main/java"))) {
                walk.filter(path -> path.toString().endsWith(".java"))
                        .filter(path -> !path.toString().contains("internal"))
                        .forEach(sources::add);
            }
        }
        return sources;
    }

    /** Collects what a reader of the API documentation would see without a word. */
    private static final class Scanner extends TreePathScanner<Void, Void> {
        private final DocTrees docs;
        private final List<String> bare;

        Scanner(DocTrees docs, List<String> bare) {
            this.docs = docs;
            this.bare = bare;
        }

        @Override
        public Void visitClass(ClassTree type, Void unused) {
            if (!visible(type.getModifiers().getFlags())) {
                return null;
            }
            check(type.getSimpleName().toString());
            return super.visitClass(type, unused);
        }

        @Override
        public Void visitMethod(MethodTree method, Void unused) {
            boolean overrides = method.getModifiers().getAnnotations().stream()
                    .anyMatch(annotation ->
                            annotation.getAnnotationType().toString().equals("Override"));
            // A record's compact constructor is described by the record's own @param lines.
            boolean ofRecord = method.getReturnType() == null
                    && getCurrentPath().getParentPath().getLeaf().getKind() == Tree.Kind.RECORD;
            if (!overrides && !ofRecord && visible(method.getModifiers().getFlags())) {
                check(method.getName() + "()");
            }
            return null;
        }

        private boolean visible(Set<Modifier> modifiers) {
            TreePath parent = getCurrentPath().getParentPath();
            boolean ofInterface = parent.getLeaf().getKind() == Tree.Kind.INTERFACE;
            return modifiers.contains(Modifier.PUBLIC) || (ofInterface && !modifiers.contains(Modifier.PRIVATE));
        }

        private void check(String name) {
            if (docs.getDocComment(getCurrentPath()) == null) {
                CompilationUnitTree unit = getCurrentPath().getCompilationUnit();
                Path file = HOME.relativize(Path.of(unit.getSourceFile().toUri()));
                long line = unit.getLineMap()
                        .getLineNumber(docs.getSourcePositions()
                                .getStartPosition(unit, getCurrentPath().getLeaf()));
                bare.add("%s:%s %s".formatted(file, line, name));
            }
        }
    }
}
