package invar.ssl;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchRule;
import java.io.File;
import java.lang.foreign.MemorySegment;
import java.lang.module.ModuleFinder;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Who may know whom. The packages `….planted` among the tests break every rule, to show that this would be noticed.
class ArchitectureTest {

    private static final Set<String> JAVA_BASE =
            ModuleFinder.ofSystem().find("java.base").orElseThrow().descriptor().packages();

    private static final DescribedPredicate<JavaClass> CORE_OR_JAVA_BASE = describe("in invar.core or java.base",
            type -> type.getPackageName().startsWith("invar.core") || JAVA_BASE.contains(type.getPackageName())
                    || type.getBaseComponentType().isPrimitive());

    /// The rules of the module graph, one name each. A package may still be empty.
    enum Rule {
        ENGINE_CORE_KNOWS_JAVA_BASE_ALONE(classes().that().resideInAPackage("invar.core..")
                .should().onlyDependOnClassesThat(CORE_OR_JAVA_BASE)),

        BACKENDS_KNOW_NEITHER_LAYERS_NOR_LEARNING(noClasses().that().resideInAnyPackage("invar.cpu..", "invar.cuda..")
                .should().dependOnClassesThat().resideInAnyPackage("invar.nn..", "invar.ssl..", "invar.launch..")),

        LAYERS_AND_LEARNING_KNOW_NO_BACKEND(noClasses().that().resideInAnyPackage("invar.nn..", "invar.ssl..")
                .should().dependOnClassesThat().resideInAnyPackage("invar.cpu..", "invar.cuda..",
                        "invar.core.reference..")),

        LAYERS_DO_NOT_KNOW_LEARNING(noClasses().that().resideInAPackage("invar.nn..")
                .should().dependOnClassesThat().resideInAnyPackage("invar.ssl..", "invar.launch..")),

        METHODS_HAVE_NO_DEVICE_THREAD_FILE_OR_AUGMENTATION(noClasses().that().resideInAPackage("invar.ssl.method..")
                .should().dependOnClassesThat().resideInAnyPackage("invar.core.spi..", "java.io..", "java.nio.file..",
                        "java.util.concurrent..", "invar.ssl.augment..")
                .orShould().dependOnClassesThat().belongToAnyOf(Thread.class)),

        PRETRAINING_KNOWS_NOTHING_OF_WHAT_FOLLOWS(noClasses().that().resideInAnyPackage("invar.ssl",
                        "invar.ssl.augment..", "invar.ssl.data..", "invar.ssl.method..", "invar.ssl.part..",
                        "invar.ssl.probe..", "invar.ssl.train..")
                .should().dependOnClassesThat().resideInAPackage("invar.ssl.tune..")),

        ONLY_THE_COMMAND_LINE_KNOWS_THE_COMMAND_LINE(noClasses().that().resideOutsideOfPackage("invar.ssl.cli..")
                .should().dependOnClassesThat().resideInAPackage("invar.ssl.cli..")),

        // With layouts, or an array in place of a segment, it is a plain copy of memory. This form copies less than 64
        // bytes in a loop, which once compiled was seen to copy 8 (Java 25.0.3).
        NO_COPIES_FROM_SEGMENT_TO_SEGMENT(noClasses()
                .should().callMethod(MemorySegment.class, "copy", MemorySegment.class, long.class, MemorySegment.class,
                        long.class, long.class)
                .orShould().callMethod(MemorySegment.class, "copyFrom", MemorySegment.class));

        private final ArchRule rule;

        Rule(ArchRule rule) {
            this.rule = rule.allowEmptyShould(true);
        }
    }

    @ParameterizedTest
    @EnumSource
    void holdsForTheProgram(Rule rule) {
        rule.rule.check(Imported.PROGRAM);
    }

    @Test
    void theProgramIsAllThere() {
        for (String name : new String[] {"invar.core", "invar.nn.io", "invar.ssl", "invar.ssl.cli"}) {
            assertThat(Imported.PROGRAM).as(name).anyMatch(type -> type.getPackageName().equals(name));
        }
        assertThat(Imported.PROGRAM).noneMatch(type -> type.getSimpleName().endsWith("Test"));
    }

    @ParameterizedTest
    @CsvSource({
        "ENGINE_CORE_KNOWS_JAVA_BASE_ALONE,                  CoreThatLogs",
        "BACKENDS_KNOW_NEITHER_LAYERS_NOR_LEARNING,          KernelThatReadsFiles",
        "LAYERS_AND_LEARNING_KNOW_NO_BACKEND,                LayerOfOneBackend",
        "LAYERS_DO_NOT_KNOW_LEARNING,                        LayerThatLearns",
        "METHODS_HAVE_NO_DEVICE_THREAD_FILE_OR_AUGMENTATION, MethodWithAThread",
        "METHODS_HAVE_NO_DEVICE_THREAD_FILE_OR_AUGMENTATION, MethodWithAFile",
        "METHODS_HAVE_NO_DEVICE_THREAD_FILE_OR_AUGMENTATION, MethodWithAStream",
        "METHODS_HAVE_NO_DEVICE_THREAD_FILE_OR_AUGMENTATION, MethodThatAugments",
        "METHODS_HAVE_NO_DEVICE_THREAD_FILE_OR_AUGMENTATION, MethodWithABackend",
        "PRETRAINING_KNOWS_NOTHING_OF_WHAT_FOLLOWS,          DataThatTunes",
        "ONLY_THE_COMMAND_LINE_KNOWS_THE_COMMAND_LINE,       DataThatPrompts",
        "NO_COPIES_FROM_SEGMENT_TO_SEGMENT,                  DeviceThatCopiesSegments",
    })
    void noticesAPlantedViolation(Rule rule, String planted) {
        assertThat(rule.rule.evaluate(Imported.PLANTED).getFailureReport().getDetails())
                .anyMatch(detail -> detail.contains("." + planted));
    }

    /// Class files of this build; read once, when the first test needs them.
    private static final class Imported {

        static final JavaClasses PROGRAM = new ClassFileImporter()
                .withImportOption(location -> !ofTests(location)).importLocations(ofThisBuild());
        static final JavaClasses PLANTED = new ClassFileImporter()
                .withImportOption(location -> location.contains("/planted/")).importLocations(ofThisBuild());

        private static boolean ofTests(Location location) {
            return location.contains("/test-classes/") || location.contains("-tests.jar");
        }

        /// The parts of the class path that Maven built: folders, or jars below `target` or of the group `invar`.
        private static Set<Location> ofThisBuild() {
            return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(Path::of)
                    .map(path -> path.toUri().toString())     // that of a folder ends with a slash
                    .filter(path -> path.endsWith("/") || path.matches(".*/(target|invar)/.*[.]jar"))
                    .map(path -> Location.of(URI.create(path.endsWith("/") ? path : "jar:" + path + "!/")))
                    .collect(Collectors.toSet());
        }
    }
}
