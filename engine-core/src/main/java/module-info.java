/// Tensors, operations, differentiation, and what a device must be able to do. Depends on nothing but java.base.
module invar.core {
    exports invar.core;
}
