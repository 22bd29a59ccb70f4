package invar.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.benchmarks.compare.Page;
import invar.core.spi.Precision;
import invar.nn.io.Safetensors;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Our process, with tiny cases of every kind, on the device of the subclass.
abstract class OurSide {

    private static final List<String> NAMES = List.of("ntxent/9/17", "queue/5/33/16", "cosine/9/17", "barlow/9/12",
            "sgemm/17", "conv-forward/2/3/8/5/3/2", "conv-dx/2/3/8/5/3/2", "conv-dw/2/3/8/5/3/2", "sgd/99", "adamw/99",
            "ema/99", "normalize/9/17", "simclr/3/8/2");

    @TempDir
    private Path folder;

    /// The name of the device.
    abstract String device();

    /// Whether it counts its memory.
    abstract boolean countsMemory();

    private Party start() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1",
                "-Xmx1g"));
        String driver = System.getProperty("invar.cuda.driver");
        if (driver != null) command.add("-Dinvar.cuda.driver=" + driver);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), GpuChild.class.getName(), device()));
        return new Party(command, folder.resolve("log"), Duration.ofMinutes(2));
    }

    private static GpuCase tiny(String name) {
        return new GpuCase("tiny", name, name, Precision.FP32, new Work(1, 1, 1), 0, true, List.of(), List.of(),
                List.of());
    }

    @Test
    void preparesTimesAndForgetsEveryKindOfCase() throws Exception {
        try (Party party = start()) {
            assertThat(party.who()).startsWith("Invar, Java ").contains(device());
            for (String name : NAMES) {
                GpuCase c = tiny(name);
                List<String> forms = name.startsWith("simclr") ? List.of("fused", "captured", "captured-own-kernels")
                        : List.of("fused", "fused-own-kernels");
                for (String form : forms) {
                    Party.Prepared prepared = party.prepare(c, form);
                    assertThat(prepared.precision()).as(name).isEqualTo(Precision.FP32);
                    assertThat(prepared.sample()).as(name).isNotEmpty()
                            .allSatisfy(values -> assertThat(values).isNotEmpty().doesNotContain(Double.NaN));
                    assertThat(party.round(c, form, 1, 3)).as(name).hasSize(3);
                    for (double seconds : party.round(c, form, 1, 3)) assertThat(seconds).isPositive();
                    if (countsMemory()) assertThat(party.memory(c, form).orElseThrow()).as(name).isPositive();
                    else assertThat(party.memory(c, form)).as(name).isEmpty();
                    party.release(c, form);
                }
            }
        }
    }

    @Test
    void theFormsAgree() throws Exception {
        try (Party party = start()) {
            for (String name : List.of("ntxent/9/17", "queue/5/33/16", "cosine/9/17", "barlow/9/12")) {
                List<double[]> fused = party.prepare(tiny(name), "fused").sample();
                List<double[]> composed = party.prepare(tiny(name), "composed").sample();
                assertThat(Errors.relative(fused, composed)).as(name).isLessThan(1e-4);
            }
        }
    }

    @Test
    void isMeasuredByTheDriverWithoutAnotherSide() throws Exception {
        Path page = Files.writeString(folder.resolve("page.md"), "<!-- new blocks go here -->\n");
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Troubles troubles = new Troubles(new PrintStream(errors, true, StandardCharsets.UTF_8));
        GpuCase works = new GpuCase("tiny", "a loss", "ntxent/9/17", Precision.TF32, new Work(1e6, 1e3, 1e3), 0, true,
                List.of("fused", "composed"), List.of("eager"), List.of(new Bar(Bar.Kind.EAGER, 2)));
        GpuCase fails = new GpuCase("tiny", "none", "nothing/9", Precision.FP32, new Work(1, 1, 1), 0, true,
                List.of("fused"), List.of(), List.of());
        try (Party party = start()) {
            new GpuRun(new Plan(3, 0, 10, 10, 4000, 16, 64, 600), party, Optional.empty(), Optional.of(new Page(page)),
                    folder, troubles).measure(List.of(fails, works));
        }
        assertThat(troubles.status()).isEqualTo(1);
        assertThat(errors.toString(StandardCharsets.UTF_8).lines()).containsExactly("gpu-bench: tiny: none, fp32 "
                + "failed: java.lang.IllegalArgumentException: no case is called nothing.", "gpu-bench: 1 failure.");
        assertThat(Files.readString(page)).contains("PyTorch did not take part", "| none | fp32 | Invar | failed: ",
                "| a loss | tf32 | Invar, fused", "|  |  | Invar, composed", "not judged: no eager");
    }

    @Test
    void measuresItsCeilings() throws Exception {
        try (Party party = start()) {
            assertThat(party.ceiling("copy", Precision.FP32, 4000)).isPositive();
            assertThat(party.ceiling("gemm", Precision.TF32, 17)).isPositive();
        }
    }

    @Test
    void leavesItsWeightsForTheOtherSide() throws Exception {
        try (Party party = start()) {
            Path file = folder.resolve("weights.safetensors");
            party.export("simclr/3/8/2", file);
            Set<String> names = Safetensors.read(file).tensors().keySet();
            assertThat(names).contains("encoder.conv1.weight", "encoder.layer2.0.downsample.0.weight",
                    "projector.layers.0.linear.weight", "projector.layers.1.norm.weight").hasSize(60 + 5);
        }
    }

    @Test
    void refusesWhatThereIsNotAndGoesOn() throws Exception {
        try (Party party = start()) {
            for (String name : List.of("nothing/3", "ntxent/0/3")) {
                assertThatThrownBy(() -> party.prepare(tiny(name), "fused"))
                        .isInstanceOf(Party.Refused.class);
            }
            assertThat(party.prepare(tiny("ema/7"), "fused").sample()).hasSize(1);
        }
    }
}
