package invar.ssl.cli;

import invar.ssl.probe.Health;
import invar.ssl.train.EpochMetrics;
import java.io.Console;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// How training looks while it runs: a bar with loss, images/s and time left on a terminal, a line every few seconds
/// elsewhere. The lines go to the run's log in any case.
final class ProgressDisplay implements AutoCloseable {

    private static final long LINE_EVERY_NANOS = 5_000_000_000L;

    private final Report report;
    private final int epochs;
    private final ProgressBar bar;                      // null: plain lines
    private final boolean quiet;
    private final long began = System.nanoTime(), doneBefore, total;
    private long lastLine;
    private boolean anyLine;

    ProgressDisplay(Report report, int epochs, long done, long total, boolean quiet) {
        this.report = report;
        this.epochs = epochs;
        this.quiet = quiet;
        this.doneBefore = done;
        this.total = total;
        Console console = System.console();
        boolean terminal = console != null && console.isTerminal() && !quiet;
        this.bar = !terminal ? null : new ProgressBarBuilder()
                .setTaskName("train").setInitialMax(total).startsFrom(done, Duration.ZERO)
                .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK).setUpdateIntervalMillis(250).build();
    }

    void stepped(long step) {
        if (bar != null) bar.stepTo(step);
    }

    void epochDone(EpochMetrics m) {
        if (bar != null) {                              // short enough for 80 columns
            bar.setExtraMessage(String.format(Locale.ROOT, " epoch %d/%d  loss %.2f of %.2f%s  %.0f/s", m.epoch(),
                    epochs, m.loss(), m.chance(), spread(m), m.imagesPerSecond()));
        }
        long now = System.nanoTime();
        if (anyLine && m.step() < total && now - lastLine < LINE_EVERY_NANOS) return;
        long left = (now - began) / (m.step() - doneBefore) * (total - m.step());
        String line = String.format(Locale.ROOT, "epoch %" + Integer.toString(epochs).length()
                        + "d/%d  step %d/%d  loss %.3f (chance %.3f)%s  lr %.4f  %.0f images/s  data %.0f%%  eta %s",
                m.epoch(), epochs, m.step(), total, m.loss(), m.chance(), spread(m), m.lr(),
                m.imagesPerSecond(), 100 * m.dataShare(), clock(left));
        if (quiet || bar != null) report.log(line);
        else report.line("%s", line);
        lastLine = now;
        anyLine = true;
    }

    /// What is wrong with the run, also where it is quiet: it concerns the result.
    void warn(String text) {
        if (bar != null) System.err.println();          // the bar goes on below
        report.line("warning: %s", text);
    }

    private static String spread(EpochMetrics m) {
        double spread = m.health(Health.SPREAD);
        return Double.isNaN(spread) ? "" : String.format(Locale.ROOT, "  spread %.2f", spread);
    }

    /// For example `1:02:03` or `2:03`.
    static String clock(long nanos) {
        long seconds = nanos / 1_000_000_000L;
        return seconds >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    @Override
    public void close() {
        if (bar != null) bar.close();
    }
}
