package invar.ssl.cli;

import picocli.CommandLine.Option;

/// `--no-graph`, for every command that trains.
final class GraphOption {

    /// The option's name: it changes how a run is computed, but not its result.
    static final String NAME = "--no-graph";

    @Option(names = NAME, description = "Start every op of a training step by itself, also where the device can replay "
            + "the step as one recording (a CUDA graph). Results do not depend on it.")
    private boolean without;

    /// Whether steps are to be replayed where the device can.
    boolean wanted() {
        return !without;
    }
}
