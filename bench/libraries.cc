#include "bench/libraries.h"

#include <cstdlib>

#include <Eigen/Core>
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <hwy/highway.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <unistd.h>

#include "base/parallel_for.h"
#include "base/text.h"

namespace prova {
namespace {

/// OpenBLAS 0.3.21 measured on Zen 4, SGEMM n = 512, one thread: HASWELL 111 GFLOP/s, ZEN 107,
/// SKYLAKEX 106, COOPERLAKE (its own choice) 105. Intel's AVX-512 units are twice as wide.
const char* FastestOpenBlasCore() {
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
  if (avx512 && __builtin_cpu_is("intel")) return "SKYLAKEX";
  return __builtin_cpu_supports("avx2") ? "HASWELL" : "NEHALEM";
}

}  // namespace

void PrepareLibraries(char** argv) {
  if (std::getenv("PROVA_BENCH_PREPARED") != nullptr) return;
  setenv("PROVA_BENCH_PREPARED", "1", 0);
  setenv("OPENBLAS_CORETYPE", FastestOpenBlasCore(), 0);
  setenv("OPENBLAS_THREAD_TIMEOUT", "20", 0);  // 2^20 clock ticks, a third of a millisecond
  setenv("GOMP_SPINCOUNT", "100000", 0);       // about as long
  execv("/proc/self/exe", argv);
}

void SetAllThreads(int threads) {
  SetNumThreads(threads);
  omp_set_num_threads(threads);  // oneDNN's and Eigen's
  openblas_set_num_threads(threads);
}

std::map<std::string, std::string> LibraryVersions() {
  const dnnl_version_t* onednn = dnnl_version();
  std::string openblas = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE …"
  openblas = openblas.substr(openblas.find(' ') + 1);
  openblas = openblas.substr(0, openblas.find(' '));
  return {
      {"onednn", Cat(onednn->major, ".", onednn->minor, ".", onednn->patch)},
      {"openblas", Cat(openblas, ", kernels of ", openblas_get_corename())},
      {"eigen", Cat(EIGEN_WORLD_VERSION, ".", EIGEN_MAJOR_VERSION, ".", EIGEN_MINOR_VERSION)},
      {"highway", Cat(HWY_MAJOR, ".", HWY_MINOR, ".", HWY_PATCH)},
  };
}

}  // namespace prova
