package invar.core;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.MovementOp.Concat;
import invar.core.MovementOp.Embed;
import invar.core.MovementOp.FillDiagonal;
import invar.core.MovementOp.Gather;
import invar.core.MovementOp.OneHot;
import invar.core.MovementOp.Permute;
import invar.core.MovementOp.Reshape;
import invar.core.MovementOp.Scatter;
import invar.core.MovementOp.Slice;
import invar.core.PointwiseOp.Affine;
import invar.core.PointwiseOp.Binary;
import invar.core.PointwiseOp.ClampMin;
import invar.core.PointwiseOp.Unary;
import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.AvgPool2dGrad;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.PoolingOp.MaxPool2dGrad;
import invar.core.ReductionOp.BroadcastTo;
import invar.core.ReductionOp.LogSoftmax;
import invar.core.ReductionOp.LogSumExp;
import invar.core.ReductionOp.MaxTo;
import invar.core.ReductionOp.Softmax;
import invar.core.ReductionOp.SumTo;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// All of differentiation on one page: given y = op(x) and g = ∂L/∂y, the gradients ∂L/∂x (vector–Jacobian products).
///
/// The rules are written with tensor operations, so they run on every backend. Each input's gradient is a supplier:
/// what nobody needs (the gradient of the images, say) is not computed. Fused ops have their rule beside the formula.
final class Vjp {

    private Vjp() {}

    /// @param needed which inputs' gradients are wanted
    static Tensor[] apply(Op op, Tensor[] x, Tensor[] out, Tensor[] grad, boolean[] needed) {
        if (op instanceof Op.Fused fused) return fused.vjp(x, out, grad);
        List<Supplier<Tensor>> rules = rules(op, x, out, grad[0]);
        Tensor[] dx = new Tensor[x.length];
        for (int i = 0; i < rules.size(); i++) {
            if (needed[i]) dx[i] = rules.get(i).get();
        }
        return dx;
    }

