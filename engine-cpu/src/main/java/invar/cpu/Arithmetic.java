package invar.cpu;

import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Arithmetic on stretches of memory: for each function one loop over whole vectors and one over the rest. Results may
/// overwrite inputs.
///
/// The compiler would leave plain loops scalar, because it does not know whether stretches at different offsets
/// overlap. And each loop is a method of its own, because a method of many such loops gets longer than it is willing to
/// inline, and then every operation of some of them makes an object.
final class Arithmetic {

    private Arithmetic() {}

    /// y = −x.
    static void neg(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).neg().intoArray(y, yo + i);
        for (; i < n; i++) y[yo + i] = -x[xo + i];
    }

    /// y = √x.
    static void sqrt(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).sqrt().intoArray(y, yo + i);
        for (; i < n; i++) y[yo + i] = (float) Math.sqrt(x[xo + i]);
    }

    /// y = |x|.
    static void abs(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).abs().intoArray(y, yo + i);
        for (; i < n; i++) y[yo + i] = Math.abs(x[xo + i]);
    }

    /// y = 1/x.
    static void reciprocal(float[] x, int xo, float[] y, int yo, int n) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) one.div(load(x, xo + i)).intoArray(y, yo + i);
        for (; i < n; i++) y[yo + i] = 1 / x[xo + i];
    }

    /// y = −1, 0 or 1; zeros and NaN stay what they are.
    static void sign(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            FloatVector v = load(x, xo + i);
            v.blend(1, v.compare(GT, 0)).blend(-1, v.compare(LT, 0)).intoArray(y, yo + i);
        }
        for (; i < n; i++) y[yo + i] = Math.signum(x[xo + i]);
    }

    /// y = scale · x + shift, with one rounding.
    static void affine(float scale, float shift, float[] x, int xo, float[] y, int yo, int n) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale), summand = FloatVector.broadcast(SPECIES, shift);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).fma(factor, summand).intoArray(y, yo + i);
        for (; i < n; i++) y[yo + i] = Math.fma(scale, x[xo + i], shift);
    }

    /// y = a y + b x.
    static void mix(float a, float[] y, int yo, float b, float[] x, int xo, int n) {
        FloatVector keep = FloatVector.broadcast(SPECIES, a), share = FloatVector.broadcast(SPECIES, b);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) {
            load(y, yo + i).fma(keep, load(x, xo + i).mul(share)).intoArray(y, yo + i);
        }
        for (; i < n; i++) y[yo + i] = Math.fma(y[yo + i], a, x[xo + i] * b);
    }

    /// z = x + y.
    static void add(float[] x, int xo, float y, float[] z, int zo, int n) {
        FloatVector other = FloatVector.broadcast(SPECIES, y);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).add(other).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] + y;
    }

    /// z = x + y.
    static void add(float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).add(load(y, yo + i)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] + y[yo + i];
    }

    /// z = x − y.
    static void sub(float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).sub(load(y, yo + i)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] - y[yo + i];
    }

    /// z = x y.
    static void mul(float[] x, int xo, float y, float[] z, int zo, int n) {
        FloatVector other = FloatVector.broadcast(SPECIES, y);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).mul(other).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] * y;
    }

    /// z = x y.
    static void mul(float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).mul(load(y, yo + i)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] * y[yo + i];
    }

    /// z = x / y.
    static void div(float[] x, int xo, float y, float[] z, int zo, int n) {
        FloatVector other = FloatVector.broadcast(SPECIES, y);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).div(other).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] / y;
    }

    /// z = x / y.
    static void div(float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).div(load(y, yo + i)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] / y[yo + i];
    }

    /// z = max(x, y); NaN where there is one.
    static void max(float[] x, int xo, float y, float[] z, int zo, int n) {
        FloatVector other = FloatVector.broadcast(SPECIES, y);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).max(other).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = Math.max(x[xo + i], y);
    }

    /// z = max(x, y); NaN where there is one.
    static void max(float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) load(x, xo + i).max(load(y, yo + i)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = Math.max(x[xo + i], y[yo + i]);
    }

    /// z = 1 where x = y, else 0.
    static void equal(float[] x, int xo, float y, float[] z, int zo, int n) {
        FloatVector other = FloatVector.broadcast(SPECIES, y);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) ones(load(x, xo + i).compare(EQ, other)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] == y ? 1 : 0;
    }

    /// z = 1 where x = y, else 0.
    static void equal(float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) ones(load(x, xo + i).compare(EQ, load(y, yo + i))).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] == y[yo + i] ? 1 : 0;
    }

    /// z = 1 where x < y, else 0.
    static void less(float[] x, int xo, float y, float[] z, int zo, int n) {
        FloatVector other = FloatVector.broadcast(SPECIES, y);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) ones(load(x, xo + i).compare(LT, other)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] < y ? 1 : 0;
    }

    /// z = 1 where x < y, else 0.
    static void less(float[] x, int xo, float[] y, int yo, float[] z, int zo, int n) {
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) ones(load(x, xo + i).compare(LT, load(y, yo + i))).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] < y[yo + i] ? 1 : 0;
    }

    /// z = 1 where x > y, else 0.
    static void greater(float[] x, int xo, float y, float[] z, int zo, int n) {
        FloatVector other = FloatVector.broadcast(SPECIES, y);
        int i = 0;
        for (; i <= n - WIDTH; i += WIDTH) ones(load(x, xo + i).compare(GT, other)).intoArray(z, zo + i);
        for (; i < n; i++) z[zo + i] = x[xo + i] > y ? 1 : 0;
    }

    private static FloatVector load(float[] x, int at) {
        return FloatVector.fromArray(SPECIES, x, at);
    }

    private static FloatVector ones(VectorMask<Float> where) {
        return FloatVector.zero(SPECIES).blend(1, where);
    }
}
