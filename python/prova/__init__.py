"""Prova: deep learning in which every operation comes with its proof.

The module itself is a namespace of the Python Array API standard, as far as operations exist:
`prova.asarray`, `prova.matmul`, `prova.float32`, .... Neural functions have their usual names
(`prova.softmax`), derivatives come in PyTorch's habit (`loss.backward()`, `w.grad`) and in JAX's
(`prova.grad(f)`).
"""

from prova import _core, data, nn, optim
from prova._array_api import (__array_api_version__, __array_namespace_info__, broadcast_arrays,
                              can_cast, finfo, iinfo, isdtype, result_type)
from prova._core import *  # noqa: F403  (every function and class of the extension)
from prova._core import Tensor
from prova._dtypes import (bfloat16, bool, float16, float32, float64, int8, int16, int32, int64,
                           uint8)
from prova._version import __version__
from prova.errors import (ArgumentError, DeviceError, DTypeError, Error, FileError, FormatError,
                          GradientError, OutOfMemoryError, OutOfRangeError, ShapeError,
                          UnsupportedError)
from prova.files import load, load_metadata, save
from prova.functional import (enable_grad, grad, hessian, jacobian, jvp, no_grad, value_and_grad,
                              vjp)
from prova.nn import manual_seed
from prova.verifying import verify

e = 2.718281828459045
inf = float("inf")
nan = float("nan")
newaxis = None
pi = 3.141592653589793

__all__ = [
    "ArgumentError", "DTypeError", "DeviceError", "Error", "FileError", "FormatError",
    "GradientError", "OutOfMemoryError", "OutOfRangeError", "ShapeError", "UnsupportedError",
    "__array_api_version__", "__array_namespace_info__", "__version__", "bfloat16", "bool",
    "broadcast_arrays", "can_cast", "data", "e", "enable_grad", "finfo", "float16", "float32",
    "float64", "grad", "hessian", "iinfo", "inf", "int16", "int32", "int64", "int8", "isdtype",
    "jacobian", "jvp", "load", "load_metadata", "manual_seed", "nan", "newaxis", "nn", "no_grad",
    "optim", "pi", "result_type", "save", "uint8", "value_and_grad", "verify", "vjp"]
# The operations, and what else the extension defines.
__all__ += [name for name in vars(_core) if not name.startswith("_")]

# Tracebacks and help() name what users import.
for _class in (Tensor, _core.DType, _core.Device, _core.Rng, Error, *Error.__subclasses__()):
    _class.__module__ = "prova"
del _class
