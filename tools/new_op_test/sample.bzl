"""new_op_sample: a module as tools/new_op makes it, built and tested in every build."""

load("//tools:cuda.bzl", "cuda_kernels")
load("//tools:generate.bzl", "declare_cases", "generated_source")

def new_op_sample(kind):
    """Makes the operation sample_KIND, its conformance tests and its property test's binary.

    Args:
      kind: as tools/new_op --kind.
    """
    name = "sample_" + kind
    folder = "ops/" + name
    headers = ["{0}/{1}{2}".format(folder, name, end) for end in [".h", "_kernels.h"]]
    sources = [
        "{0}/{1}{2}.cc".format(folder, name, end)
        for end in ["", "_reference", "_simd"]
    ]
    cuda_source = "{0}/{1}_cuda.cu".format(folder, name)
    binding = "{0}/{1}_python.cc".format(folder, name)
    proofs = ["{0}/{1}{2}.cc".format(folder, name, end) for end in ["_cases", "_test"]]

    native.genrule(
        name = name + "_files",
        srcs = ["//ops:ops.bzl"],
        outs = headers + sources + [cuda_source, binding] + proofs,
        cmd = " && ".join([
            "mkdir -p $(RULEDIR)/{0}_tree/ops",
            "cp $(location //ops:ops.bzl) $(RULEDIR)/{0}_tree/ops/",
            "$(location //tools:new_op) {0} --kind {1} --root $(RULEDIR)/{0}_tree >/dev/null",
            "cp $(RULEDIR)/{0}_tree/{2}/*.h $(RULEDIR)/{0}_tree/{2}/*.c[cu] $(RULEDIR)/{2}/",
            "rm -r $(RULEDIR)/{0}_tree",
        ]).format(name, kind, folder),
        tools = [
            "//tools:new_op",
            "//tools:templates",
        ],
    )

    native.cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        includes = ["."],
        # The vector kernel includes itself once a target.
        textual_hdrs = [folder + "/" + name + "_simd.cc"],
        deps = [
            "//ops/common",
            "@highway//:hwy",
        ],
    )

    native.cc_library(
        name = name + "_python",
        srcs = [binding],
        copts = ["-fvisibility=hidden"],
        deps = [
            ":" + name,
            "//python:operation",
        ],
    )

    cuda_kernels(
        name = name + "_gpu",
        srcs = [cuda_source],
        deps = [
            ":" + name,
            "//ops/common:gpu",
            "//tensor:gpu",
        ],
    )

    native.cc_library(
        name = name + "_cases",
        testonly = True,
        srcs = [folder + "/" + name + "_cases.cc"],
        deps = [
            ":" + name,
            "//gradcheck:spec",
        ],
    )

    generated_source(
        name = name + "_main",
        testonly = True,
        out = name + "_main.cc",
        content = "\n".join([
            '#include "gradcheck/conformance.h"',
            declare_cases(name),
            "int main(int argc, char** argv) {",
            "  return prova::RunConformance(prova::cases::{}, argc, argv);".format(name),
            "}",
            "",
        ]),
    )

    native.cc_test(
        name = name + "_conformance_test",
        srcs = [name + "_main"],
        deps = [
            name + "_cases",
            "//gradcheck:conformance",
        ],
    )

    native.cc_test(
        name = name + "_conformance_gpu_test",
        srcs = [name + "_main"],
        env = {"PROVA_TEST_DEVICE": "cuda"},
        deps = [
            name + "_cases",
            name + "_gpu",
            "//gradcheck:conformance",
            "//tensor:test_device",
        ],
    )

    native.cc_binary(
        name = name + "_properties",
        testonly = True,
        srcs = [folder + "/" + name + "_test.cc"],
        deps = [
            ":" + name,
            "//gradcheck:testing",
        ],
    )
