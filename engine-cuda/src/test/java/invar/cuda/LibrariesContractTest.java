package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.spi.Backend;
import invar.core.spi.Precision;
import invar.core.testkit.ContractionContract;
import org.junit.jupiter.api.AfterAll;

/// JCublas2 and JCudnn, bound to the stand-ins for cuBLAS 13 and cuDNN 9, compute what the reference computes.
class LibrariesContractTest extends ContractionContract {

    private long products, convolutions;

    @Override
    protected Backend backend() {
        CudaBackend backend = StandIns.backend(Precision.FP32);
        assertThat(backend.libraries()).containsExactly("cuBLAS 13.1.2", "cuDNN 9.5.1");
        products = StandIns.products();
        convolutions = StandIns.convolutions();
        return backend;
    }

    /// Two for each case: on its own and, for convolutions where the tensors are aligned, as views.
    @AfterAll
    void theLibrariesDidIt() {
        assertThat(StandIns.products() - products).isGreaterThan(200);
        assertThat(StandIns.convolutions() - convolutions).isGreaterThanOrEqualTo(60);
    }
}
