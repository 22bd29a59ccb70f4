package invar.benchmarks.gpu;

/// Our process on the CPU, where the protocol is the same.
class GpuChildTest extends OurSide {

    @Override
    String device() {
        return "cpu";
    }

    @Override
    boolean countsMemory() {
        return false;
    }
}
