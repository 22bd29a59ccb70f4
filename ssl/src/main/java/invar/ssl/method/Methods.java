package invar.ssl.method;

import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.UserError;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The methods that can be named on the command line.
public final class Methods {

    /// Makes a method from its settings.
    @FunctionalInterface
    public interface Factory<C extends Record> {
        /// @throws UserError if the settings do not fit the data or the run; the message names the setting and the rule
        SslMethod make(C config, Setup setup);
    }

    /// One method.
    ///
    /// @param name     as typed
    /// @param title    as its authors write it
    /// @param source   where it was published
    /// @param year     of the source
    /// @param needs    what it asks of data and memory
    /// @param chance   the formula of its chance level
    /// @param settings the record of its settings; the values are in a resource, as [invar.ssl.train.Presets] says
    /// @param factory  makes it
    /// @param <C>      the record of its settings
    public record Entry<C extends Record>(String name, String title, String source, int year, Needs needs,
            String chance, Class<C> settings, Factory<C> factory) {

        /// The method with these settings, which must be of the type of its record.
        ///
        /// @throws UserError if the settings do not fit the data or the run
        public SslMethod make(Record config, Setup setup) {
            return factory.make(settings.cast(config), setup);
        }
    }

    private static final Map<String, Entry<?>> BY_NAME = new LinkedHashMap<>();

    static {
        for (Entry<?> entry : List.of(
                RotNet.ENTRY,
                Jigsaw.ENTRY,
                Cpc.ENTRY,
                InstanceDiscrimination.ENTRY,
                SimClr.ENTRY,
                SimClrV2.ENTRY,
                MoCo.V1,
                MoCo.V2,
                Byol.ENTRY,
                SimSiam.ENTRY,
                BarlowTwins.ENTRY,
                SwAv.ENTRY,
                DeepClusterV2.ENTRY,
                PiModel.ENTRY,
                MeanTeacher.ENTRY,
                FixMatch.ENTRY,
                VicReg.ENTRY,
                Dino.ENTRY,
                MoCoV3.ENTRY)) {
            BY_NAME.put(entry.name, entry);
        }
    }

    private Methods() {}

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
    public static Collection<Entry<?>> all() {
        return BY_NAME.values();
    }
}
