package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import invar.core.Device;
import invar.core.Shape;
import invar.core.fused.AugmentImages;
import invar.ssl.train.NoiseImages;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Views by rows of numbers are those of the augmentations themselves.
class ViewRowTest {

    private static final int IMAGES = 4;
    private static final long SEED = 5;

    /// All recipes that can, at a size without and one with blur. The images are noise, whose neighbours are as
    /// different as they can be.
    @Test
    void viewsAreThoseOfTheAugmentations() {
        List<String> compared = new ArrayList<>();
        for (String name : Recipes.names()) {
            if (!Recipes.named(name, 19).onDevice()) continue;
            compared.add(name);
            compare(Recipes.named(name, 19), 24);
            compare(Recipes.named(name, 19).then(Normalize.CIFAR10), 17);
            compare(Recipes.named(name, 68), 72);
        }
        assertThat(compared).containsExactly("simclr", "moco-v1", "instdisc", "moco-v2", "byol", "moco-v3", "swav",
                "dino", "rotnet", "crop-flip", "none");
    }

    private static void compare(Recipe recipe, int extent) {
        NoiseImages data = new NoiseImages(IMAGES, extent);
        boolean standardised = recipe.views().getFirst().steps().getLast() instanceof Normalize;
        try (Device device = Device.open("reference")) {
            for (int view = 0; view < Math.min(3, recipe.views().size()); view++) {
                Compose steps = recipe.views().get(view);
                ViewRow row = new ViewRow(extent, extent, recipe.changes(view));
                int words = AugmentImages.words(extent, extent);
                int[] packed = new int[IMAGES * words], which = new int[IMAGES];
                float[] rows = new float[IMAGES * row.length()];
                List<float[]> expected = new ArrayList<>();
                int side = 0;
                for (int i = 0; i < IMAGES; i++) {
                    byte[] bytes = new byte[data.shape().size()];
                    data.read(i, bytes);
                    AugmentImages.pack(bytes, packed, i * words);
                    which[i] = i;
                    row.draw(steps, SEED, 1, i, view);
                    row.copyTo(rows, i * row.length());
                    ImageBuffer image = new ImageBuffer().load(bytes, extent, extent);
                    steps.apply(image, SEED, 1, i, view);
                    side = image.height();
                    float[] pixels = new float[3 * side * side];
                    image.copyTo(pixels, 0);
                    expected.add(pixels);
                }
                float[] made = new AugmentImages(extent, extent, side).reference(
                        device.integers(Shape.of(IMAGES, words), packed), device.integers(Shape.of(IMAGES), which),
                        device.tensor(Shape.of(IMAGES, row.length()), rows))[0].floats();
                int n = 3 * side * side;
                float worst = 0;
                for (int i = 0; i < made.length; i++) {
                    worst = Math.max(worst, Math.abs(made[i] - expected.get(i / n)[i % n]));
                }
                // of a range of 1, or of 1/0.2 after standardising
                assertThat(worst).as("%s, view %d of %d pixels", recipe.name(), view, extent)
                        .isCloseTo(0, offset(standardised ? 5e-5f : 1e-5f));
            }
        }
    }

    /// What turns, tiles or chooses among many operations is left to the host.
    @ParameterizedTest
    @ValueSource(strings = {"jigsaw", "cpc", "weak", "fixmatch", "drawings", "simclr-drawings", "simclr-shapes"})
    void otherRecipesStayOnTheHost(String name) {
        assertThat(Recipes.named(name, 32).onDevice()).isFalse();
    }

    @Test
    void aCropComesFirstOrTheRecipeStaysOnTheHost() {
        HorizontalFlip flip = new HorizontalFlip(0.5);
        RandomCrop crop = new RandomCrop(5, 1);
        assertThat(recipe(crop, flip).onDevice()).isTrue();
        assertThat(recipe(flip, crop).onDevice()).isFalse();
        assertThat(recipe(crop, flip, crop).onDevice()).isFalse();
        assertThat(recipe(flip).onDevice()).isFalse();
        assertThat(recipe().onDevice()).isFalse();
        assertThat(recipe(flip, crop).hostOnly()).hasValue("a device crops once, before everything else, but the "
                + "augmentation tested has another order");
    }

    @Test
    void refusesABlurThatIsTooWideForTheView() {
        Recipe recipe = recipe(new RandomCrop(3, 0), new GaussianBlur(7, 1, 1, 1));
        ViewRow row = new ViewRow(9, 9, recipe.changes(0));
        assertThatThrownBy(() -> row.draw(recipe.views().getFirst(), SEED, 0, 0, 0))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("7 px");
    }

    private static Recipe recipe(Augmentation... steps) {
        return new Recipe("tested", "none", List.of(Compose.of(steps)));
    }
}
