package invar.ssl.method;

import invar.nn.Layer;
import invar.nn.init.Init;
import invar.ssl.SslMethod;
import invar.ssl.UserError;
import java.util.LinkedHashMap;
import java.util.Map;

/// The methods that can be named on the command line.
public final class Methods {

    /// Makes a method from its settings.
    @FunctionalInterface
    public interface Factory<C extends Record> {
        /// @param encoder the network to train, with `features` outputs
        /// @param init what heads are made from
        SslMethod make(C config, Layer encoder, int features, Init init);
    }

    /// One method.
    ///
    /// @param name as typed
    /// @param paper where it was published
    /// @param defaults its settings where nobody says otherwise, sized for images of 32 pixels
    /// @param factory makes it
    /// @param <C> the record of its settings
    public record Entry<C extends Record>(String name, String paper, C defaults, Factory<C> factory) {

        /// The method with these settings, which must be of the type of the defaults.
        public SslMethod make(Record settings, Layer encoder, int features, Init init) {
            @SuppressWarnings("unchecked")
            C config = (C) defaults.getClass().cast(settings);
            return factory.make(config, encoder, features, init);
        }
    }

    private static final Map<String, Entry<?>> BY_NAME = new LinkedHashMap<>();

    static {
        add(new Entry<>("simclr", "Chen et al. 2020, arXiv:2002.05709", new SimClr.Config(128, 64, 0.1), SimClr::new));
    }

    private Methods() {}

    private static void add(Entry<?> entry) {
        BY_NAME.put(entry.name, entry);
    }

    /// The method of this name.
    ///
    /// @throws UserError if there is none; the message lists those there are
    public static Entry<?> named(String name) {
        Entry<?> entry = BY_NAME.get(name);
        if (entry == null) {
            throw new UserError("There is no method '" + name + "'; there are " + String.join(", ", BY_NAME.keySet())
                    + ".");
        }
        return entry;
    }

    /// All methods, in order.
    public static Iterable<Entry<?>> all() {
        return BY_NAME.values();
    }
}
