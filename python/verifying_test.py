"""prova.verify: what is right holds, what is wrong fails and says where."""

import re

import numpy as np
import pytest

import prova

OPERATIONS = prova._core._proof_operations()


def verify(fn, like="softmax", **options):
    return prova.verify(fn, like, quiet=True, **options)


def run(snippet, **functions):
    """A snippet, of these functions in place of those that it imports from here."""
    lines = [line for line in snippet.splitlines() if f"from {__name__} import" not in line]
    exec("\n".join(lines), functions)


def softmax(x, axis=-1):
    wide = x.astype(np.promote_types(x.dtype, np.float32))
    e = np.exp(wide - wide.max(axis=axis, keepdims=True, initial=-np.inf))
    return (e / e.sum(axis=axis, keepdims=True)).astype(x.dtype)


def softmax_gradient(dy, x, axis=-1):
    y = softmax(x, axis)
    return y * (dy - (dy * y).sum(axis=axis, keepdims=True))


def without_peak(x, axis=-1):
    e = np.exp(x.astype(np.promote_types(x.dtype, np.float32)))
    return (e / e.sum(axis=axis, keepdims=True)).astype(x.dtype)


def of_first_axis(x, axis=-1):
    return softmax(x, axis=0)


def in_half_throughout(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis=axis, keepdims=True, dtype=x.dtype)


def test_a_right_function_holds():
    report = verify(softmax, gradient=softmax_gradient)
    assert report.ok and not report.failures and report.arrays == "numpy"
    cases = len(prova._core._proof_cases("softmax"))
    gradients = [check for check in report.checks if check.what == "gradient"]
    assert len(report.checks) == 4 * cases + len(gradients) and len(gradients) >= 10
    assert all(check.cell == "holds" for check in gradients)
    assert {check.skipped for check in report.checks} == {"", "bfloat16: NumPy has no bfloat16"}


