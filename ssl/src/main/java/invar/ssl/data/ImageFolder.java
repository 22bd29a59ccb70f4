package invar.ssl.data;

import invar.ssl.UserError;
import invar.ssl.augment.Resampler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A folder of image files, in one of three layouts:
/// ```
/// train/CLASS/*  and  val/CLASS/* (or valid, validation, test)     both parts given
/// CLASS/*                                                          a fifth is held out
/// anything else with images in it, at any depth                    no labels, a fifth is held out
/// ```
/// Folders are classes if there are at least two of them and no image lies beside them; images are then taken from any
/// depth below. Names that begin with a dot are skipped. All images are decoded once, on all cores, cut to the square
/// in the middle, resized and kept in memory as bytes.
final class ImageFolder {

    private static final List<String> TEST_NAMES = List.of("val", "valid", "validation", "test");

    private ImageFolder() {}

    /// Opens a folder; images become `side` × `side` pixels.
    static Split open(Path given, int side) {
        Path root = given.toAbsolutePath().normalize();
        Path train = root.resolve("train");
        Optional<Path> test = TEST_NAMES.stream().map(root::resolve).filter(Files::isDirectory).findFirst();
        if (!Files.isDirectory(train)) return holdOut(root, root, side);
        if (test.isEmpty()) return holdOut(root, train, side);
        Listing trainFiles = list(train), testFiles = list(test.get());
        for (Path file : trainFiles.classes.isEmpty() ? List.<Path>of() : testFiles.files) {
            Path inside = test.get().relativize(file);
            if (inside.getNameCount() == 1 || !trainFiles.classes.contains(inside.getName(0).toString()))
                throw new UserError(file + " lies in no class folder that " + train + " has too.");
        }
        return new Split(decode(root, trainFiles, trainFiles.classes, side),
                decode(root, testFiles, trainFiles.classes, side),
                "train: folder train; test: folder " + test.get().getFileName());
    }

    private static Split holdOut(Path root, Path folder, int side) {
        Listing files = list(folder);
        Dataset all = decode(root, files, files.classes, side);
        return Holdout.split(all, all::source, "file");
    }

    /// The images of one part, and the names of the class folders they lie in, if any.
    private record Listing(Path folder, List<Path> files, List<String> classes) {}

    private static Listing list(Path folder) {
        try {
            List<Path> files = images(folder);
            if (files.isEmpty())
                throw new UserError(folder + " holds no image; files ending in .jpg, .jpeg, .png, .webp, .gif or .bmp"
                        + " are looked for, also in folders below.");
            boolean flat = files.stream().anyMatch(file -> file.getParent().equals(folder));
            List<String> classes = files.stream().map(file -> folder.relativize(file))
                    .filter(file -> file.getNameCount() > 1).map(file -> file.getName(0).toString()).distinct()
                    .sorted().toList();
            return new Listing(folder, files, flat || classes.size() < 2 ? List.of() : classes);
        } catch (IOException | UncheckedIOException e) {
            throw new UserError(folder + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static List<Path> images(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(file -> ImageFiles.isImage(file) && Files.isRegularFile(file)
                    && isVisible(folder.relativize(file))).sorted().toList();
        }
    }

    private static boolean isVisible(Path relative) {
        for (Path name : relative) if (name.toString().startsWith(".")) return false;
        return true;
    }

    private static Dataset decode(Path root, Listing listing, List<String> classes, int side) {
        List<Path> files = listing.files;
        ImageShape shape = ImageShape.square(side);
        PackedImages.requireMemory(listing.folder.toString(), (long) files.size() * shape.size());
        byte[][] images = new byte[files.size()][];
        var failures = new ConcurrentSkipListMap<Path, IOException>();
        ThreadLocal<Resampler> resampler = ThreadLocal.withInitial(Resampler::new);
        IntStream.range(0, images.length).parallel().forEach(i -> {
            try {
                images[i] = ImageFiles.square(files.get(i), side, resampler.get());
            } catch (IOException e) {
                failures.put(files.get(i), e);
            }
        });
        if (!failures.isEmpty()) {
            var first = failures.firstEntry();
            String others = failures.size() == 1 ? ""
                    : " (and " + (failures.size() - 1) + " more of " + files.size() + ")";
            throw new UserError(first.getKey() + others + " cannot be read: " + reason(first.getValue())
                    + "; repair or remove it.", first.getValue());
        }
        List<String> sources = new ArrayList<>();
        for (Path file : files) sources.add(root.relativize(file).toString().replace('\\', '/'));
        int[] labels = classes.isEmpty() ? new int[0] : files.stream()
                .mapToInt(file -> classes.indexOf(listing.folder.relativize(file).getName(0).toString())).toArray();
        String name = root.getFileName() == null ? root.toString() : root.getFileName().toString();
        return new PackedImages(name, shape, 1, images, labels, classes, sources::get);
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? "it is cut off or damaged" : e.getMessage();
    }
}
