"""op_module: every target of one operation's folder."""

load("@this_processor//:copts.bzl", "PEER_COPTS")
load("//tools:cuda.bzl", "cuda_kernels")
load("//tools:generate.bzl", "declare_cases", "generated_source")

def op_module(name, deps = [], reference_deps = [], simd_deps = [], test_deps = [], ladder = False):
    """Declares the operation `name` from the files that lie in its folder under fixed names.

    Creates NAME (the library), python (its binding), numpy (what that is compared with), gpu (its
    kernels for GPUs), cases, conformance_test, NAME_test, both again on a GPU or the harness,
    NAME_bench, gpu_bench, bench_smoke_test and page; ulp_sweep where there is a NAME_ulps.cc. What
    tests and benchmarks of all operations on a GPU need of this one are tests and gpu_bench.

    Args:
      name: the operation and its folder.
      deps: what NAME.cc needs beyond ops/common: the operations of its definition and gradient.
      reference_deps: what only NAME_reference.cc needs, such as Eigen.
      simd_deps: what only NAME_simd.cc needs beyond Highway.
      test_deps: operations that only the cases and the property test need.
      ladder: whether the folder ladder/ tells, step by step, how the kernel came to be.
    """

    native.cc_library(
        name = name,
        srcs = [
            name + ".cc",
            name + "_reference.cc",
            name + "_simd.cc",
        ],
        hdrs = native.glob([name + ".h", name + "_*.h", name + "-inl.h"]),
        visibility = ["//:ops_users"],
        deps = depset([
            "//ops/common:common",
            "@highway//:hwy",
        ] + deps + reference_deps + simd_deps).to_list(),
    )

    # How Python calls it.
    native.cc_library(
        name = "python",
        srcs = [name + "_python.cc"],
        copts = ["-fvisibility=hidden"],
        visibility = ["//python:__pkg__"],
        deps = [
            ":" + name,
            "//python:operation",
        ],
    )

    # What NumPy makes of the same arguments.
    native.filegroup(
        name = "numpy",
        srcs = [name + "_numpy.py"],
        visibility = ["//python:__pkg__"],
    )

    # What becomes the docstring.
    native.filegroup(
        name = "contract",
        srcs = [
            name + ".h",
            name + "_python.cc",
        ],
        visibility = ["//python:__pkg__"],
    )

    # With the kernels of all operations that this one calls.
    cuda_srcs = native.glob([name + "_cuda.cu"])
    cuda_kernels(
        name = "gpu",
        srcs = cuda_srcs,
        visibility = ["//:ops_users"],
        deps = [
            ":" + name,
            "//ops/common:gpu",
            "//tensor:gpu",
        ] + _gpu_of(deps),
    )

    native.cc_library(
        name = "cases",
        srcs = [name + "_cases.cc"],
        visibility = ["//:proof_users"],
        deps = [
            ":" + name,
            "//gradcheck:spec",
        ] + test_deps,
        alwayslink = True,
    )

    generated_source(
        name = "conformance_main",
        testonly = True,
        out = "conformance_main.cc",
        content = _conformance_main(name),
    )

    native.cc_test(
        name = "conformance_test",
        srcs = [":conformance_main"],
        deps = [
            ":cases",
            "//gradcheck:conformance",
        ],
    )

    native.cc_library(
        name = "tests",
        testonly = True,
        srcs = [name + "_test.cc"],
        alwayslink = True,
        visibility = ["//tools/gpu:__pkg__"],
        deps = [
            ":" + name,
            "//gradcheck:testing",
        ] + test_deps,
    )

    native.cc_test(
        name = name + "_test",
        deps = [":tests"],
    )

    # The same two tests where tensors are on a GPU, or on the harness in its place.
    if cuda_srcs:
        on_gpu = [":gpu", "//tensor:test_device"] + _gpu_of(test_deps)
        native.cc_test(
            name = "conformance_gpu_test",
            srcs = [":conformance_main"],
            env = {"PROVA_TEST_DEVICE": "cuda"},
            deps = [":cases", "//gradcheck:conformance"] + on_gpu,
        )
        native.cc_test(
            name = name + "_gpu_test",
            env = {"PROVA_TEST_DEVICE": "cuda"},
            deps = [":tests"] + on_gpu,
        )

    # What the benchmark of all operations on a GPU has of this one.
    native.cc_library(
        name = "gpu_bench",
        testonly = True,
        srcs = native.glob([name + "_gpu_bench.cc"]),
        alwayslink = True,
        visibility = ["//bench/gpu:__pkg__"],
        deps = [":cases", ":" + name, "//bench/gpu:gpu_benches"] + _gpu_of(test_deps),
    )

    # Other libraries on the same cases; linked into the benchmark alone.
    peers_srcs = native.glob([name + "_peers.cc"])
    if peers_srcs:
        native.cc_library(
            name = "peers",
            testonly = True,
            srcs = peers_srcs,
            copts = PEER_COPTS,
            linkopts = ["-lgomp"],
            deps = [
                "//bench:eigen",
                "//bench:onednn",
                "//bench:peers",
                "//bench:pointwise",
                "//bench:reduction",
                "//bench:softmax",
                "@openblas//:openblas",
            ],
        )

    generated_source(
        name = "bench_main",
        testonly = True,
        out = "bench_main.cc",
        content = _bench_main(name, has_peers = bool(peers_srcs)),
    )

    native.cc_library(
        name = "bench_main_library",
        testonly = True,
        srcs = [":bench_main"],
        alwayslink = True,
        deps = [
            ":cases",
            "//bench:runner",
        ] + ([":peers"] if peers_srcs else []),
    )

    native.cc_binary(
        name = name + "_bench",
        testonly = True,
        deps = [":bench_main_library"],
    )

    native.cc_test(
        name = "bench_smoke_test",
        args = ["--smoke"],
        deps = [":bench_main_library"],
    )

    # How far from the truth, over every float32 there is: by hand, some minutes a function.
    ulps_srcs = native.glob([name + "_ulps.cc"])
    if ulps_srcs:
        native.cc_binary(
            name = "ulp_sweep",
            testonly = True,
            srcs = ulps_srcs,
            deps = [
                ":" + name,
                "//gradcheck:ulp_sweep",
            ],
        )

    # What the site reads: the page, and every file that it may pull a region from.
    native.filegroup(
        name = "page",
        testonly = True,
        srcs = native.glob(["**"]) + (["//ops/{}/ladder:page".format(name)] if ladder else []),
        visibility = ["//visibility:public"],
    )

def _gpu_of(deps):
    """The GPU kernels of those of `deps` that are operations."""
    return [dep + ":gpu" for dep in deps if dep.startswith("//ops/") and ":" not in dep]

def _conformance_main(name):
    return "\n".join([
        '#include "gradcheck/conformance.h"',
        "",
        declare_cases(name),
        "int main(int argc, char** argv) {",
        "  return prova::RunConformance(prova::cases::{}, argc, argv);".format(name),
        "}",
        "",
    ])

def _bench_main(name, has_peers):
    declare_peers = "namespace prova::peers {{ std::vector<Peer> {}(const PeerWork& work); }}\n"
    return "\n".join([
        '#include "bench/runner.h"',
        "",
        declare_cases(name),
        declare_peers.format(name) if has_peers else "",
        "int main(int argc, char** argv) {",
        "  return prova::RunBenchmarks(prova::cases::{}, {}, argc, argv);".format(
            name,
            "prova::peers::" + name if has_peers else "nullptr",
        ),
        "}",
        "",
    ])
