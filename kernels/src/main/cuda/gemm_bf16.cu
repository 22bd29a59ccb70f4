// Matrix products with factors in bfloat16: gemm_mma.cuh describes them.
// architecture: compute_80
#include "gemm_mma.cuh"

GEMM(gemm_bf16_large_nn, LargeMma<Bf16>, AlongSumCopied, k, AcrossSumCopied, n)
GEMM(gemm_bf16_large_tn, LargeMma<Bf16>, AcrossSumCopied, m, AcrossSumCopied, n)
GEMM(gemm_bf16_large_nt, LargeMma<Bf16>, AlongSumCopied, k, AlongSumCopied, k)
GEMM(gemm_bf16_large_tt, AloneMma<Bf16>, AcrossSumCopied, m, AlongSumCopied, k)       // 128 registers do not suffice
LAYOUTS(bf16_medium, MediumMma<Bf16>)
LAYOUTS(bf16_small, SmallMma<Bf16>)
