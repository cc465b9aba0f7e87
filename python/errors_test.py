"""Exceptions: the C++ message under the Python type that people expect."""

import builtins

import pytest

import prova


@pytest.mark.parametrize("call, kinds, code, text", [
    (lambda: prova.reshape(prova.zeros((2, 3)), (4,)), (prova.ShapeError, ValueError), "shape",
     "reshape: shape [2, 3] to [4]; need 6 elements, with at most one size of -1"),
    (lambda: prova.softmax(prova.arange(2)), (prova.DTypeError, TypeError), "dtype",
     "softmax: a tensor of int64; need a floating dtype; cast it to float32"),
    (lambda: prova.softmax(prova.zeros((2, 5)), 3), (prova.OutOfRangeError, IndexError), "index",
     "softmax: axis 3 is out of range for shape [2, 5]; need -2..1"),
    (lambda: prova.sum(prova.zeros((2, 5)), axis=(0, 0)), (prova.ArgumentError, ValueError),
     "value", "sum: axis 0 appears twice in [0, 0]; need every axis once"),
    (lambda: prova.zeros(2, device="cuda:0"), (prova.DeviceError, RuntimeError), "device",
     "storage: device cuda:0 is not part of this build; need cpu; build with --config=cuda for "
     "GPUs"),
    (lambda: prova.zeros(2).backward(), (prova.GradientError, RuntimeError), "gradient",
     "backward: a loss that no parameter leads to; need a result computed from a parameter while "
     "recording; make inputs with parameter(x) and compute outside no_grad"),
    (lambda: prova.empty((2 ** 40, 2 ** 20)), (prova.OutOfMemoryError, MemoryError), "memory",
     None),
])
def test_has_type_code_and_text(call, kinds, code, text):
    with pytest.raises(prova.Error) as caught:
        call()
    for kind in kinds:
        assert isinstance(caught.value, kind)
    assert caught.value.code == code
    if text is not None:
        assert str(caught.value) == text


def test_every_code_has_a_class_of_its_own_and_a_python_type():
    kinds = prova.errors.BY_CODE
    assert len(kinds) == 10 and set(kinds.values()) == set(prova.Error.__subclasses__())
    for code, kind in kinds.items():
        assert kind.code == code and kind.__module__ == "prova" and getattr(prova, kind.__name__)
        assert any(getattr(builtins, base.__name__, None) is base for base in kind.__bases__)


@pytest.mark.parametrize("call, text", [
    (lambda: prova.softmax([1.0]),
     "softmax: x is a list; need a Tensor; convert with prova.asarray"),
    (lambda: prova.softmax(None), "softmax: x is None; need a Tensor"),
    (lambda: prova.softmax(prova.ones(2), "0"), "softmax: axis is a str; need an int"),
    (lambda: prova.softmax(prova.ones(2), axis=True), "softmax: axis is a bool; need an int"),
    (lambda: prova.add(1, 2), "add: x1 is an int; need a Tensor; convert with prova.asarray"),
    (lambda: prova.add(prova.ones(2), "x"),
     "add: x2 is a str; need a Tensor or a number; convert with prova.asarray"),
    (lambda: prova.add(None, prova.ones(2)), "add: x1 is None; need a Tensor or a number"),
    (lambda: prova.zeros("ab"), "zeros: shape is a str; need an int or a tuple of ints"),
    (lambda: prova.zeros((2, 0.5)), "zeros: shape[1] is a float; need an int"),
    (lambda: prova.stack([prova.ones(1), 2]), "stack: arrays[1] is an int; need a Tensor"),
    (lambda: prova.sum(prova.ones(2), keepdims=1), "sum: keepdims is an int; need True or False"),
    (lambda: prova.zeros(2, dtype=3), "zeros: dtype is an int; need a dtype such as prova.float32"),
    (lambda: prova.rand((2,), 3),
     "rand: rng is an int; need a generator; make one with prova.Rng(seed)"),
    (lambda: prova.Tensor.item(3),
     "item: self is an int; need a Tensor; convert with prova.asarray"),
    (lambda: prova.conv2d(prova.ones((1, 1, 3, 3)), prova.ones((1, 1, 1, 1)), stride=(1, 2, 3)),
     "conv2d: stride is a tuple; need an int or (height, width)"),
])
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize("call, text", [
    (lambda: prova.softmax(prova.ones(2), 2 ** 70),
     "softmax: axis is an integer that does not fit; need -2^63..2^63 - 1"),
    (lambda: prova.add(prova.zeros(2, dtype="uint8"), 256),
     "add: x2 is an integer that does not fit; need a number that uint8 holds"),
    (lambda: prova.gelu(prova.ones(2), "erf"), "gelu: approximate is 'erf'; need one of 'none', "
     "'tanh'"),
])
def test_wrong_values_are_named(call, text):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize("call, kind", [
    (lambda: prova.ones(2) + prova.ones(3), prova.ShapeError),
    (lambda: prova.ones((2, 3)) @ prova.ones((2, 3)), prova.ShapeError),
    (lambda: prova.zeros(2, dtype="uint8") * 256, ValueError),
    (lambda: 256 - prova.zeros(2, dtype="uint8"), ValueError),
    (lambda: prova.ones(2) / "x", TypeError),
    (lambda: "x" / prova.ones(2), TypeError),
])
def test_operators_raise_what_functions_raise(call, kind):
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, prova.Error) == (kind is not TypeError)


def test_the_wrong_number_of_arguments_shows_the_signature():
    with pytest.raises(TypeError, match=r"softmax\(x: Tensor, axis: int = -1\) -> Tensor"):
        prova.softmax()
