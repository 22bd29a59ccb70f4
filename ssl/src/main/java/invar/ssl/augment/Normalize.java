package invar.ssl.augment;

import invar.core.Philox;
import invar.core.fused.AugmentImages.Change;
import java.util.List;

/// Standardises each channel: y = (x − mean) / std. Draws nothing; comes last.
///
/// @param mean of red, green, blue, in units of the image (0 … 1)
/// @param std of red, green, blue, > 0
public record Normalize(List<Double> mean, List<Double> std) implements Augmentation {

    /// The training images of CIFAR-10, as in pytorch-cifar and lightly.
    public static final Normalize CIFAR10 =
            new Normalize(List.of(0.4914, 0.4822, 0.4465), List.of(0.2023, 0.1994, 0.2010));
    /// The training images of ImageNet, as in torchvision.
    public static final Normalize IMAGENET =
            new Normalize(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

    /// Checks the settings.
    public Normalize {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        Require.that(mean.size() == ImageBuffer.CHANNELS && std.size() == ImageBuffer.CHANNELS,
                "Normalize: mean and std must have three values each but are " + mean + " and " + std);
        Require.that(std.stream().allMatch(s -> s > 0), "Normalize: every std must be > 0 but they are " + std);
    }

    @Override
    public void apply(ImageBuffer image, Philox random) {
        for (int c = 0; c < ImageBuffer.CHANNELS; c++)
            ColorOps.normalize(image, c, mean.get(c).floatValue(), std.get(c).floatValue());
    }

    @Override
    public int mostChanges() {
        return ImageBuffer.CHANNELS;
    }

    @Override
    public void list(ViewRow row, Philox random) {
        row.add(Change.NORMALIZE_RED, mean.get(0), std.get(0));
        row.add(Change.NORMALIZE_GREEN, mean.get(1), std.get(1));
        row.add(Change.NORMALIZE_BLUE, mean.get(2), std.get(2));
    }
}
