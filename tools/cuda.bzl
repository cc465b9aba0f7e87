"""GPU kernels: for a GPU by nvcc with --config=cuda, else for the execution harness."""

load("//tools:generate.bzl", "generated_source")
load("@cuda//:nvcc.bzl", "NVCC")

_FLAGS = [
    "-std=c++20",
    "-O3",
    "--expt-relaxed-constexpr",
    "--extended-lambda",
    "-Werror=all-warnings",
    "-Xcompiler=-fPIC,-Wall,-Wno-unknown-pragmas",
    # Code for Hopper, and PTX from which drivers make code for what comes after it.
    "-gencode=arch=compute_90a,code=sm_90a",
    "-gencode=arch=compute_90,code=compute_90",
]

def _nvcc_objects_impl(ctx):
    if not NVCC:
        fail("--config=cuda needs nvcc 13: install the CUDA toolkit in /usr/local/cuda, or name " +
             "its folder in the environment variable CUDA_HOME")
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    paths = ["-I."]
    paths += ["-I" + path for path in context.includes.to_list() + context.quote_includes.to_list()]
    paths += ["-isystem=" + path for path in context.system_includes.to_list()]
    objects = []
    for src in ctx.files.srcs:
        out = ctx.actions.declare_file(src.basename[:-len(".cu")] + ".pic.o")
        # nvcc names its temporary files after its process, which has one number in all sandboxes.
        ctx.actions.run_shell(
            command = "TMPDIR=$(mktemp -d) && export TMPDIR && trap 'rm -r $TMPDIR' EXIT && \"$@\"",
            arguments = [NVCC] + _FLAGS + ctx.attr.copts + paths +
                        ["-c", src.path, "-o", out.path],
            env = {"PATH": "/usr/local/bin:/usr/bin:/bin"},
            inputs = depset(ctx.files.srcs + ctx.files.hdrs, transitive = [context.headers]),
            outputs = [out],
            mnemonic = "Nvcc",
            progress_message = "Compiling %s for GPUs" % src.short_path,
        )
        objects.append(out)
    return [DefaultInfo(files = depset(objects))]

_nvcc_objects = rule(
    implementation = _nvcc_objects_impl,
    attrs = {
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "hdrs": attr.label_list(allow_files = [".h"]),
        "srcs": attr.label_list(allow_files = [".cu"]),
    },
)

def cuda_kernels(name, srcs, deps = [], hdrs = [], nvcc_copts = [], **kwargs):
    """A library of the kernels in `srcs`, and of the runtime that they run on.

    A program that depends on it has GPUs: real ones with --config=cuda, else the harness. Tables of
    kernels find what is linked (`PROVA_LINKED`), so that nothing else is compiled twice.

    Args:
      name: the library.
      srcs: the .cu files.
      deps: what their includes need, and the kernels that they call for.
      hdrs: headers of device code, for other .cu files.
      nvcc_copts: flags of nvcc for these files.
      **kwargs: passed to the library (visibility, …).
    """
    _nvcc_objects(
        name = name + "_nvcc",
        srcs = srcs,
        hdrs = hdrs,
        copts = nvcc_copts,
        tags = ["manual"],
        deps = deps + ["//cuda:kernel"],
    )
    on_harness = []
    for src in srcs:
        out = src[:-len(".cu")] + "_on_harness.cc"
        generated_source(
            name = out[:-len(".cc")],
            out = out,
            content = '#include "{}/{}"\n'.format(native.package_name(), src),
        )
        on_harness.append(out)
    native.cc_library(
        name = name,
        srcs = select({
            "//tools:cuda": [":" + name + "_nvcc"] if srcs else [],
            "//conditions:default": on_harness,
        }),
        hdrs = hdrs,
        textual_hdrs = srcs,
        # Kernels take tensor maps by value, which GCC passes otherwise than before its version 4.6.
        copts = ["-Wno-psabi"],
        alwayslink = True,
        deps = deps + ["//cuda:kernel"],
        **kwargs
    )
