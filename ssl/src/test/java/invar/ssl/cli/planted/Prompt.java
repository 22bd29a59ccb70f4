package invar.ssl.cli.planted;

/// Stands for a part of the command line.
public record Prompt(String text) {}
