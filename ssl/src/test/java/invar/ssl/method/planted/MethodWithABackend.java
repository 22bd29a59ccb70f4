package invar.ssl.method.planted;

import invar.core.spi.BackendProvider;

/// Breaks the rule that a method of learning does not know what runs it.
record MethodWithABackend(BackendProvider provider) {}
