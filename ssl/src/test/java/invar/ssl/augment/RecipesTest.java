package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.ssl.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecipesTest {

    @ParameterizedTest
    @ValueSource(ints = {28, 32, 96})
    void everyRecipeGivesFiniteViewsOfTheSizeItNames(int size) {
        for (String name : Recipes.names()) {
            Recipe recipe = Recipes.named(name, size);
            assertThat(recipe.name()).isEqualTo(name);
            assertThat(recipe.source()).isNotBlank();
            for (int v = 0; v < recipe.views().size(); v++)
                for (int i = 0; i < 5; i++) {
                    ImageBuffer image = ComposeTest.noise(size, size);
                    recipe.views().get(v).apply(image, 1, 2, i, v);
                    boolean tiles = name.equals("jigsaw");               // standardised, and smaller than the image
                    int tile = (size <= Recipes.SMALL ? size / 3 : size * 75 / 256) * 64 / 75;
                    assertThat(image.height()).as(name).isEqualTo(image.width())
                            .isEqualTo(tiles ? 3 * tile : side(name, v, size));
                    float least = tiles ? -tile : 0, most = tiles ? tile : 1.00001f;
                    for (float x : ComposeTest.pixels(image)) assertThat(x).as(name).isBetween(least, most);
                }
        }
    }

    /// Two views of `size`, then SwAV's and DINO's small crops; CPC's mosaic of patches.
    private static int side(String name, int view, int size) {
        if (name.equals("cpc")) return size == 96 ? 6 * (96 - 5 * 13) : 3 * (size - 2 * (size / 4));
        return view < 2 ? size : Math.max(8, Math.round(size * 96 / 224f / 8) * 8);
    }

    @Test
    void normalizationComesLastInEveryView() {
        Recipe recipe = Recipes.named("dino", 96).then(Normalize.IMAGENET);
        assertThat(recipe.views()).allMatch(view -> view.steps().getLast() == Normalize.IMAGENET);
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        assertThatThrownBy(() -> Recipes.named("simclrr", 32)).isInstanceOf(UserError.class)
                .hasMessageContaining("'simclrr'").hasMessageContaining("simclr, moco-v1");
    }
}
