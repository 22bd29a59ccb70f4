package invar.ssl.study;

import invar.ssl.UserError;
import java.util.List;
import java.util.stream.Collectors;

/// The studies that can be named on the command line.
public final class Studies {

    private static final List<Study> ALL = List.of(new SimSiamWithoutStopGradient(), new ByolWithoutPredictor(),
            new MoCoWithoutMomentum(), new CpcWithBatchNorm(), new WrongMask(), new BarlowWithoutOffDiagonal());

    private Studies() {}

    /// All studies, in order.
    public static List<Study> all() {
        return ALL;
    }

    /// The study of this name.
    ///
    /// @throws UserError if there is none; the message lists those there are
    public static Study named(String name) {
        return ALL.stream().filter(study -> study.name().equals(name)).findFirst()
                .orElseThrow(() -> new UserError("There is no study '" + name + "'; there are "
                        + ALL.stream().map(Study::name).collect(Collectors.joining(", ")) + "."));
    }
}
