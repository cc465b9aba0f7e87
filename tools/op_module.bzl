"""op_module: every target of one operation's folder."""

load("//tools:generate.bzl", "declare_cases", "generated_source")

def op_module(name, deps = [], reference_deps = [], simd_deps = [], test_deps = []):
    """Declares the operation `name` from the files that lie in its folder under fixed names.

    Creates NAME (the library), cases, conformance_test, NAME_test, NAME_bench, bench_smoke_test
    and page.

    Args:
      name: the operation and its folder.
      deps: what NAME.cc needs beyond ops/common: the operations of its definition and gradient.
      reference_deps: what only NAME_reference.cc needs, such as Eigen.
      simd_deps: what only NAME_simd.cc needs beyond Highway.
      test_deps: operations that only the cases and the property test need.
    """

    # GPU kernels. `select({"//tools:cuda": …})` in the library adds their objects.
    cuda_srcs = native.glob([name + "_cuda.cu"])

    native.cc_library(
        name = name,
        srcs = [
            name + ".cc",
            name + "_reference.cc",
            name + "_simd.cc",
        ],
        hdrs = native.glob([name + ".h", name + "_*.h"]),
        visibility = ["//:ops_users"],
        deps = depset([
            "//ops/common:common",
            "@highway//:hwy",
        ] + deps + reference_deps + simd_deps).to_list(),
    )

    native.cc_library(
        name = "cases",
        testonly = True,
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
        content = _main(name, "gradcheck/conformance.h", "RunConformance"),
    )

    native.cc_test(
        name = "conformance_test",
        srcs = [":conformance_main"],
        deps = [
            ":cases",
            "//gradcheck:conformance",
        ],
    )

    native.cc_test(
        name = name + "_test",
        srcs = [name + "_test.cc"],
        deps = [
            ":" + name,
            "//gradcheck:testing",
        ] + test_deps,
    )

    generated_source(
        name = "bench_main",
        testonly = True,
        out = "bench_main.cc",
        content = _main(name, "bench/runner.h", "RunBenchmarks"),
    )

    native.cc_library(
        name = "bench_main_library",
        testonly = True,
        srcs = [":bench_main"],
        alwayslink = True,
        deps = [
            ":cases",
            "//bench:runner",
        ],
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

    native.filegroup(
        name = "page",
        srcs = native.glob([
            name + "*.h",
            name + "*.cc",
        ]) + cuda_srcs + [name + ".md"],
        visibility = ["//visibility:public"],
    )

def _main(name, header, function):
    return "\n".join([
        '#include "{}"'.format(header),
        "",
        declare_cases(name),
        "int main(int argc, char** argv) {",
        "  return prova::{}(prova::cases::{}, argc, argv);".format(function, name),
        "}",
        "",
    ])
