// Barlow Twins and its gradient with factors in bfloat16: barlow_mma.cuh describes them.
// architecture: compute_80
#include "barlow_mma.cuh"

BARLOW_GRAMS(bf16_large, LargeMma<Bf16>)
BARLOW_GRAMS(bf16_medium, MediumMma<Bf16>)
BARLOW_BACKWARD(bf16_large, LargeMma<Bf16>)
BARLOW_BACKWARD(bf16_medium, MediumMma<Bf16>)
BARLOW_BACKWARD(bf16_small, SmallMma<Bf16>)
