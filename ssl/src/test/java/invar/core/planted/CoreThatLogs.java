package invar.core.planted;

import java.util.logging.Logger;

/// Breaks the rule that engine-core knows java.base alone.
final class CoreThatLogs {

    private static final Logger LOG = Logger.getLogger("planted");

    private CoreThatLogs() {}

    static void log() {
        LOG.info("planted");
    }
}
