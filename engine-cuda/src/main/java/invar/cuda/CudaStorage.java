package invar.cuda;

import invar.core.Tensor;
import invar.core.spi.Storage;

/// Device memory.
///
/// @param address of the first element
/// @param bytes   its size
record CudaStorage(long address, long bytes) implements Storage {

    /// The address of a tensor's first element.
    static long address(Tensor tensor) {
        return ((CudaStorage) tensor.storage()).address + tensor.offset() * tensor.dtype().bytes();
    }
}
