"""Libraries from Debian packages, each an external repository with its BUILD file beside this."""

# Repository name: (Debian package, header or folder that the package puts below /usr/include).
_LIBRARIES = {
    "benchmark": ("libbenchmark-dev", "benchmark/benchmark.h"),
    "cli11": ("libcli11-dev", "CLI/CLI.hpp"),
    "eigen": ("libeigen3-dev", "eigen3/Eigen/Core"),
    "googletest": ("libgtest-dev libgmock-dev", "gmock/gmock.h"),
    "highway": ("libhwy-dev", "hwy/highway.h"),
    "nlohmann_json": ("nlohmann-json3-dev", "nlohmann/json.hpp"),
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

def system_libraries():
    for name, (package, header) in _LIBRARIES.items():
        _system_library(
            name = name,
            build_file = "//third_party:{}.BUILD".format(name),
            header = header,
            package = package,
        )
