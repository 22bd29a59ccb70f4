package invar.ssl.data.planted;

import invar.ssl.cli.planted.Prompt;

/// Breaks the rule that only the command line knows the command line.
record DataThatPrompts(Prompt prompt) {}
