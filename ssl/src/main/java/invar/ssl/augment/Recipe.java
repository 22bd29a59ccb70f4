package invar.ssl.augment;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

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

    /// The pieces that its views are made of, if they are mosaics.
    public Optional<Mosaic> mosaic() {
        return views.stream().flatMap(view -> view.steps().stream()).flatMap(step -> step.mosaic().stream())
                .findFirst();
    }

    /// By how many degrees a view may be turned, either way.
    public double turns() {
        return views.stream().mapToDouble(view -> view.steps().stream().mapToDouble(Augmentation::turns).sum()).max()
                .orElse(0);
    }

    /// Whether its views are whole images in which nothing is random.
    public boolean plain() {
        return views.stream().flatMap(view -> view.steps().stream())
                .allMatch(step -> step instanceof ResizeCenterCrop || step instanceof Normalize);
    }

    /// Whether all views can be made by [invar.core.fused.AugmentImages]: each is a crop, then changes that it knows.
    public boolean onDevice() {
        return hostOnly().isEmpty();
    }

    /// Why a view cannot be made by that op, in words; empty if all can.
    public Optional<String> hostOnly() {
        String unknown = views.stream().flatMap(view -> view.steps().stream()).filter(step -> step.mostChanges() < 0)
                .map(Augmentation::kind).distinct().collect(Collectors.joining(", "));
        if (!unknown.isEmpty()) {
            return Optional.of("no device has a kernel for " + unknown + " of the augmentation " + name);
        }
        boolean cropsFirst = views.stream().map(Compose::steps).allMatch(steps -> !steps.isEmpty()
                && steps.getFirst().crops() && steps.stream().skip(1).noneMatch(Augmentation::crops));
        return cropsFirst ? Optional.empty() : Optional.of("a device crops once, before everything else, but the "
                + "augmentation " + name + " has another order");
    }

    /// How many changes a view consists of at most, if it is one that [#onDevice] says yes to.
    public int changes(int view) {
        return views.get(view).steps().stream().mapToInt(Augmentation::mostChanges).sum();
    }

    private static boolean standardised(Compose view) {
        return !view.steps().isEmpty() && view.steps().getLast().standardises();
    }
}
