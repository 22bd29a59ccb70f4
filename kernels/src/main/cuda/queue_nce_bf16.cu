// InfoNCE against a queue with factors in bfloat16: queue_nce_mma.cuh describes it.
// architecture: compute_80
#include "queue_nce_mma.cuh"

QUEUE_NCE_PIECES(bf16, Bf16, false)
QUEUE_NCE_PIECES(bf16_wide, Bf16, true)
