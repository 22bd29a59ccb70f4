package invar.ssl.method.planted;

import invar.ssl.augment.Recipe;

/// Breaks the rule that a method of learning gets its views ready-made.
record MethodThatAugments(Recipe recipe) {}
