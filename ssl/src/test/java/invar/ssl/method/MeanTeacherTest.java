package invar.ssl.method;

class MeanTeacherTest extends ConsistencyContract {

    MeanTeacherTest() {
        super("mean-teacher");
    }

    @Override
    boolean averageTeaches() {
        return true;
    }

    @Override
    Record config(double weight, double ramp, double ema) {
        return new MeanTeacher.Config(weight, ramp, ema);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            2.292459776461, 2.350226992763, 2.746337513640, 2.248253577605, 2.407509191722, 2.310322845066,
            2.555601762768, 2.703509436048, 2.447494295972, 2.521997667004};
    }
}
