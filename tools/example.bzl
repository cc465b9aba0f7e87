"""prova_example: a small program that documents and proves itself."""

def prova_example(name, srcs = None, data = [], deps = [], testonly = False, **kwargs):
    """Declares the program `name`, the test that runs it, and what the site shows of it.

    The program ends with exit code 0 only if its result is right. What it prints must be, to the
    letter, what NAME.out says; after a change that is meant to alter it:
    bazel run //examples/NAME > examples/NAME/NAME.out

    Args:
      name: the program and its folder.
      srcs: its sources; NAME.cc unless given.
      data: files that it reads, by their paths from the root.
      deps: what it needs.
      testonly: whether it shows how something is tested.
      **kwargs: passed to cc_binary.
    """
    native.cc_binary(
        name = name,
        srcs = srcs or [name + ".cc"],
        data = data,
        deps = deps,
        testonly = testonly,
        **kwargs
    )

    # What it prints, for the site; a program that fails leaves nothing. It is a source here and no
    # tool, so that it runs with the options that everything else is built with.
    native.genrule(
        name = name + "_run",
        testonly = testonly,
        srcs = [":" + name] + data,
        outs = [name + ".run"],
        cmd = "$(location :{}) > $@".format(name),
        visibility = ["//docs:__pkg__"],
    )

    native.sh_test(
        name = name + "_test",
        size = "small",
        srcs = ["//tools:same_output.sh"],
        args = [
            "$(location {}.out)".format(name),
            "$(location :{}_run)".format(name),
        ],
        data = [
            name + ".out",
            ":{}_run".format(name),
        ],
    )

    native.filegroup(
        name = "shown",
        srcs = native.glob(["*"]),
        visibility = ["//docs:__pkg__"],
    )
