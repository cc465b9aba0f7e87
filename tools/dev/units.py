"""Numbers as people read them: four significant digits, in the unit that suits them."""

_TIMES = [(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")]
_RATES = [(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")]
_BYTES = [(1, "B"), (1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB")]


def _scaled(value, units):
    """`value` in the largest unit of which it is at least one, after rounding; else the least."""
    scale, name = units[0]
    for larger, larger_name in units[1:]:
        if float(f"{value / larger:.4g}") < 1:
            break
        scale, name = larger, larger_name
    return significant(value / scale), name


def significant(value):
    """Four significant digits, zeros kept, without an exponent: 0.09120, 1.500, 12.00, 12350."""
    if value == 0:
        return "0"
    digits = f"{value:.3e}"
    exponent = int(digits.partition("e")[2])
    return f"{float(digits):.{max(3 - exponent, 0)}f}"


def time(seconds):
    """1.500 ms."""
    number, unit = _scaled(seconds, _TIMES)
    return f"{number} {unit}"


def rate(per_second, what):
    """rate(2e9, "op") is 2.000 Gop/s."""
    number, unit = _scaled(per_second, _RATES)
    return f"{number} {unit}{what}/s"


def size(count):
    """4.000 MiB."""
    number, unit = _scaled(count, _BYTES)
    return f"{number} {unit}"
