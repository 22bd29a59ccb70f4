package invar.ssl.method.planted;

/// Breaks the rule that a method of learning starts no threads.
final class MethodWithAThread {

    private MethodWithAThread() {}

    static void train() {
        Thread.ofVirtual().start(() -> {});
    }
}
