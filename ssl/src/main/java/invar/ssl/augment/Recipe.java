package invar.ssl.augment;

import java.util.List;

/// What each view of an image goes through.
///
/// @param name as in `--augment`
/// @param source where the settings were published
/// @param views one list of augmentations for each view of a training step, two for most methods
public record Recipe(String name, String source, List<Compose> views) {

    /// Copies the list.
    public Recipe {
        views = List.copyOf(views);
        Require.that(!views.isEmpty(), "Recipe " + name + ": there must be at least one view");
    }

    /// The first `count` views of this recipe.
    public Recipe first(int count) {
        return new Recipe(name, source, views.subList(0, count));
    }

    /// This recipe with `step` after every view's last augmentation, unless that one standardises by itself; meant for
    /// [Normalize].
    public Recipe then(Augmentation step) {
        return new Recipe(name, source,
                views.stream().map(view -> standardised(view) ? view : view.then(step)).toList());
    }

    private static boolean standardised(Compose view) {
        return !view.steps().isEmpty() && view.steps().getLast().standardises();
    }
}
