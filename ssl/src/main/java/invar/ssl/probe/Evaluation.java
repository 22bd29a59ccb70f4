package invar.ssl.probe;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.nn.Layer;
import invar.ssl.augment.Normalize;
import invar.ssl.data.Dataset;
import invar.ssl.data.Split;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// What a representation is worth on held-out images, without training anything on it.
///
/// On a set with two drawings of each item: how often the most similar picture among the other drawings shows the same
/// thing, for the pictures as they are and perturbed; both directions, averaged. On a set with labels: the accuracy of
/// a weighted vote of the nearest training pictures.
public final class Evaluation {

    /// Names of the measures, as printed and stored.
    public static final String RETRIEVAL = "same glyph", PERTURBED = "same glyph, perturbed";

    /// Name of the accuracy of a classifier that a method trained, as printed.
    public static final String CLASSIFIER = "classifier";

    private static final Normalize AS_THEY_ARE = new Normalize(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));

    /// Pixels are compared at no more than this side: rows of larger images would fill the memory and find no more.
    private static final int PIXEL_SIDE = 32;

    private final Split split;
    private final int side, k, maxBank;
    private final double temperature;
    private final Normalize normalize;
    private final Device device;

    /// @param side S, the size at which the encoder sees images
    /// @param k neighbours that vote
    /// @param temperature τ of the vote
    /// @param maxBank at most so many training pictures vote, at even distances in the set
    public Evaluation(
            Split split, int side, Normalize normalize, int k, double temperature, int maxBank, Device device) {
        this.split = split;
        this.side = side;
        this.normalize = normalize;
        this.k = k;
        this.temperature = temperature;
        this.maxBank = maxBank;
        this.device = device;
    }

    /// True if there is anything to measure: a second drawing or labels.
    public boolean possible() {
        return split.test().drawings() > 1 || labelled();
    }

    private boolean labelled() {
        return !split.test().classes().isEmpty();
    }

    /// The measures of the pixels themselves, from 0 to 1 as they are, by name, each in [0, 1].
    public Map<String, Double> ofPixels() {
        int least = Math.min(side, PIXEL_SIDE);
        return measure(AS_THEY_ARE, least, images -> Embedder.pixels(images, least));
    }

    /// The measures of the pixels with each channel standardised, as the encoder sees them: what an encoder must beat.
    public Map<String, Double> ofStandardisedPixels() {
        int least = Math.min(side, PIXEL_SIDE);
        return measure(normalize, least, images -> Embedder.pixels(images, least));
    }

    /// The measures of an encoder, by name, each in [0, 1].
    public Map<String, Double> of(Layer encoder) {
        return measure(normalize, side, images -> Embedder.embed(encoder, images, side, device));
    }

    /// The share of held-out pictures, every drawing of each item, to whose class a trained classifier gives its
    /// largest logit; in [0, 1].
    ///
    /// @param classifier images to logits (N, C), C the classes of the data
    /// @throws IllegalStateException if the data have no labels
    public double accuracyOf(Layer classifier) {
        if (!labelled()) throw new IllegalStateException("without labels there is no accuracy");
        Dataset test = split.test().perDrawing();
        Embeddings logits = Embedder.embed(classifier, Pictures.of(test, 0, side, normalize), side, device);
        try (Scope _ = device.scope()) {
            return Accuracy.topK(device.tensor(Shape.of(logits.count(), logits.features()), logits.rows()),
                    labels(test), 1);
        }
    }

    private Map<String, Double> measure(Normalize pixels, int at, Function<Pictures, Embeddings> features) {
        Map<String, Double> measures = new LinkedHashMap<>();
        if (split.test().drawings() > 1) {
            Pictures first = Pictures.of(split.test(), 0, at, pixels);
            Pictures second = Pictures.of(split.test(), 1, at, pixels);
            Embeddings a = features.apply(first), b = features.apply(second);
            measures.put(RETRIEVAL, (Retrieval.top1(a, b, device) + Retrieval.top1(b, a, device)) / 2);
            Embeddings askedA = features.apply(first.perturbed()), askedB = features.apply(second.perturbed());
            measures.put(PERTURBED, (Retrieval.top1(askedA, b, device) + Retrieval.top1(askedB, a, device)) / 2);
        }
        if (labelled()) measures.put("kNN-" + k, nearestNeighbours(pixels, at, features));
        return measures;
    }

    /// Every drawing of the items of the split's bank votes; every drawing of the held-out items is asked.
    private double nearestNeighbours(Normalize pixels, int at, Function<Pictures, Embeddings> features) {
        Dataset train = split.bank().perDrawing().thinned(maxBank), test = split.test().perDrawing();
        Embeddings bank = features.apply(Pictures.of(train, 0, at, pixels)).normalised();
        Embeddings asked = features.apply(Pictures.of(test, 0, at, pixels)).normalised();
        try (Scope _ = device.scope()) {
            Knn.Result result = Knn.predict(
                    device.tensor(Shape.of(asked.count(), asked.features()), asked.rows()),
                    device.tensor(Shape.of(bank.count(), bank.features()), bank.rows()),
                    labels(train), k, temperature, split.train().classes().size());
            return result.accuracy(labels(test));
        }
    }

    private static int[] labels(Dataset data) {
        int[] labels = new int[data.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = data.label(i);
        return labels;
    }
}
