"""docstrings.py: which contract becomes whose docstring, and in which words."""

import docstrings

HEADER = '''#pragma once

/// A class, which has no docstring.
class Options {};

/// The sum of "a" and b.
///
/// Errors: kShape where shapes do not
/// broadcast, kDType for bool.
Tensor add(const Tensor& a, const Tensor& b);
Tensor add(const Tensor& a, double b);

/// Another contract of the same name.
Tensor add(double a, const Tensor& b);

Tensor bare(const Tensor& x);

/// x: or undefined; where weight is undefined, ones.
inline GradientPair pair(const Tensor& x);
'''


def test_the_first_contract_of_a_name_counts():
    found = list(docstrings.contracts(HEADER))
    assert [name for name, _ in found] == ["add", "add", "pair"]
    assert found[0][1].startswith('The sum of "a" and b.\n\nErrors: kShape')
    text = docstrings.source([HEADER])
    assert "Another contract" not in text and "bare" not in text and "Options" not in text


def test_names_of_cpp_become_those_of_python():
    assert docstrings.for_python("Errors: kIndex for the axis; kShapes.") == \
        "Raises: OutOfRangeError (an IndexError) for the axis; kShapes."
    assert docstrings.for_python("[out] or undefined; where b is undefined, 0") == \
        "[out] or None; where b is None, 0"


def test_every_error_code_has_its_exception():
    for code in ("kShape", "kDType", "kIndex", "kValue", "kDevice", "kGradient", "kMemory",
                 "kUnsupported"):
        assert code not in docstrings.for_python(f"Errors: {code}.")


def test_texts_become_literals():
    assert docstrings.literal('a "b"\n\\c') == r'"a \"b\"\n\\c"'
    source = docstrings.source([HEADER])
    assert '{"add", "The sum of \\"a\\" and b.\\n\\nRaises: ShapeError' in source
