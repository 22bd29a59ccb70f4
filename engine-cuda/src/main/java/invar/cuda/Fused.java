package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.AugmentImages;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BarlowTwinsGrad;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.CrossCorrelationGrad;
import invar.core.fused.FusedOp;
import invar.core.fused.L2Normalize;
import invar.core.fused.L2NormalizeGrad;
import invar.core.fused.LayerNorm;
import invar.core.fused.LayerNormGrad;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import invar.core.fused.QueueNce;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.fused.SoftmaxCrossEntropyGrad;

/// Which class has the kernels of which fused op.
final class Fused {

    private Fused() {}

    static void execute(FusedOp op, Tensor[] in, Tensor[] out, Gpu gpu) {
        switch (op) {
            case AugmentImages f -> Augmentations.execute(f, in, out, gpu);
            case BatchNorm f -> BatchNorms.execute(f, in, out, gpu);
            case BatchNormGrad f -> BatchNorms.execute(f, in, out, gpu);
            case LayerNorm f -> LayerNorms.execute(f, in, out, gpu);
            case LayerNormGrad f -> LayerNorms.backward(in, out, gpu);
            case L2Normalize f -> L2Normalizes.execute(f, in, out, gpu);
            case L2NormalizeGrad f -> L2Normalizes.execute(f, in, out, gpu);
            case SoftmaxCrossEntropy f -> CrossEntropies.execute(f, in, out, gpu);
            case SoftmaxCrossEntropyGrad f -> CrossEntropies.execute(f, in, out, gpu);
            case NtXent f -> NtXents.execute(f, in, out, gpu);
            case NtXentGrad f -> NtXents.execute(f, in, out, gpu);
            case NtXentAndGrad f -> NtXents.execute(f, in, out, gpu);
            case QueueNce f -> QueueNces.execute(f, in, out, gpu);
            case CosineSimilarity f -> CosineSimilarities.execute(f, in, out, gpu);
            case CosineSimilarityGrad f -> CosineSimilarities.execute(f, in, out, gpu);
            case CrossCorrelation f -> CrossCorrelations.execute(f, in, out, gpu);
            case CrossCorrelationGrad f -> CrossCorrelations.backward(in, out, gpu);
            case BarlowTwins f -> BarlowTwinses.execute(f, in, out, gpu);
            case BarlowTwinsGrad f -> BarlowTwinses.execute(f, in, out, gpu);
        }
    }
}
