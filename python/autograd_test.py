"""Derivatives in PyTorch's habit and in JAX's."""

import collections
import gc
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import prova


def close(t, expected):
    assert t.shape == prova.tensor(expected).shape
    for found, wanted in zip(prova.reshape(t, (-1,)).tolist(),
                             prova.reshape(prova.tensor(expected), (-1,)).tolist()):
        assert abs(found - wanted) <= 1e-5 * max(1, abs(wanted))


# --- PyTorch's habit ----------------------------------------------------------------------------


def test_backward_adds_up_in_the_leaves():
    w = prova.tensor([1.0, 2.0], requires_grad=True)
    x = prova.tensor([3.0, 4.0])
    assert w.grad is None and w.is_leaf and x.is_leaf and not x.requires_grad
    loss = prova.sum(w * w * x)
    assert loss.requires_grad and not loss.is_leaf and loss.grad is None
    loss.backward()
    close(w.grad, [6.0, 16.0])
    assert not w.grad.requires_grad and x.grad is None
    prova.sum(w * x).backward()
    close(w.grad, [9.0, 20.0])
    w.zero_grad()
    assert w.grad is None
    prova.sum(w).backward()
    close(w.grad, [1.0, 1.0])
    w.grad = None
    assert w.grad is None
    w.grad = prova.ones(2)
    close(w.grad, [1.0, 1.0])


def test_requires_grad_is_a_property_of_the_value():
    w = prova.tensor([1.0, 2.0])
    again = prova._core.squeeze(w, ())  # another object for the same handle
    assert again is not w
    w.requires_grad = True
    assert again.requires_grad
    prova.sum(again * again).backward()
    close(w.grad, [2.0, 4.0])
    close(again.grad, [2.0, 4.0])
    again.requires_grad = False
    assert not w.requires_grad and w.grad is None


def test_what_a_leaf_keeps_is_its_own():
    a = prova.tensor([1.0, 2.0], requires_grad=True)
    b = prova.tensor([3.0, 4.0], requires_grad=True)
    seed = prova.ones(2)
    (a + b).backward(seed)
    with prova.no_grad():
        a.grad[0] = 5
    assert b.grad.tolist() == [1, 1] and seed.tolist() == [1, 1]


def test_backward_of_several_numbers_wants_weights():
    w = prova.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="need one number"):
        (w * w).backward()
    (w * w).backward(prova.tensor([1.0, 10.0]))
    close(w.grad, [2.0, 40.0])


def test_misuse_is_refused():
    w = prova.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(prova.GradientError, match="result of a recorded operation"):
        (w * 2).requires_grad = False
    with pytest.raises(TypeError, match="need a floating dtype"):
        prova.arange(3).requires_grad = True
    with pytest.raises(TypeError, match="need True or False"):
        w.requires_grad = 1
    with pytest.raises(TypeError, match="need a Tensor"):
        w.grad = 3
    with pytest.raises(ValueError, match="as the leaf has"):
        w.grad = prova.ones(3)
    with pytest.raises(prova.GradientError, match="does not follow"):
        prova.ones(3).grad = prova.ones(3)
    y = prova.sum(w * w)
    with prova.no_grad():
        w[0] = 7
    with pytest.raises(prova.GradientError, match="overwritten"):
        y.backward()


def test_no_grad_as_manager_and_decorator():
    w = prova.tensor([1.0], requires_grad=True)
    switch = prova.no_grad()
    with switch:
        assert not prova.is_grad_enabled() and not (w * w).requires_grad
        with switch:
            pass
        with prova.enable_grad():
            assert (w * w).requires_grad
        assert not prova.is_grad_enabled()
    assert prova.is_grad_enabled()

    @prova.no_grad()
    def twice(x, again=True):
        assert not prova.is_grad_enabled()
        return twice(x, again=False) + x if again else x

    assert not twice(w).requires_grad and prova.is_grad_enabled()
    with pytest.raises(ZeroDivisionError), prova.no_grad():
        1 / 0
    assert prova.is_grad_enabled()


