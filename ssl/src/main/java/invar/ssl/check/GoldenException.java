package invar.ssl.check;

/// Why a golden case cannot be checked: the file is none, or it asks for something this build does not compute.
/// The message is one clause without a full stop.
final class GoldenException extends RuntimeException {

    private static final long serialVersionUID = 1;

    GoldenException(String message) {
        super(message);
    }

    GoldenException(String message, Throwable cause) {
        super(message, cause);
    }
}
