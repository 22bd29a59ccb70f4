package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Op;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.CrossCorrelationGrad;
import invar.core.spi.Backend;
import invar.core.spi.Precision;
import invar.core.testkit.FusedPrecisionContract;
import org.junit.jupiter.api.AfterAll;

/// Fused ops that are a product of matrices, cosines and cross-correlations with their gradients, by cuBLAS where it is
/// there: in TensorFloat-32, as precise as without.
class LibrariesFusedTest extends FusedPrecisionContract {

    private long products;

    @Override
    protected Backend backend() {
        CudaBackend backend = StandIns.backend(Precision.TF32);
        assertThat(backend.libraries()).containsExactly("cuBLAS 13.1.2", "cuDNN 9.5.1");
        products = StandIns.products();
        return backend;
    }

    @Override
    protected boolean concerns(Op op) {
        return op instanceof CosineSimilarity || op instanceof CosineSimilarityGrad || op instanceof CrossCorrelation
                || op instanceof CrossCorrelationGrad;
    }

    @AfterAll
    void theLibraryDidIt() {
        assertThat(StandIns.products() - products).isGreaterThan(100);
    }
}
