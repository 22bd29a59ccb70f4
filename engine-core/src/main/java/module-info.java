/// Tensors, operations, differentiation, and what a device must be able to do. Depends on nothing but java.base.
module invar.core {
    exports invar.core;
    exports invar.core.fused;
    exports invar.core.spi;

    uses invar.core.spi.BackendProvider;
    provides invar.core.spi.BackendProvider with invar.core.reference.ReferenceBackendProvider;
}
