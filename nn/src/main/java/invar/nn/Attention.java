package invar.nn;

import invar.core.ContractionOp.MatMul;
import invar.core.Ops;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;

/// Multi-head self-attention (Vaswani et al., NeurIPS 2017, [arXiv:1706.03762](https://arxiv.org/abs/1706.03762), Eq. 1
/// and Sec. 3.2.2): in each of H heads every token asks all tokens, and takes of their values in proportion to how well
/// they answer.
/// ```
/// [Q K V] = x W_qkvᵀ + b_qkv            split into H heads of d = D / H features
/// head    = softmax(Q Kᵀ / √d) V        for each image and head
/// y       = [head₁ … head_H] W_projᵀ + b_proj
/// ```
/// x (N, T, D), y alike. The (N H, T, T) weights are stored for the backward pass.
///
/// Departure: the queries are divided by √d, which are fewer numbers than Q Kᵀ wherever d < T.
///
/// @param qkv   (3 D, D) and (3 D): queries, keys, values, of each the heads in order, as in timm
/// @param proj  (D, D) and (D)
/// @param heads H ≥ 1, dividing D
public record Attention(Linear qkv, Linear proj, int heads) implements Layer {

    public Attention {
        int width = proj.weight().dim(1);
        if (heads < 1 || width % heads != 0) {
            throw new IllegalArgumentException(heads + " heads cannot share " + width
                    + " features: the width of attention must be a multiple of its heads");
        }
        if (qkv.weight().dim(0) != 3 * width) {
            throw new IllegalArgumentException("queries, keys and values of " + width + " features each come from "
                    + 3 * width + " outputs, not " + qkv.weight().dim(0));
        }
    }

    /// With biases, which start at 0.
    public static Attention of(Init init, int width, int heads, Initializer weights) {
        return new Attention(Linear.of(init.at("qkv"), width, 3 * width, true, weights),
                Linear.of(init.at("proj"), width, width, true, weights), heads);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        if (x.shape().rank() != 3) {
            throw new IllegalArgumentException("attention is over (images, tokens, features), not " + x.shape());
        }
        int n = x.dim(0), t = x.dim(1), width = proj.weight().dim(1), d = width / heads;
        Tensor all = qkv.apply(x, mode).reshape(n, t, 3, heads, d).permute(2, 0, 3, 1, 4);    // (3, N, H, T, d)
        Tensor q = part(all, 0).scale(1 / Math.sqrt(d)), k = part(all, 1), v = part(all, 2);  // (N H, T, d)
        Tensor weights = Ops.run(new MatMul(false, true), q, k).softmax(2);                   // (N H, T, T)
        Tensor y = Ops.run(new MatMul(false, false), weights, v);                             // (N H, T, d)
        return proj.apply(y.reshape(n, heads, t, d).permute(0, 2, 1, 3).reshape(n, t, width), mode);
    }

    private static Tensor part(Tensor all, int which) {
        return all.rows(which, which + 1).reshape(all.dim(1) * all.dim(2), all.dim(3), all.dim(4));
    }
}
