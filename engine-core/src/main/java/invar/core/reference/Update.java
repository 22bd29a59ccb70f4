package invar.core.reference;

import invar.core.DType;
import invar.core.Op;
import invar.core.Philox;
import invar.core.Tensor;
import invar.core.UpdateOp.Advance;
import invar.core.UpdateOp.Assign;
import invar.core.UpdateOp.Distribution;
import invar.core.UpdateOp.Fill;
import invar.core.UpdateOp.PutRows;
import invar.core.UpdateOp.Random;
import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.SgdUpdate;

/// In-place updates: assignments, random numbers, optimiser steps.
final class Update {

    private Update() {}

    static void execute(Op.InPlace op, Tensor[] in) {
        if (op instanceof PutRows) {
            putRows(in[0], in[1], Array.integer(in[2], 0));
            return;
        }
        if (op instanceof Advance a) {
            for (int i = 0; i < in[0].size(); i++) {
                Array.setInteger(in[0], i, (Array.integer(in[0], i) + a.by()) % a.modulus());
            }
            return;
        }
        if (in[0].dtype() == DType.I32) {                            // only COPY and ACCUMULATE are defined on integers
            for (int i = 0; i < in[0].size(); i++) {
                int old = op == Assign.ACCUMULATE ? Array.integer(in[0], i) : 0;
                Array.setInteger(in[0], i, old + Array.integer(in[1], i));
            }
            return;
        }
        Array y = new Array(in[0]);
        switch (op) {
            case Assign assign -> {
                Array x = new Array(in[1]);
                double c = in.length > 2 ? new Array(in[2]).at(0) : 0;
                for (int i = 0; i < y.size; i++) y.set(i, value(assign, y.at(i), x.at(i), c));
            }
            case PutRows _, Advance _ -> throw new AssertionError(op);                   // done above
            case Fill f -> y.fill(f.value());
            case Random r -> {
                Philox words = new Philox(r.seed(), r.stream());
                for (int i = 0; i < y.size; i++) {
                    y.set(i, r.distribution() == Distribution.UNIFORM ? words.nextFloat() : words.nextGaussian());
                }
            }
            case SgdUpdate s -> sgd(s, y, new Array(in[1]), new Array(in[2]), new Array(in[3]).at(0));
            case AdamUpdate a -> adam(a, in);
            case LarsUpdate l -> lars(l, y, new Array(in[1]), new Array(in[2]), new Array(in[3]).at(0));
        }
    }

    private static void putRows(Tensor y, Tensor x, int at) {
        int row = x.size() / x.dim(0);
        for (int i = 0; i < x.size(); i++) {
            long to = (long) at * row + i;
            if (to < 0 || to >= y.size()) continue;
            if (y.dtype() == DType.I32) Array.setInteger(y, (int) to, Array.integer(x, i));
            else new Array(y).set((int) to, new Array(x).at(i));
        }
    }

    private static double value(Assign assign, double y, double x, double c) {
        return switch (assign) {
            case COPY -> x;
            case ACCUMULATE -> y + x;
            case DESCEND -> y - c * x;
            case AVERAGE -> c * y + (1 - c) * x;
        };
    }

    private static void sgd(SgdUpdate s, Array p, Array v, Array gradient, double lr) {
        for (int i = 0; i < p.size; i++) {
            double g = gradient.at(i) + s.weightDecay() * p.at(i);
            v.set(i, s.momentum() * v.at(i) + g);
            p.add(i, -lr * (s.nesterov() ? g + s.momentum() * v.at(i) : v.at(i)));
        }
    }

    private static void adam(AdamUpdate a, Tensor[] in) {
        Array p = new Array(in[0]), m = new Array(in[1]), v = new Array(in[2]), gradient = new Array(in[3]);
        double lr = new Array(in[4]).at(0), t = new Array(in[5]).at(0);
        double mScale = 1 / (1 - Math.pow(a.beta1(), t)), vScale = 1 / (1 - Math.pow(a.beta2(), t));
        for (int i = 0; i < p.size; i++) {
            double g = a.decoupled() ? gradient.at(i) : gradient.at(i) + a.weightDecay() * p.at(i);
            if (a.decoupled()) p.set(i, p.at(i) * (1 - lr * a.weightDecay()));
            m.set(i, a.beta1() * m.at(i) + (1 - a.beta1()) * g);
            v.set(i, a.beta2() * v.at(i) + (1 - a.beta2()) * g * g);
            p.add(i, -lr * m.at(i) * mScale / (Math.sqrt(v.at(i) * vScale) + a.epsilon()));
        }
    }

    private static void lars(LarsUpdate l, Array p, Array v, Array gradient, double lr) {
        double p2 = 0, g2 = 0, d2 = 0;
        for (int i = 0; i < p.size; i++) {
            double g = gradient.at(i), d = g + l.weightDecay() * p.at(i);
            p2 += p.at(i) * p.at(i);
            g2 += g * g;
            d2 += d * d;
        }
        double ratio = l.trustRatio(Math.sqrt(p2), Math.sqrt(g2), Math.sqrt(d2), lr);
        double decay = l.decay(Math.sqrt(p2), Math.sqrt(g2));
        boolean inside = l.form() == LarsUpdate.Form.SIMCLR;                    // the learning rate inside the momentum
        for (int i = 0; i < p.size; i++) {
            double d = (inside ? lr : 1) * ratio * (gradient.at(i) + decay * p.at(i));
            v.set(i, l.momentum() * v.at(i) + d);
            double step = l.nesterov() ? d + l.momentum() * v.at(i) : v.at(i);
            p.add(i, -(inside ? 1 : lr) * step);
        }
    }
}
