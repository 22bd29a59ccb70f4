package invar.ssl.method;

class PiModelTest extends ConsistencyContract {

    PiModelTest() {
        super("pi-model");
    }

    @Override
    boolean averageTeaches() {
        return false;
    }

    @Override
    Record config(double weight, double ramp, double ema) {
        return new PiModel.Config(weight, ramp, ema);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            2.292459776461, 2.350226992763, 2.746443511455, 2.248500190475, 2.407599553990, 2.310856596879,
            2.557760378721, 2.703157429533, 2.438926865005, 2.503216436012};
    }
}
