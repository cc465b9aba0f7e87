"""What the Python Array API standard asks of a namespace beside functions of arrays.

Source: Python Array API standard, 2024.12, data type functions and inspection.
"""

from __future__ import annotations

import dataclasses
import functools

from prova import _core, _dtypes
from prova._core import Device, DType, Tensor
from prova.errors import ArgumentError, DTypeError

__array_api_version__ = "2024.12"

_KINDS: dict[str, list[str]] = {
    "bool": ["bool"],
    "signed integer": ["int8", "int16", "int32", "int64"],
    "unsigned integer": ["uint8"],
    "real floating": ["float16", "bfloat16", "float32", "float64"],
    "complex floating": [],
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"]


def _dtype_of(x: Tensor | DType | str) -> DType:
    return x.dtype if isinstance(x, Tensor) else _core._dtype(x)


def _names(kind: str) -> list[str]:
    if kind not in _KINDS:
        raise ArgumentError(f"isdtype: kind is {kind!r}; need one of {', '.join(_KINDS)}")
    return _KINDS[kind]


def isdtype(dtype: DType, kind: DType | str | tuple[DType | str, ...]) -> bool:
    """Whether a dtype is of a kind, such as 'real floating', another dtype, or one of several."""
    if isinstance(kind, tuple):
        return any(isdtype(dtype, each) for each in kind)
    if isinstance(kind, str):
        return _dtype_of(dtype).name in _names(kind)
    return _dtype_of(dtype) == kind


def result_type(*arrays_and_dtypes: Tensor | DType | bool | int | float) -> DType:
    """The dtype of an operation on all of these; a plain number takes that of its neighbours."""
    typed = [x for x in arrays_and_dtypes if not isinstance(x, (bool, int, float))]
    if not typed:
        raise ArgumentError("result_type: no tensor and no dtype; need at least one")
    result = functools.reduce(_core._promote_types, map(_dtype_of, typed))
    for number in arrays_and_dtypes:
        if isinstance(number, float) and not isdtype(result, "real floating"):
            result = _dtypes.float32
        elif type(number) is int and isdtype(result, "bool"):
            result = _dtypes.int64
    return result


def can_cast(from_: Tensor | DType, to: DType) -> bool:
    """Whether promotion leads from one dtype to the other."""
    return _core._promote_types(_dtype_of(from_), _dtype_of(to)) == to


def broadcast_arrays(*arrays: Tensor) -> list[Tensor]:
    """The tensors as views of their common shape."""
    shape: tuple[int, ...] = ()
    for x in arrays:
        shape = _core._broadcast_shapes(shape, x.shape)
    return [_core.broadcast_to(x, shape) for x in arrays]


@dataclasses.dataclass(frozen=True)
class finfo_object:
    """The limits of a floating dtype."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclasses.dataclass(frozen=True)
class iinfo_object:
    """The limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: DType


# Digits of the significand, the leading one included, and the exponent of the largest number.
_FLOATS = {"float16": (11, 16), "bfloat16": (8, 128), "float32": (24, 128), "float64": (53, 1024)}


def finfo(type: DType | Tensor, /) -> finfo_object:
    """The limits of a floating dtype. Source: IEEE 754-2019, 3.3."""
    dtype = _dtype_of(type)
    if dtype.name not in _FLOATS:
        raise DTypeError(f"finfo: {dtype.name}; need a floating dtype")
    digits, exponent = _FLOATS[dtype.name]
    largest = (2.0 - 2.0 ** (1 - digits)) * 2.0 ** (exponent - 1)
    return finfo_object(bits=8 * dtype.itemsize, eps=2.0 ** (1 - digits), max=largest,
                        min=-largest, smallest_normal=2.0 ** (2 - exponent), dtype=dtype)


def iinfo(type: DType | Tensor, /) -> iinfo_object:
    """The limits of an integer dtype."""
    dtype = _dtype_of(type)
    if not isdtype(dtype, "integral"):
        raise DTypeError(f"iinfo: {dtype.name}; need an integer dtype")
    bits = 8 * dtype.itemsize
    signed = isdtype(dtype, "signed integer")
    return iinfo_object(bits=bits, max=2 ** (bits - signed) - 1,
                        min=-2 ** (bits - 1) if signed else 0, dtype=dtype)


class _Inspection:
    """What __array_namespace_info__ returns."""

    def capabilities(self) -> dict[str, object]:
        """What a consumer may rely on."""
        return {"boolean indexing": False, "data-dependent shapes": False, "max dimensions": 8}

    def default_device(self) -> Device:
        """Where tensors are made unless told otherwise."""
        return Device("cpu")

    def default_dtypes(self, *, device: Device | None = None) -> dict[str, DType]:
        """What numbers of Python become."""
        return {"real floating": _dtypes.float32, "integral": _dtypes.int64,
                "indexing": _dtypes.int64}

    def dtypes(self, *, device: Device | None = None,
               kind: str | tuple[str, ...] | None = None) -> dict[str, DType]:
        """The dtypes of the standard that exist here, by name."""
        kinds = (kind,) if isinstance(kind, str) else kind or ("bool", "numeric")
        names = [name for each in kinds for name in _names(each)]
        standard = {"bool", "int8", "int16", "int32", "int64", "uint8", "float32", "float64"}
        return {name: getattr(_dtypes, name) for name in names if name in standard}

    def devices(self) -> list[Device]:
        """The devices of this machine."""
        return [Device("cpu")]


def __array_namespace_info__() -> _Inspection:
    """Tells what this namespace offers."""
    return _Inspection()
