package invar.nn;

import invar.core.ContractionOp;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.Optional;

/// Images as sequences of patches (Dosovitskiy et al., ICLR 2021, [arXiv:2010.11929](https://arxiv.org/abs/2010.11929),
/// Eq. 1): each square of p × p pixels, read as a vector, through one linear map. That is a convolution whose stride is
/// the size of its window, and is stored as one, under timm's names; computed as one product of matrices.
/// ```
/// y[n, i w + j] = W vec x[n, :, i p : (i + 1) p, j p : (j + 1) p] + b,     h = ⌊H / p⌋,  w = ⌊W / p⌋
/// ```
/// x (N, C, H, W), y (N, h w, D). Pixels on the right and at the bottom that do not fill a patch are left out, as by
/// the convolution.
///
/// @param proj W (D, C, p, p) and b (D), both uniform in ±1/√(C p²), PyTorch's default for a convolution, which the
///             official code of DINO leaves as it is
public record PatchEmbedding(Conv2d proj) implements Layer {

    public PatchEmbedding {
        Shape w = proj.weight().shape();
        if (w.dim(2) != w.dim(3)) throw new IllegalArgumentException("patches are square, not as in the weight " + w);
        if (!proj.geometry().equals(ContractionOp.Conv2d.of(w.dim(2), 0))) {
            throw new IllegalArgumentException("patches of " + w.dim(2) + " pixels lie side by side: stride "
                    + w.dim(2) + ", no padding, no dilation, one group");
        }
    }

    /// Patches of `patch` × `patch` pixels to `width` features.
    public static PatchEmbedding of(Init init, int channels, int patch, int width) {
        Initializer uniform = new Initializer.Uniform(1 / Math.sqrt((double) channels * patch * patch));
        Init at = init.at("proj");
        return new PatchEmbedding(new Conv2d(at.tensor("weight", uniform, Shape.of(width, channels, patch, patch)),
                Optional.of(at.tensor("bias", uniform, Shape.of(width))), ContractionOp.Conv2d.of(patch, 0)));
    }

    /// p, the side of a patch in pixels.
    public int patch() {
        return proj.weight().dim(2);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        int d = proj.weight().dim(0), c = proj.weight().dim(1), p = patch();
        if (x.shape().rank() != 4 || x.dim(1) != c || x.dim(2) < p || x.dim(3) < p) {
            throw new IllegalArgumentException("patches of " + c + " channels and " + p + " × " + p
                    + " pixels cannot be cut from " + x.shape());
        }
        int n = x.dim(0), h = x.dim(2) / p, w = x.dim(3) / p;
        Tensor whole = x.dim(2) == h * p ? x : x.slice(2, 0, h * p);
        whole = whole.dim(3) == w * p ? whole : whole.slice(3, 0, w * p);
        Tensor patches = whole.reshape(n, c, h, p, w, p).permute(0, 2, 4, 1, 3, 5);   // (N, h, w, C, p, p)
        Tensor y = patches.reshape(n * h * w, c * p * p).matmulT(proj.weight().reshape(d, c * p * p));
        if (proj.bias().isPresent()) y = y.add(proj.bias().get());
        return y.reshape(n, h * w, d);
    }
}
