/// The CUDA backend: device memory, launches and captured steps through JCuda, and one class for each family of ops,
/// which says with which kernel of the module `kernels` an op is computed.
package invar.cuda;
