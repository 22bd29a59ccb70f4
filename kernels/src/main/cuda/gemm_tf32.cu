// Matrix products with factors in TensorFloat-32: gemm_mma.cuh describes them.
// architecture: compute_80
#include "gemm_mma.cuh"

LAYOUTS(tf32_large, LargeMma<Tf32>)
LAYOUTS(tf32_medium, MediumMma<Tf32>)
LAYOUTS(tf32_small, SmallMma<Tf32>)
