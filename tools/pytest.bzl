"""pytest_test: a Python test whose cases are counted one by one."""

def pytest_test(name, src, data = [], deps = [], **kwargs):
    """Runs the cases of `src` under Debian's pytest, with a report that Bazel and ./dev read.

    Args:
      name: the test target.
      src: the file that holds the cases.
      data: files that the cases read.
      deps: py_library targets.
      **kwargs: passed to py_test.
    """
    native.py_test(
        name = name,
        srcs = [
            src,
            "//tools/python:pytest_main.py",
        ],
        main = "//tools/python:pytest_main.py",
        args = ["$(location {})".format(src)],
        data = data,
        deps = deps,
        python_version = "PY3",
        **kwargs
    )
