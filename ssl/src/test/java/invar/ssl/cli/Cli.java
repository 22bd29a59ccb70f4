package invar.ssl.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import javax.imageio.ImageIO;

/// Runs `ssl` inside this JVM, and makes something for it to work on.
final class Cli {

    /// What a run of a tenth of a second needs: two epochs of four-image steps through a network one channel wide.
    static final List<String> TINY = List.of("--device", "reference", "--image-size", "8", "--width", "1", "--batch",
            "4", "--epochs", "2", "--set", "hidden=5", "--set", "projection=3", "--set", "warmupEpochs=1", "--lr",
            "0.05");

    /// How a command ended.
    ///
    /// @param code its exit code
    /// @param out standard output
    /// @param err standard error
    record Result(int code, String out, String err) {

        /// The line of standard output that begins with `start`.
        String line(String start) {
            return out.lines().filter(line -> line.startsWith(start)).findFirst().orElseThrow(
                    () -> new AssertionError("no line begins with '" + start + "' in:\n" + out + err));
        }
    }

    private Cli() {}

    static Result run(String... args) {
        StringWriter out = new StringWriter(), err = new StringWriter();
        int code = Ssl.run(new PrintWriter(out), new PrintWriter(err), args);
        return new Result(code, out.toString(), err.toString());
    }

    /// `ssl train` on `data` into `run`, tiny, with more options.
    static Result train(Path data, Path run, String... more) {
        return run(trainArguments(data.toString(), run, more));
    }

    static String[] trainArguments(String data, Path run, String... more) {
        List<String> args = new ArrayList<>(List.of("train", "--data", data, "--out", run.toString()));
        args.addAll(TINY);
        args.addAll(List.of(more));
        return args.toArray(String[]::new);
    }

    /// Two class folders of PNG images, 12 × 10 pixels: stripes across, and stripes down, in various colours.
    static Path photos(Path folder, int each) throws IOException {
        for (String kind : new String[] {"across", "down"}) {
            Path of = Files.createDirectories(folder.resolve(kind));
            for (int i = 0; i < each; i++) {
                BufferedImage image = new BufferedImage(12, 10, BufferedImage.TYPE_INT_RGB);
                for (int y = 0; y < 10; y++) {
                    for (int x = 0; x < 12; x++) {
                        int stripe = ((kind.equals("across") ? y : x) + i) / 2 % 2;
                        image.setRGB(x, y, stripe == 0 ? 0x102030 + 0x050301 * i : 0xF0E0D0 - 0x010305 * i);
                    }
                }
                ImageIO.write(image, "png", of.resolve("%02d.png".formatted(i)).toFile());
            }
        }
        return folder;
    }
}
