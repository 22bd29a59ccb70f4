// Convolutions with factors in bfloat16: conv_mma.cuh describes them.
// architecture: compute_80
#include "conv_mma.cuh"

CONVOLUTIONS(bf16_large, AloneMma<Bf16>)
CONVOLUTIONS(bf16_medium, MediumMma<Bf16>)
CONVOLUTIONS(bf16_small, SmallMma<Bf16>)
