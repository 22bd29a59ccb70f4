package invar.cuda;

/// What a vendor's library says to a product or a convolution.
///
/// @param computed whether it has computed it, or will, in stream order
/// @param refusal  what it says where it does not although it should; null otherwise
record Answer(boolean computed, String refusal) {

    /// It does.
    static final Answer COMPUTED = new Answer(true, null);
    /// Not what it is used for.
    static final Answer NOT_OFFERED = new Answer(false, null);

    /// It should, and returns an error.
    static Answer refused(String why) {
        return new Answer(false, why);
    }
}
