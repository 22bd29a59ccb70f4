package invar.benchmarks.gpu;

import org.junit.jupiter.api.Tag;

/// Our process as it is on a GPU: its clock, its memory, recorded steps.
@Tag("cuda")
class CudaGpuChildTest extends OurSide {

    @Override
    String device() {
        return "cuda";
    }

    @Override
    boolean countsMemory() {
        return true;
    }
}
