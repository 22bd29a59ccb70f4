package invar.benchmarks.compare;

import java.io.IOException;

/// A library's process that behaves as it is told. Arguments: what it does (`works`, `errs`, `throws`, `ends`), and a
/// part of the names of the cases where it does; in others it works. `vanishes` ends before it answers anything.
final class FakeChild {

    private FakeChild() {}

    public static void main(String[] args) throws IOException {
        if (args[0].equals("vanishes")) return;
        Child.serve("fake", name -> new FakeJob(name.contains(args[1]) ? args[0] : "works"));
    }

    private record FakeJob(String what) implements Job {
        @Override
        public float[] sample() {
            return switch (what) {
                case "errs" -> new float[] {1, 2, 3.1f};
                case "throws" -> throw new IllegalStateException("no such kernel");
                default -> new float[] {1, 2, 3};
            };
        }

        @Override
        public void call() {
            if (what.equals("ends")) Runtime.getRuntime().halt(3);
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {}
    }
}
