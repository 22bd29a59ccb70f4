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
        RESIDENT
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

    /// Whether the device makes them.
    public boolean onDevice() {
        return kind != Kind.HOST;
    }

    /// The device where it has a kernel for them, the recipe consists of what that knows, and the data fit into its
    /// memory; else the host.
    ///
    /// @throws UserError if that is not where they are to be made
    static ViewPlace of(BatchLoader images, Device device, Wish wish) {
        if (wish == Wish.HOST) return new ViewPlace(Kind.HOST, "on the host: as asked for");
        Optional<String> obstacle = missing(images, device).or(() -> unfit(images, device));
        if (obstacle.isPresent()) {
            if (wish == Wish.AUTO) return new ViewPlace(Kind.HOST, "on the host: " + obstacle.get());
            throw new UserError("Views cannot be made on the device (--views device): " + obstacle.get() + ".");
        }
        return new ViewPlace(Kind.RESIDENT, "on the device, of the data set in its memory ("
                + size(DeviceImages.bytes(images)) + ")");
    }

    /// Why the device cannot make these views.
    private static Optional<String> missing(BatchLoader images, Device device) {
        if (!device.supports(DeviceImages.op(images, 0))) {
            return Optional.of("the device " + device.name() + " has no kernel for them");
        }
        return images.recipe().hostOnly();
    }

    /// Why the data set cannot be in its memory.
    private static Optional<String> unfit(BatchLoader images, Device device) {
        long bytes = DeviceImages.bytes(images);
        String data = "the data set of " + size(bytes);
        OptionalLong free = device.freeBytes();
        if (free.isEmpty()) return Optional.of(data + " may not fit into the device, whose free memory is not known");
        if (bytes > free.getAsLong() / DeviceImages.SHARE) {
            return Optional.of(data + " is more than a quarter of the " + size(free.getAsLong()) + " free there");
        }
        return bytes / Integer.BYTES <= Integer.MAX_VALUE - 8 ? Optional.empty()
                : Optional.of(data + " is larger than a tensor can be");
    }

    /// Bytes for people.
    private static String size(long bytes) {
        return bytes < 1_000_000 ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
                : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
    }
}