    private static List<Supplier<Tensor>> rules(Op op, Tensor[] x, Tensor[] out, Tensor g) {
        Tensor y = out[0];
        return switch (op) {                                        // no default: javac refuses a forgotten op
            // y = f(x), element by element
            case Unary.NEG -> of(() -> g.neg());
            case Unary.EXP -> of(() -> g.mul(y));                                       // d eˣ = eˣ dx
            case Unary.LOG -> of(() -> g.div(x[0]));                                    // d ln x = dx / x
            case Unary.SQRT -> of(() -> g.div(y.scale(2)));                             // d √x = dx / 2√x
            case Unary.SQUARE -> of(() -> g.mul(x[0].scale(2)));
            case Unary.RECIPROCAL -> of(() -> g.mul(y.square()).neg());                 // d 1/x = −dx / x²
            case Unary.ABS -> of(() -> g.mul(x[0].sign()));
            case Unary.SIGN, Unary.STEP -> of(() -> g.full(0));
            case Unary.RELU -> of(() -> g.mul(x[0].step()));                            // 1[x > 0]; 0 at the kink
            case Unary.GELU -> of(() -> g.mul(Ops.run(Unary.GELU_SLOPE, x[0])));
            case Unary.GELU_SLOPE -> of(() -> g.mul(geluCurvature(x[0])));
            case Unary.SIGMOID -> of(() -> g.mul(y.sub(y.square())));                   // σ' = σ (1 − σ)
            case Unary.TANH -> of(() -> g.mul(y.square().affine(-1, 1)));               // tanh' = 1 − tanh²
            case Affine a -> of(() -> g.scale(a.scale()));
            case ClampMin c -> of(() -> g.sub(g.mul(x[0].less(x[0].full(c.minimum())))));   // 1[x ≥ minimum]

            // z = f(x, y), where y may have been broadcast: its gradient is summed back
            case Binary.ADD -> of(() -> g, () -> g.sumTo(x[1].shape()));
            case Binary.SUB -> of(() -> g, () -> g.sumTo(x[1].shape()).neg());
            case Binary.MUL -> of(() -> g.mul(x[1]), () -> g.mul(x[0]).sumTo(x[1].shape()));
            case Binary.DIV -> of(() -> g.div(x[1]), () -> g.mul(y).div(x[1]).sumTo(x[1].shape()).neg());
            case Binary.MAX -> of(
                    () -> g.sub(g.mul(x[0].less(x[1]))),
                    () -> g.mul(x[0].less(x[1])).sumTo(x[1].shape()));
            case Binary.EQUAL, Binary.LESS -> of(() -> g.full(0), () -> x[1].full(0));

            // sum and broadcast are each other's transpose
            case SumTo s -> of(() -> g.broadcastTo(x[0].shape()));
            case BroadcastTo b -> of(() -> g.sumTo(x[0].shape()));
            case MaxTo m -> of(() -> shareAmongMaxima(x[0], y, g));
            case LogSumExp l -> of(() -> x[0].softmax(l.axis()).mul(g));
            case Softmax s -> of(() -> g.sub(g.mul(y).sum(s.axis())).mul(y));           // dxᵢ = yᵢ (gᵢ − Σ gⱼyⱼ)
            case LogSoftmax l -> of(() -> g.sub(y.exp().mul(g.sum(l.axis()))));         // dxᵢ = gᵢ − eʸⁱ Σ gⱼ

            // products and convolutions are linear in each input
            case MatMul(boolean ta, boolean tb) -> of(
                    () -> ta ? matmul(tb, true, x[1], g) : matmul(false, !tb, g, x[1]),     // C = A B: dA = g Bᵀ
                    () -> tb ? matmul(true, ta, g, x[0]) : matmul(!ta, false, x[0], g));    //          dB = Aᵀ g
            case Conv2d c -> of(() -> inputGrad(c, x[0], g, x[1]), () -> weightGrad(c, x[1], x[0], g));
            case Conv2dInputGrad c -> of(
                    () -> g.conv2d(x[1], c.forward()),
                    () -> weightGrad(c.forward(), x[1], g, x[0]));
            case Conv2dWeightGrad c -> of(
                    () -> inputGrad(c.forward(), x[0], x[1], g),
                    () -> x[0].conv2d(g, c.forward()));

            case MaxPool2d m -> of(() -> Ops.run(new MaxPool2dGrad(x[0].dim(2), x[0].dim(3)), g, out[1]));
            case MaxPool2dGrad m -> throw new UnsupportedOperationException("max pooling is differentiable once");
            case AvgPool2d a -> of(() -> Ops.run(new AvgPool2dGrad(a, x[0].dim(2), x[0].dim(3)), g));
            case AvgPool2dGrad a -> of(() -> Ops.run(a.forward(), g));

            // what was moved is moved back
            case Reshape r -> of(() -> g.reshape(x[0].shape()));
            case Permute p -> of(() -> Ops.run(p.inverse(), g));
            case Concat c -> pieces(c, x, g);
            case Slice s -> of(() -> Ops.run(new Embed(s.axis(), s.from(), x[0].dim(s.axis())), g));
            case Embed e -> of(() -> g.slice(e.axis(), e.from(), e.from() + x[0].dim(e.axis())));
            case Gather _ -> of(() -> g.scatter(x[1], x[0].dim(0)), () -> null);
            case Scatter _ -> of(() -> g.gather(x[1]), () -> null);
            case OneHot _ -> of(() -> null);
            case FillDiagonal _ -> of(() -> g.fillDiagonal(0));

            case Op.InPlace update -> throw new IllegalStateException(update + " is never recorded");
            case Op.Fused fused -> throw new IllegalStateException(fused + " has its own rule");
        };
    }

    private static List<Supplier<Tensor>> of(Supplier<Tensor> first) {
        return List.of(first);
    }

    private static List<Supplier<Tensor>> of(Supplier<Tensor> first, Supplier<Tensor> second) {
        return List.of(first, second);
    }

    private static Tensor matmul(boolean ta, boolean tb, Tensor a, Tensor b) {
        return Ops.run(new MatMul(ta, tb), a, b);
    }

    private static Tensor inputGrad(Conv2d conv, Tensor x, Tensor dy, Tensor w) {
        return Ops.run(new Conv2dInputGrad(conv, x.dim(2), x.dim(3)), dy, w);
    }

    private static Tensor weightGrad(Conv2d conv, Tensor w, Tensor x, Tensor dy) {
        return Ops.run(new Conv2dWeightGrad(conv, w.dim(2), w.dim(3)), x, dy);
    }

    /// d²/dx² x Φ(x) = (2 − x²) φ(x)
    private static Tensor geluCurvature(Tensor x) {
        Tensor density = x.square().scale(-0.5).exp().scale(1 / Math.sqrt(2 * Math.PI));
        return x.square().affine(-1, 2).mul(density);
    }

    private static Tensor shareAmongMaxima(Tensor x, Tensor y, Tensor g) {
        Tensor isMaximum = x.equal(y);
        return isMaximum.mul(g.div(isMaximum.sumTo(y.shape())));
    }

    private static List<Supplier<Tensor>> pieces(Concat concat, Tensor[] x, Tensor g) {
        List<Supplier<Tensor>> pieces = new ArrayList<>();
        for (int i = 0, at = 0; i < x.length; i++) {
            int from = at, to = at + x[i].dim(concat.axis());
            pieces.add(() -> g.slice(concat.axis(), from, to));
            at = to;
        }
        return pieces;
    }
}
