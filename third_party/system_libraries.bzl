"""Libraries from Debian packages, each an external repository with its BUILD file beside this."""

# Repository name: (Debian package, header or folder that the package puts below /usr/include).
_LIBRARIES = {
    "benchmark": ("libbenchmark-dev", "benchmark/benchmark.h"),
    "boost_context": ("libboost-context-dev", "boost/context/fiber.hpp"),
    "cli11": ("libcli11-dev", "CLI/CLI.hpp"),
    "eigen": ("libeigen3-dev", "eigen3/Eigen/Core"),
    "googletest": ("libgtest-dev libgmock-dev", "gmock/gmock.h"),
    "highway": ("libhwy-dev", "hwy/highway.h"),
    "nlohmann_json": ("nlohmann-json3-dev", "nlohmann/json.hpp"),
    "onednn": ("libdnnl-dev", "oneapi/dnnl/dnnl.hpp"),
    "openblas": ("libopenblas-pthread-dev", "x86_64-linux-gnu/openblas-pthread/cblas.h"),
    "rapidcheck": ("librapidcheck-dev", "rapidcheck.h"),
    "zlib": ("zlib1g-dev", "zlib.h"),
}

def _system_library_impl(ctx):
    if not ctx.path("/usr/include/" + ctx.attr.header).exists:
        fail("{} is not installed; run: apt-get install {}".format(ctx.name, ctx.attr.package))
    ctx.symlink(ctx.attr.build_file, "BUILD")
    ctx.symlink("/usr/include", "include")

_system_library = repository_rule(
    implementation = _system_library_impl,
    attrs = {
        "build_file": attr.label(mandatory = True),
        "header": attr.string(mandatory = True),
        "package": attr.string(mandatory = True),
    },
    local = True,
)

def _this_processor_impl(ctx):
    flags = ctx.execute(["grep", "-m1", "^flags", "/proc/cpuinfo"]).stdout.split(" ")
    level = "x86-64"
    if "avx2" in flags and "fma" in flags:
        level = "x86-64-v3"
        if "avx512f" in flags and "avx512vl" in flags and "avx512dq" in flags:
            level = "x86-64-v4"
    ctx.file("BUILD")
    copts = [
        "-march=" + level,
        "-mprefer-vector-width=" + ("512" if level == "x86-64-v4" else "256"),
        "-fopenmp",
        # GCC's own AVX-512 header initializes vectors with themselves.
        "-Wno-uninitialized",
        "-Wno-maybe-uninitialized",
    ]
    ctx.file("copts.bzl", "PEER_COPTS = {}\n".format(copts))

# What peers that are headers, such as Eigen, are compiled with: the vectors of this processor. The
# level is part of every command, so that a shared cache never serves another processor's code.
_this_processor = repository_rule(
    implementation = _this_processor_impl,
    local = True,
)

def _cuda_impl(ctx):
    home = ctx.os.environ.get("CUDA_HOME", "/usr/local/cuda")
    found = ctx.path(home + "/bin/nvcc").exists
    ctx.file("nvcc.bzl", "NVCC = {}\n".format(repr(home + "/bin/nvcc") if found else "None"))
    if found:
        ctx.symlink(home + "/include", "include")
        ctx.symlink(home + "/lib64", "lib64")
    ctx.symlink(ctx.attr.build_file, "BUILD")

# NVIDIA's toolkit, for --config=cuda alone; without it everything else builds.
_cuda = repository_rule(
    implementation = _cuda_impl,
    attrs = {"build_file": attr.label(mandatory = True)},
    environ = ["CUDA_HOME"],
    local = True,
)

def system_libraries():
    _this_processor(name = "this_processor")
    _cuda(name = "cuda", build_file = "//third_party:cuda.BUILD")
    for name, (package, header) in _LIBRARIES.items():
        _system_library(
            name = name,
            build_file = "//third_party:{}.BUILD".format(name),
            header = header,
            package = package,
        )
