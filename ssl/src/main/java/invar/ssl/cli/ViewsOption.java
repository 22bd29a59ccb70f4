package invar.ssl.cli;

import invar.ssl.train.ViewPlace;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// `--views`, for every command that trains.
final class ViewsOption {

    /// The option's name: it changes how a run is computed, but its result by rounding only.
    static final String NAME = "--views";

    @Option(names = NAME, paramLabel = "PLACE", defaultValue = "auto", converter = Place.class,
            description = "Where views of images are made: auto (on the device where it can), host, or device, which "
                    + "is refused where it cannot (default: ${DEFAULT-VALUE}). Results differ by rounding. Not stored "
                    + "in a run: to be given again with --resume.")
    private ViewPlace.Wish wish;

    /// As a user writes it.
    private static final class Place implements ITypeConverter<ViewPlace.Wish> {
        @Override
        public ViewPlace.Wish convert(String name) {
            for (ViewPlace.Wish wish : ViewPlace.Wish.values()) {
                if (wish.name().toLowerCase(Locale.ROOT).equals(name)) return wish;
            }
            throw new TypeConversionException("there is auto, host and device, not '" + name + "'");
        }
    }

    /// What was asked for.
    ViewPlace.Wish wish() {
        return wish;
    }
}
