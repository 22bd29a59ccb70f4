// Barlow Twins and its gradient with factors in TensorFloat-32: barlow_mma.cuh describes them.
// architecture: compute_80
#include "barlow_mma.cuh"

BARLOW_GRAMS(tf32_large, LargeMma<Tf32>)
BARLOW_GRAMS(tf32_medium, MediumMma<Tf32>)
BARLOW_BACKWARD(tf32_large, LargeMma<Tf32>)
BARLOW_BACKWARD(tf32_medium, MediumMma<Tf32>)
BARLOW_BACKWARD(tf32_small, SmallMma<Tf32>)
