"""The dtypes. They are not in the extension's own namespace, where its types would be called so."""

from prova._core import DType, _dtype

uint8: DType = _dtype("uint8")
int8: DType = _dtype("int8")
int16: DType = _dtype("int16")
int32: DType = _dtype("int32")
int64: DType = _dtype("int64")
float16: DType = _dtype("float16")
bfloat16: DType = _dtype("bfloat16")
float32: DType = _dtype("float32")
float64: DType = _dtype("float64")
bool: DType = _dtype("bool")
