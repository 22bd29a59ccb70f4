package invar.core.testkit;

import invar.core.Op;
import java.util.Set;
import java.util.TreeSet;

/// The names of all ops there are: what a complete list of tests must cover.
public final class OpKinds {

    private OpKinds() {}

    /// Every enum constant and every record below [Op], found by walking the sealed hierarchy.
    public static Set<String> all() {
        Set<String> kinds = new TreeSet<>();
        collect(Op.class, kinds);
        return kinds;
    }

    private static void collect(Class<?> type, Set<String> kinds) {
        if (type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) collect(permitted, kinds);
        } else if (type.isEnum()) {
            for (Object constant : type.getEnumConstants()) kinds.add(of((Op) constant));
        } else {
            kinds.add(type.getSimpleName());
        }
    }

    /// `Unary.EXP` for a constant, `MatMul` for a record.
    public static String of(Op op) {
        return op instanceof Enum<?> constant
                ? constant.getDeclaringClass().getSimpleName() + "." + constant.name()
                : op.getClass().getSimpleName();
    }
}