def test_recording_belongs_to_a_thread():
    seen = []
    with prova.no_grad():
        thread = threading.Thread(target=lambda: seen.append(prova.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_views_and_detached_values():
    w = prova.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    loss = prova.sum(w[0] * w.T[1]) + w[1, -1]
    loss.backward()
    # Row 0 of w by column 1: 1 * 2 + 2 * 4.
    close(w.grad, [[2.0, 5.0], [0.0, 3.0]])
    assert not w.detach().requires_grad
    assert not prova.is_grad_enabled() or w.astype("float64").requires_grad
    assert prova.asarray(w, copy=True).requires_grad


def test_graphs_go_with_their_results():
    gc.collect()
    before = prova._core._live_tensors()
    w = prova.tensor([1.0], requires_grad=True)
    y = w
    for _ in range(1000):
        y = y * w
    y.backward()
    del y, w
    assert prova._core._live_tensors() == before


# --- JAX's habit --------------------------------------------------------------------------------


def cube(x):
    return prova.sum(x * x * x)


def test_grad_of_any_order():
    x = prova.tensor([1.0, 2.0])
    close(prova.grad(cube)(x), [3.0, 12.0])
    second = prova.grad(lambda x: prova.sum(prova.grad(cube)(x)))
    close(second(x), [6.0, 12.0])
    close(prova.grad(lambda x: prova.sum(second(x)))(x), [6.0, 6.0])
    assert not prova.grad(cube)(x).requires_grad


def test_value_and_grad_by_argument():
    def f(a, b, scale=1.0):
        return prova.sum(a * b * b) * scale

    a, b = prova.tensor([1.0, 2.0]), prova.tensor([3.0, 4.0])
    value, by_a = prova.value_and_grad(f)(a, b, scale=2.0)
    assert value.item() == 82.0
    close(by_a, [18.0, 32.0])
    close(prova.grad(f, argnums=1)(a, b), [6.0, 16.0])
    close(prova.grad(f, argnums=-1)(a, b), [6.0, 16.0])
    both = prova.grad(f, argnums=(1, 0))(a, b)
    assert isinstance(both, tuple)
    close(both[1], [9.0, 16.0])
    for wrong in (2, -3):
        with pytest.raises(ValueError, match="need -2..1"):
            prova.grad(f, argnums=wrong)(a, b)


def test_has_aux():
    def f(x):
        return prova.sum(x * x), {"any": "thing"}

    x = prova.tensor([1.0, 2.0])
    (value, aux), gradient = prova.value_and_grad(f, has_aux=True)(x)
    assert value.item() == 5 and aux == {"any": "thing"}
    close(gradient, [2.0, 4.0])
    assert prova.grad(f, has_aux=True)(x)[1] is not None
    with pytest.raises(TypeError, match="has_aux"):
        prova.grad(cube, has_aux=True)(x)


Pair = collections.namedtuple("Pair", "left right")


def test_trees_of_tensors():
    def f(tree):
        return prova.sum(tree["w"] * tree["layers"][0]) + prova.sum(tree["layers"][1].right)

    one = prova.ones(2)
    tree = {"w": prova.tensor([2.0, 3.0]), "layers": [one, Pair(one, one), ()]}
    found = prova.grad(f)(tree)
    close(found["w"], [1.0, 1.0])
    close(found["layers"][0], [2.0, 3.0])
    assert isinstance(found["layers"][1], Pair) and found["layers"][2] == ()
    close(found["layers"][1].left, [0.0, 0.0])
    close(found["layers"][1].right, [1.0, 1.0])
    with pytest.raises(TypeError, match="need tensors, or tuples, lists and dicts"):
        prova.grad(f)({"w": 3})


def test_vjp_and_jvp():
    def f(a, b):
        return a * b

    a, b, v = prova.tensor([1.0, 2.0]), prova.tensor([3.0, 4.0]), prova.tensor([1.0, 10.0])
    value, pull = prova.vjp(f, a, b)
    close(value, [3.0, 8.0])
    for _ in range(2):
        by_a, by_b = pull(v)
        close(by_a, [3.0, 40.0])
        close(by_b, [1.0, 20.0])
    with pytest.raises(ValueError):
        pull(prova.ones(3))
    with pytest.raises(TypeError, match="vjp: int among the tensors"):
        pull(3)
    value, tangent = prova.jvp(f, (a, b), (v, prova.zeros(2)))
    close(tangent, [3.0, 40.0])
    with pytest.raises(ValueError, match="the tangents of another form than the primals"):
        prova.jvp(f, (a, b), (v,))
    with pytest.raises(ValueError, match="need float32.2."):
        prova.jvp(f, (a, b), (v, prova.ones(3)))


def test_vjp_and_jvp_of_trees():
    def f(tree):
        product = tree["a"] * tree["b"]
        return {"sum": prova.sum(product), "parts": (product, tree["a"])}

    one = prova.tensor([1.0, 2.0])
    tree = {"a": one, "b": prova.tensor([3.0, 4.0])}
    value, pull = prova.vjp(f, tree)
    assert value["sum"].item() == 11 and value["parts"][1].tolist() == [1.0, 2.0]
    v = {"sum": prova.tensor(1.0), "parts": [prova.tensor([10.0, 0.0]), prova.tensor([0.0, 5.0])]}
    (back,) = pull(v)
    close(back["a"], [33.0, 4.0 + 5.0])
    close(back["b"], [11.0, 2.0])
    with pytest.raises(ValueError, match=r"given x, need {'parts': \(x, x\), 'sum': x}"):
        pull(one)
    value, tangent = prova.jvp(f, (tree,), ({"a": prova.tensor([1.0, 0.0]), "b": prova.zeros(2)},))
    assert tangent["sum"].item() == 3
    close(tangent["parts"][0], [3.0, 0.0])
    close(tangent["parts"][1], [1.0, 0.0])
    assert isinstance(tangent["parts"], tuple)


def test_jacobian_and_hessian():
    x = prova.tensor([1.0, 2.0, 3.0])
    close(prova.jacobian(lambda x: x[:2] * x[1:])(x), [[2.0, 1.0, 0.0], [0.0, 3.0, 2.0]])
    close(prova.hessian(cube)(x), [[6.0, 0, 0], [0, 12.0, 0], [0, 0, 18.0]])
    tree = {"a": prova.tensor([1.0, 2.0]), "b": prova.tensor(3.0)}
    second = prova.hessian(lambda t: prova.sum(t["a"] * t["a"]) * t["b"])(tree)
    close(second["a"]["a"], [[6.0, 0], [0, 6.0]])
    close(second["a"]["b"], [2.0, 4.0])
    close(second["b"]["a"], [2.0, 4.0])
    close(second["b"]["b"], 0.0)


def test_errors_of_a_function_come_through():
    def f(x):
        raise KeyError("mine")

    x = prova.ones(2)
    for call in (lambda: prova.grad(f)(x), lambda: prova.vjp(f, x), lambda: prova.jacobian(f)(x),
                 lambda: prova.jvp(f, (x,), (x,))):
        with pytest.raises(KeyError, match="mine"):
            call()
    with pytest.raises(TypeError, match="the function's result is an int"):
        prova.grad(lambda x: 3)(x)
    with pytest.raises(TypeError, match="vjp: int among the tensors"):
        prova.vjp(lambda x: 3, x)
    with pytest.raises(ValueError, match="need one number"):
        prova.grad(lambda x: x)(x)
    assert prova.is_grad_enabled()


# --- The interpreter ----------------------------------------------------------------------------


def test_kernels_run_without_the_lock():
    a = prova.ones((1500, 1500))
    go, ran = threading.Event(), []

    def other():
        go.wait()
        ran.append(sum(range(1000)))

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=other)
    thread.start()
    # Nobody is asked to hand on the lock: only who gives it up lets the other thread run.
    sys.setswitchinterval(1000)
    try:
        go.set()
        prova.matmul(a, a)
        ran_meanwhile = bool(ran)
    finally:
        sys.setswitchinterval(interval)
    thread.join()
    assert ran_meanwhile


BACKWARD = """
import prova
w = prova.tensor(prova.ones((600, 600)) * 0, requires_grad=True)
y = w
for _ in range(300):
    y = y @ w
y = prova.sum(y)
try:
    print("ready", flush=True)
    y.backward()
except KeyboardInterrupt:
    print("interrupted", w.grad)
"""


def test_control_c_ends_a_long_backward_pass():
    """It ends within: nothing has been kept in the leaf."""
    assert run_and_interrupt(BACKWARD) == "interrupted None\n"


LOOP = """
import prova
x = prova.ones((64, 64))
try:
    print("ready", flush=True)
    while True:
        x = prova.tanh(x @ x)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_control_c_ends_a_loop_of_calls():
    assert run_and_interrupt(LOOP) == "interrupted\n"


def run_and_interrupt(source):
    """What the program says after it was ready and got Ctrl-C."""
    program = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert program.stdout.readline() == "ready\n"
    time.sleep(0.2)
    program.send_signal(signal.SIGINT)
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    return said
