// NT-Xent and its gradient with factors in bfloat16: ntxent_mma.cuh describes them.
// architecture: compute_80
#include "ntxent_mma.cuh"

NTXENT_SUMS(bf16_large, LargeMma<Bf16>)
NTXENT_SUMS(bf16_medium, MediumMma<Bf16>)
NTXENT_GRADIENT(bf16, Bf16, false)
NTXENT_GRADIENT(bf16_wide, Bf16, true)
