// Convolutions with factors in TensorFloat-32: conv_mma.cuh describes them.
// architecture: compute_80
#include "conv_mma.cuh"

CONVOLUTIONS(tf32_large, AloneMma<Tf32>)
CONVOLUTIONS(tf32_medium, MediumMma<Tf32>)
CONVOLUTIONS(tf32_small, SmallMma<Tf32>)
