// InfoNCE against a queue with factors in TensorFloat-32: queue_nce_mma.cuh describes it.
// architecture: compute_80
#include "queue_nce_mma.cuh"

QUEUE_NCE_PIECES(tf32, Tf32, false)
QUEUE_NCE_PIECES(tf32_wide, Tf32, true)
