package invar.ssl.probe;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Tensor;
import invar.ssl.Losses;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Whether embeddings still tell images apart, in four numbers that any method has:
/// - `spread`, [EmbeddingSpread]: 1 all over the sphere, 0 one point;
/// - `effective rank`, [EffectiveRank]: directions in use, 1 to min(N, D);
/// - `alignment`: the mean squared distance of an image's two views on the sphere, 0 to 4 (Wang and Isola 2020,
///   [arXiv:2005.10242](https://arxiv.org/abs/2005.10242), Sec. 4.1.1, α = 2: [Losses#alignment]); 2 by chance;
/// - `uniformity`: ln of the mean of e^(−2 ‖x − y‖²) over pairs of images on the sphere (Sec. 4.1.2, t = 2:
///   [Losses#uniformity]); 0 if all are one point, about −4 all over a sphere of many dimensions.
///
/// A good encoder has a low alignment and a low uniformity at once; a collapsed one has the first alone.
public final class Health {

    /// Names of the measures.
    public static final String SPREAD = "spread", RANK = "effective rank", ALIGNMENT = "alignment",
            UNIFORMITY = "uniformity";

    /// At most so many images are measured: the singular values of more cost as much as a step.
    static final int IMAGES = 256;

    private static final double ALPHA = 2, T = 2;

    private Health() {}

    /// Which measures there are for so many views of each image: alignment needs two.
    public static List<String> names(int views) {
        return views < 2 ? List.of(SPREAD, RANK, UNIFORMITY) : List.of(SPREAD, RANK, ALIGNMENT, UNIFORMITY);
    }

    /// The measures of the first 256 images of a batch, by name. Nothing that outlives the call is changed.
    ///
    /// @param embed images to embeddings (N, D), in evaluation mode
    /// @param views at least one, (N, 3, H, W) each with N ≥ 2
    public static Map<String, Double> of(UnaryOperator<Tensor> embed, List<Tensor> views, Device device) {
        try (Scope _ = device.scope()) {
            List<Tensor> embeddings = new ArrayList<>();
            for (Tensor view : views) embeddings.add(embed.apply(view.rows(0, Math.min(IMAGES, view.dim(0)))));
            return of(embeddings);
        }
    }

    /// The measures by name: alignment of the first two views, the mean over the views of the others.
    ///
    /// @param embeddings of each view, (N, D), N ≥ 2
    static Map<String, Double> of(List<Tensor> embeddings) {
        double spread = 0, rank = 0, uniformity = 0;
        for (Tensor z : embeddings) {
            spread += EmbeddingSpread.of(z) / embeddings.size();
            rank += EffectiveRank.of(z) / embeddings.size();
            uniformity += Losses.uniformity(Losses.normalize(z), T).item() / embeddings.size();
        }
        Map<String, Double> health = new LinkedHashMap<>();
        health.put(SPREAD, spread);
        health.put(RANK, rank);
        if (embeddings.size() > 1) {
            Tensor x = Losses.normalize(embeddings.get(0)), y = Losses.normalize(embeddings.get(1));
            health.put(ALIGNMENT, Losses.alignment(x, y, ALPHA).item());
        }
        health.put(UNIFORMITY, uniformity);
        return health;
    }
}
