package invar.ssl.train;

import invar.core.Device;
import invar.ssl.UserError;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/// Where the views of a run are made, and why there; decided once, before it begins.
///
/// @param kind        where
/// @param description the same in words, with the reason; what follows "views are made "
public record ViewPlace(Kind kind, String description) {

    /// The places there are.
    public enum Kind {
        /// Threads beside the training make them, and finished batches are sent to the device.
        HOST,
        /// The device makes them, of a data set in its memory.
        RESIDENT,
        /// The device makes them, of images that are sent as bytes with each batch.
        SENT
    }

    /// What a user may ask for.
    public enum Wish {
        /// The device where it can, else the host.
        AUTO,
        /// The host, for comparison.
        HOST,
        /// The device, or nothing.
        DEVICE
    }

    /// A data set may take this part of the memory that is free; the rest is for training.
    private static final int SHARE = 4;

    /// Whether the device makes them.
    public boolean onDevice() {
        return kind != Kind.HOST;
    }

    /// The device where it has a kernel for them and the recipe consists of what that knows: of the data set in its
    /// memory if there is room for it, else of what is sent with each batch. Else the host.
    ///
    /// @throws UserError if that is not where they are to be made
    static ViewPlace of(BatchLoader images, Device device, Wish wish) {
        if (wish == Wish.HOST) return new ViewPlace(Kind.HOST, "on the host: as asked for");
        Optional<String> obstacle = missing(images, device);
        if (obstacle.isPresent()) {
            if (wish == Wish.AUTO) return new ViewPlace(Kind.HOST, "on the host: " + obstacle.get());
            throw new UserError("Views cannot be made on the device (--views device): " + obstacle.get() + ".");
        }
        Optional<String> unfit = unfit(images, device);
        if (unfit.isPresent()) {
            return new ViewPlace(Kind.SENT, "on the device, of images sent with each batch ("
                    + size(DeviceImages.batchBytes(images)) + "): " + unfit.get());
        }
        return new ViewPlace(Kind.RESIDENT, "on the device, of the data set in its memory ("
                + size(DeviceImages.bytes(images)) + ")");
    }

    /// Why the device cannot make these views.
    private static Optional<String> missing(BatchLoader images, Device device) {
        if (!device.supports(DeviceImages.op(images, 0))) {
            return Optional.of("the device " + device.name() + " has no kernel for them");
        }
        return images.recipe().hostOnly().or(() -> fits(DeviceImages.batchBytes(images)) ? Optional.empty()
                : Optional.of("the images of a batch have " + size(DeviceImages.batchBytes(images))
                        + ", more than a tensor can"));
    }

    /// Whether a tensor of integers can have so many bytes.
    private static boolean fits(long bytes) {
        return bytes / Integer.BYTES <= Integer.MAX_VALUE - 8;
    }

    /// Why the data set cannot be in its memory.
    private static Optional<String> unfit(BatchLoader images, Device device) {
        long bytes = DeviceImages.bytes(images);
        String data = "the data set of " + size(bytes);
        OptionalLong free = device.freeBytes();
        if (free.isEmpty()) return Optional.of(data + " may not fit into the device, whose free memory is not known");
        if (bytes > free.getAsLong() / SHARE) {
            return Optional.of(data + " is more than a quarter of the " + size(free.getAsLong()) + " free there");
        }
        if (!fits(bytes)) return Optional.of(data + " is larger than a tensor can be");
        long heap = Runtime.getRuntime().maxMemory();            // has the data, and them once more to upload them
        return bytes <= heap / 2 ? Optional.empty()
                : Optional.of(data + " is more than half of the Java heap of " + size(heap) + " (-Xmx)");
    }

    /// Bytes for people.
    private static String size(long bytes) {
        return bytes < 1_000_000 ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
                : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
    }
}
