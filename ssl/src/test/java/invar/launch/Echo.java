package invar.launch;

import java.io.IOException;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// A program that tells what reaches it.
public final class Echo {

    private Echo() {}

    /// Prints its arguments as hexadecimal UTF-8, then does what the first one says.
    public static void main(String[] args) throws IOException, InterruptedException {
        for (String arg : args) {
            System.out.println("<" + HexFormat.of().formatHex(arg.getBytes(StandardCharsets.UTF_8)) + ">");
        }
        switch (args.length == 0 ? "" : args[0]) {
            case "exit" -> System.exit(Integer.parseInt(args[1]));
            case "fail" -> throw new IllegalStateException("on purpose");
            case "input" -> System.out.println(System.in.readAllBytes().length);
            case "property" -> System.out.println(System.getProperty(args[1]));
            case "where" -> System.out.println(System.getProperty(Launcher.PARENT) == null ? "here" : "there");
            case "wait" -> {
                Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("ended")));
                System.out.println("ready");
                Thread.sleep(60_000);
            }
            default -> System.out.println("done");
        }
    }
}
