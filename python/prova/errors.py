"""The exceptions of Prova: one a kind of mistake, each also of the type that Python has for it."""


class Error(Exception):
    """Whatever Prova refuses; the text says what was given and what is needed."""

    code = ""


class ShapeError(Error, ValueError):
    """Shapes or ranks do not fit together."""

    code = "shape"


class DTypeError(Error, TypeError):
    """An element type, or the type of an argument, is not accepted here."""

    code = "dtype"


class OutOfRangeError(Error, IndexError):
    """An axis or an index lies outside its range."""

    code = "index"


class ArgumentError(Error, ValueError):
    """The value of an argument is not allowed."""

    code = "value"


class DeviceError(Error, RuntimeError):
    """A device is missing, or operands live on different ones."""

    code = "device"


class GradientError(Error, RuntimeError):
    """A derivative does not exist, or its inputs were overwritten."""

    code = "gradient"


class FileError(Error, OSError):
    """A file cannot be opened, read or written."""

    code = "io"


class FormatError(Error, ValueError):
    """Contents break the format that they should have."""

    code = "format"


class OutOfMemoryError(Error, MemoryError):
    """Memory cannot be had."""

    code = "memory"


class UnsupportedError(Error, NotImplementedError):
    """A combination that Prova does not offer."""

    code = "unsupported"


BY_CODE = {kind.code: kind for kind in (
    ShapeError, DTypeError, OutOfRangeError, ArgumentError, DeviceError, GradientError, FileError,
    FormatError, OutOfMemoryError, UnsupportedError)}
