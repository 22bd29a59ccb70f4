// NT-Xent and its gradient with factors in TensorFloat-32: ntxent_mma.cuh describes them.
// architecture: compute_80
#include "ntxent_mma.cuh"

NTXENT_SUMS(tf32_large, LargeMma<Tf32>)
NTXENT_SUMS(tf32_medium, MediumMma<Tf32>)
NTXENT_GRADIENT(tf32, Tf32, false)
NTXENT_GRADIENT(tf32_wide, Tf32, true)
