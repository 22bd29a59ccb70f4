package invar.nn.planted;

import invar.ssl.UserError;

/// Breaks the rule that layers do not know what they are trained for.
record LayerThatLearns(UserError error) {}
