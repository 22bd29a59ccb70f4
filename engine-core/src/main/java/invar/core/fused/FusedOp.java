package invar.core.fused;

import invar.core.Op;

/// The ops with kernels of their own that could be composed from others. A composition is promoted to one of these with
/// a measurement: it takes 5 % of a training step, or it removes a buffer that grows with the square of the batch.
public sealed interface FusedOp extends Op.Fused
        permits AugmentImages, BarlowTwins, BarlowTwinsGrad, BatchNorm, BatchNormGrad, CosineSimilarity,
                CosineSimilarityGrad, CrossCorrelation, CrossCorrelationGrad, L2Normalize, L2NormalizeGrad,
                LayerNorm, LayerNormGrad, NtXent, NtXentAndGrad, NtXentGrad, QueueNce, SoftmaxCrossEntropy,
                SoftmaxCrossEntropyGrad {}
