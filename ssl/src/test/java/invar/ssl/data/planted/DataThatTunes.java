package invar.ssl.data.planted;

import invar.ssl.tune.ProbeRecipe;

/// Breaks the rule that what comes before pretraining knows nothing of what follows it.
final class DataThatTunes {

    final ProbeRecipe recipe = ProbeRecipe.ALL.getFirst();
}
