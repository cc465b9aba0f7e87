"""Packages of Python that Debian has not, each by its exact version and hash."""

# Repository name: (requirement, SHA-256 of the wheel).
_PACKAGES = {
    "nanobind": (
        "nanobind==2.15.0",
        "91dae9305c6242cf63ab11a5c41594e234e7a22fd9fcc2c5c4ba80724abc1787",
    ),
}

_PYTHON = "/usr/bin/python3"

def _require(ctx, module, package):
    if ctx.execute([_PYTHON, "-c", "import " + module]).return_code != 0:
        fail("{} is not installed; run: apt-get install {}".format(package, package))

def _python_package_impl(ctx):
    _require(ctx, "pip", "python3-pip")
    requirement = "{} --hash=sha256:{}\n".format(ctx.attr.requirement, ctx.attr.sha256)
    ctx.file("requirements.txt", requirement)
    result = ctx.execute([
        _PYTHON,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        "--require-hashes",
        "--target=site",
        "--requirement=requirements.txt",
    ])
    if result.return_code != 0:
        fail("pip could not install {}:\n{}".format(ctx.attr.requirement, result.stderr))
    ctx.symlink(ctx.attr.build_file, "BUILD")

# Fetched once, when something that needs it is built: programs in C++ alone never do.
_python_package = repository_rule(
    implementation = _python_package_impl,
    attrs = {
        "build_file": attr.label(mandatory = True),
        "requirement": attr.string(mandatory = True),
        "sha256": attr.string(mandatory = True),
    },
)

def _python_headers_impl(ctx):
    found = ctx.execute([_PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('include'))"])
    include = ctx.path(found.stdout.strip())
    if not include.get_child("Python.h").exists:
        fail("Python.h is not installed; run: apt-get install python3-dev")
    ctx.symlink(include, "include")
    ctx.symlink(ctx.attr.build_file, "BUILD")

_python_headers = repository_rule(
    implementation = _python_headers_impl,
    attrs = {"build_file": attr.label(mandatory = True)},
    local = True,
)

def python_packages():
    _python_headers(
        name = "python_headers",
        build_file = "//third_party:python_headers.BUILD",
    )
    for name, (requirement, sha256) in _PACKAGES.items():
        _python_package(
            name = name,
            build_file = "//third_party:{}.BUILD".format(name),
            requirement = requirement,
            sha256 = sha256,
        )
