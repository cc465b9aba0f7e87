"""The Python Array API standard 2024.12, for what exists."""


import numpy as np
import pytest

import prova

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
          "float64"]


def test_the_namespace():
    assert prova.__array_api_version__ == "2024.12"
    assert prova.ones(1).__array_namespace__() is prova
    assert prova.ones(1).__array_namespace__(api_version="2024.12") is prova
    with pytest.raises(ValueError, match="need 2024.12"):
        prova.ones(1).__array_namespace__(api_version="2020.01")
    for name in ("add subtract multiply divide negative matmul sum mean max where exp log sqrt "
                 "tanh permute_dims matrix_transpose reshape squeeze expand_dims broadcast_to "
                 "broadcast_arrays stack astype asarray zeros ones full arange empty empty_like "
                 "zeros_like ones_like full_like eye from_dlpack isdtype can_cast result_type "
                 "finfo iinfo e pi inf nan newaxis").split():
        assert hasattr(prova, name) and name in prova.__all__, name
    assert len(set(prova.__all__)) == len(prova.__all__)


def test_movement_is_numpy_s():
    a = np.arange(24).reshape(2, 3, 4)
    t = prova.asarray(a)
    for found, expected in (
            (prova.permute_dims(t, (2, 0, 1)), a.transpose(2, 0, 1)),
            (prova.matrix_transpose(t), a.swapaxes(1, 2)),
            (prova.reshape(t, (4, -1)), a.reshape(4, -1)),
            (prova.reshape(t, -1), a.reshape(-1)),
            (prova.expand_dims(t, axis=1), a[:, None]),
            (prova.expand_dims(t, axis=-1), a[..., None]),
            (prova.squeeze(t[:1], axis=0), a[0]),
            (prova.broadcast_to(t[:, :1], (2, 3, 4)), np.broadcast_to(a[:, :1], (2, 3, 4))),
            (prova.stack([t, t + 1], axis=0), np.stack([a, a + 1], axis=0)),
            (prova.stack([t, t + 1], axis=-1), np.stack([a, a + 1], axis=-1)),
            (prova.stack((t, t), axis=1), np.stack((a, a), axis=1))):
        assert found.tolist() == expected.tolist() and found.shape == expected.shape
    assert prova.stack([prova.ones(1, dtype="int8"), prova.ones(1)]).dtype == prova.float32
    one, two = prova.broadcast_arrays(prova.ones((3, 1)), prova.ones((4,)))
    assert one.shape == two.shape == (3, 4)


def test_copies_where_the_standard_asks():
    t = prova.zeros((2, 3))
    shared, copied = prova.reshape(t, (6,)), prova.reshape(t, (6,), copy=True)
    same, converted = prova.astype(t, prova.float32, copy=False), prova.astype(t, "float32")
    t[0, 0] = 1
    assert shared[0].item() == 1 and copied[0].item() == 0
    assert same[0, 0].item() == 1 and converted[0, 0].item() == 0
    with pytest.raises(ValueError, match="copy=False"):
        prova.reshape(t.T, (6,), copy=False)
    with pytest.raises(ValueError, match="copy=False"):
        prova.asarray(t, dtype="int8", copy=False)
    with pytest.raises(ValueError, match="copy=False"):
        prova.asarray([1], copy=False)
    w = prova.tensor([1.0], requires_grad=True)
    for follow in (prova.astype(w, "float32"), prova.astype(w, "float64"),
                   prova.reshape(w, (1, 1), copy=True)):
        assert follow.requires_grad
        prova.sum(follow).backward()
    assert w.grad.tolist() == [3]


@pytest.mark.parametrize("to", DTYPES)
@pytest.mark.parametrize("of", DTYPES)
def test_astype_agrees_with_numpy(of, to):
    if "bfloat16" in (of, to):
        x = prova.astype(prova.astype(prova.tensor([0, 1, 3]), of), to)
        assert x.dtype.name == to and x.tolist() == ([False, True, True] if to == "bool" else
                                                     [0, 1, 1] if of == "bool" else [0, 1, 3])
        return
    a = np.array([0, 1, 3, 100]).astype(of)
    assert prova.astype(prova.asarray(a), to).tolist() == a.astype(to).tolist()


def test_promotion():
    for a in DTYPES:
        for b in DTYPES:
            if "bfloat16" in (a, b):
                continue
            x, y = np.dtype(a), np.dtype(b)
            same_kind = x.kind in "iu" and y.kind in "iu" or x.kind == y.kind
            if same_kind:
                assert prova.result_type(a, b).name == np.promote_types(x, y).name
    assert prova.result_type(prova.float16, prova.bfloat16) == prova.float32
    assert prova.result_type(prova.ones(1, dtype="int8"), 1) == prova.int8
    assert prova.result_type(prova.int8, 1.5) == prova.float32
    assert prova.result_type(prova.bool, 1) == prova.int64
    assert prova.can_cast(prova.int8, prova.int16) and not prova.can_cast("int16", prova.int8)
    with pytest.raises(ValueError, match="at least one"):
        prova.result_type(1, 2)


def test_kinds():
    assert prova.isdtype(prova.int8, "signed integer") and prova.isdtype(prova.int8, "integral")
    assert prova.isdtype(prova.uint8, ("bool", "unsigned integer"))
    assert not prova.isdtype(prova.float32, "integral")
    assert prova.isdtype(prova.float32, prova.float32)
    with pytest.raises(ValueError, match="need one of bool, signed"):
        prova.isdtype(prova.int8, "whole")


def test_limits():
    for name in ("float16", "float32", "float64"):
        ours, numpys = prova.finfo(getattr(prova, name)), np.finfo(name)
        assert (ours.bits, ours.eps, ours.max, ours.min, ours.smallest_normal) == (
            numpys.bits, numpys.eps, numpys.max, numpys.min, numpys.tiny)
    assert prova.finfo(prova.bfloat16).eps == 2 ** -7
    assert prova.finfo(prova.bfloat16).max == 255 * 2.0 ** 120
    for name in ("uint8", "int8", "int64"):
        ours, numpys = prova.iinfo(name), np.iinfo(name)
        assert (ours.bits, ours.max, ours.min) == (numpys.bits, numpys.max, numpys.min)
    for wrong in (lambda: prova.finfo(prova.int8), lambda: prova.iinfo(prova.bool)):
        with pytest.raises(TypeError):
            wrong()


def test_inspection():
    info = prova.__array_namespace_info__()
    assert info.capabilities()["max dimensions"] == 8
    assert info.default_dtypes()["real floating"] == prova.zeros(1).dtype
    assert info.default_dtypes()["integral"] == prova.tensor(1).dtype
    assert info.devices() == [info.default_device()] == [prova.Device("cpu")]
    assert set(info.dtypes()) == {"bool", "int8", "int16", "int32", "int64", "uint8", "float32",
                                  "float64"}
    assert info.dtypes(kind="unsigned integer") == {"uint8": prova.uint8}


def test_errors_list_what_exists():
    kinds = prova._array_api._KINDS
    assert sorted(kinds["numeric"] + ["bool"]) == sorted(DTYPES)
