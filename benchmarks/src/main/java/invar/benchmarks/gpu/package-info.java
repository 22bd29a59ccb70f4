/// Our kernels on a GPU side by side with PyTorch's, in one run: `dev/gpu-bench.sh`.
///
/// Each side is a process of its own that prepares cases and times calls by the device's clock ([GpuChild], and
/// `torch_peer.py`, which speaks the same protocol); the driver ([GpuCompare]) lets them work in turn, one at a time,
/// and compares their results, times and memory with each other, with float64 and with what the device could do.
package invar.benchmarks.gpu;