# Function, options, and what fails: (case, column).
WRONG = {
    "overflow": (without_peak, {}, {("far_from_zero", "float32"), ("far_from_zero", "float64")}),
    "axis": (of_first_axis, {},
             {("x[2, 3, 4]_axis1", "float32"), ("x[2, 3, 4]_axis-1", "float64")}),
    "half": (in_half_throughout, {}, {("x[2, 1024]_axis1", "float16")}),
    "gradient": (softmax, {"gradient": lambda dy, x, axis=-1: dy * softmax(x, axis)},
                 {("x[2, 5]_axis1", "gradient")}),
    "gradient's shape": (softmax, {"gradient": lambda dy, x, axis=-1: dy.sum()},
                         {("x[2, 5]_axis1", "gradient")}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_function_fails(what):
    fn, options, expected = WRONG[what]
    report = verify(fn, **options)
    failed = {(check.case, check.what) for check in report.failures}
    assert not report.ok and expected <= failed
    assert ("x[2, 3, 4]_axis0", "float32") not in failed
    if what == "half":
        assert {column for _, column in failed} == {"float16"}
    if what == "overflow":
        assert {case for case, _ in failed} == {"far_from_zero"}
    if what.startswith("gradient"):
        assert {column for _, column in failed} == {"gradient"}


@pytest.mark.parametrize("what", WRONG)
def test_the_snippet_shows_the_failure(what):
    fn, options, _ = WRONG[what]
    report = verify(fn, **options)
    with pytest.raises(AssertionError):
        exec(report.worst.snippet, {"fn": fn, **options})
    # The same lines, given a right function, find nothing.
    run(report.worst.snippet, fn=softmax, gradient=softmax_gradient)


def test_every_snippet_can_be_run():
    for check in verify(of_first_axis).failures:
        with pytest.raises(AssertionError):
            exec(check.snippet, {})  # it says itself where the function is
        run(check.snippet, fn=softmax)


def test_form_and_exceptions_are_failures():
    def fails(x, axis=-1):
        raise KeyError("lost")

    for fn, problem in ((lambda x, axis=-1: softmax(x, axis).astype(np.int32),
                         "the dtype is int32; need float32"),
                        (lambda x, axis=-1: softmax(x, axis).ravel(),
                         "the shape is (24,); need (2, 3, 4)"),
                        (fails, "KeyError: 'lost'"),
                        (lambda x, axis=-1: None, "DTypeError: ")):
        report = verify(fn, arrays="numpy", dtypes=["float32"])
        found = [check for check in report.failures if check.case == "x[2, 3, 4]_axis1"]
        assert len(found) == 1 and found[0].problem.startswith(problem)
        with pytest.raises((AssertionError, KeyError, TypeError)):
            exec(found[0].snippet, {"fn": fn})


def test_arguments_that_a_function_does_not_take_are_not_asked():
    report = verify(lambda x: softmax(x), dtypes=[prova.float32])
    assert report.ok
    skipped = {check.call for check in report.checks if check.skipped}
    assert skipped >= {"f(a, axis=0)", "f(a, axis=1)"} and "f(a)" in {
        check.call for check in report.asked}
    assert "it takes no such arguments" in str(report)
    assert not verify(lambda: 1).ok


def test_functions_of_prova():
    report = verify(prova.softmax)
    assert report.ok and report.arrays == "prova" and not any(c.skipped for c in report.checks)

    def composed(x, axis=-1):
        e = prova.exp(x - prova.max(x, axis=axis, keepdims=True))
        return e / prova.sum(e, axis=axis, keepdims=True)

    # A storage type rounds after every operation.
    assert verify(composed, dtypes=["float32", "float64"], only="x[2, 5]_axis1").ok
    halves = verify(composed, dtypes=["float16"], only="x[2, 1024]_axis1")
    assert halves.arrays == "prova" and not halves.ok

    def forgets(x, axis=-1):
        return composed(x.detach(), axis)

    report = verify(forgets, dtypes=["float64"], only="x[2, 5]_axis1")
    assert report.ok and "does not depend on Prova's tape" in str(report)

    def partly(x, axis=-1):
        e = prova.exp(x - prova.max(x, axis=axis, keepdims=True))
        return e / prova.sum(e, axis=axis, keepdims=True).detach()

    report = verify(partly, dtypes=["float64"], only="x[2, 5]_axis1")
    assert [check.what for check in report.failures] == ["gradient"]
    assert "differs from central differences" in str(report)


def test_functions_of_torch():
    torch = pytest.importorskip("torch")

    def through_float(x, axis=-1):
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        return torch.softmax(wide, axis).to(x.dtype)

    report = verify(through_float)
    assert report.ok and report.arrays == "torch"
    assert all(check.cell != "-" for check in report.checks)

    def wrong(x, axis=-1):
        e = torch.exp(x.float())
        return (e / e.sum(axis, keepdim=True)).to(x.dtype)

    report = verify(wrong)
    assert ("far_from_zero", "bfloat16") in {(c.case, c.what) for c in report.failures}
    with pytest.raises(AssertionError):
        exec(report.worst.snippet, {"fn": wrong})

    def wrong_gradient(x, axis=-1):
        e = torch.exp(x - x.amax(axis, keepdim=True))
        return e / e.sum(axis, keepdim=True).detach()

    report = verify(wrong_gradient, dtypes=["float64"], only="x[2, 5]_axis1")
    assert [check.what for check in report.failures] == ["gradient"]
    with pytest.raises(AssertionError):
        exec(report.worst.snippet, {"fn": wrong_gradient})


def test_functions_of_plain_numbers():
    def relu(x):
        return [relu(row) for row in x] if isinstance(x, list) else max(x, 0.0)

    report = verify(relu, "relu")
    assert report.ok and report.arrays == "list"

    def leaky(x):
        return [leaky(row) for row in x] if isinstance(x, list) else max(x, 0.01 * x)

    report = verify(leaky, "relu")
    assert not report.ok
    with pytest.raises(AssertionError):
        exec(report.worst.snippet, {"fn": leaky})


def test_any_result_that_speaks_dlpack_will_do():
    class Strange:
        def __init__(self, x):
            self.x = x

        def __dlpack__(self, **options):
            return self.x.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.x.__dlpack_device__()

    assert verify(lambda x: Strange(prova.exp(x)), "exp").ok
    assert not verify(lambda x: Strange(prova.exp(x + 1)), "exp").ok


@pytest.mark.parametrize("op", OPERATIONS)
def test_prova_itself_holds(op):
    report = verify(getattr(prova, OPERATIONS[op]), op, arrays="prova")
    assert report.ok, report
    assert not [check for check in report.checks if check.skipped], report


@pytest.mark.parametrize("op", OPERATIONS)
def test_every_case_is_called_as_in_cpp(op):
    """The call of a case makes the very bits of its C++ twin."""
    function = getattr(prova, OPERATIONS[op])
    for case in prova.verifying._cases(op):
        assert case.call, (f"{op}: case {case.name} does not say how Python calls it: give it "
                           f".call = PythonCall(...) in ops/{op}/{op}_cases.cc")
        for dtype in prova._core._proof_dtypes(op):
            inputs = prova.verifying.inputs(op, case.name, dtype)
            args, kwargs = case.arguments(inputs)
            found = function(*args, **kwargs)
            expected, _ = prova._core._proof_results(op, case.name, inputs)
            assert found.dtype == expected.dtype and found.shape == expected.shape
            wide = [np.asarray(prova.astype(y, "float64")) for y in (found, expected)]
            assert np.array_equal(*wide, equal_nan=True), (case, dtype)


def test_other_seeds_draw_other_inputs():
    first, again, other = (
        prova.verifying.inputs("exp", "x[2, 3]", "float32", seed=seed)[0].tolist()
        for seed in (0, 0, 1))
    assert first == again != other
    assert verify(softmax, seed=5, dtypes=["float32"]).ok


def test_prints_what_it_found(capsys):
    report = prova.verify(without_peak, "softmax", dtypes=["float32"])
    said = capsys.readouterr().out
    assert said == f"{report}\n"
    checks = re.search(r"without_peak as softmax, on arrays of numpy: 1 of (\d+) checks fail\.",
                       said)
    row = next(line for line in said.splitlines() if line.startswith("far_from_zero"))
    assert row.split() == ["far_from_zero", "f(a)", "FAILS"]
    assert report.worst.snippet in said
    page = report._repr_html_()
    assert page.count("<tr>") == int(checks[1]) + 1  # and the heading
    assert "FAILS" in page and "<pre>import numpy" in page


def test_refuses_what_is_unknown():
    for options, text in (({"like": "soft"}, "like is 'soft'; need one of add, "),
                          ({"dtypes": ["int8"]}, "softmax has no int8; need some of float16"),
                          ({"arrays": "jax"}, "arrays is 'jax'; need one of prova, numpy"),
                          ({"only": "x"}, "no case of softmax is called 'x'; need one of x[2")):
        with pytest.raises(prova.ArgumentError) as caught:
            verify(softmax, **options)
        assert text in str(caught.value)
