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


CHOOSING = '''
enum class Form : uint8_t {
  kExact,  ///< the right one
  kFast = 4,
};

struct BlurOptions {
  Size2d stride = 1;            ///< between windows
  std::optional<int> width = {};  ///< default: that of x
  /// How much is left
  /// of each element.
  double share = 0;
  int silent = 3;
  bool hidden = false;  ///< not in Python
  Form form = Form::kExact;  ///< what Python takes as a text
};

/// Blurs a tensor, exactly for kExact.
Tensor blur(const Tensor& x, const BlurOptions& options = {});
'''
CHOOSING_BINDING = '''
  return prova::blur(x, {.form = python::Pick<Form>({"blur", "form"}, form,
                                                    {{"none", Form::kExact},
                                                     {"fast", Form::kFast}})});
  "x"_a, "stride"_a = 1, "width"_a = nb::none(), "share"_a = 0, "silent"_a = 3, "form"_a = "none"
'''


def test_options_and_choices_are_told_in_python_s_words():
    text = docstrings.source([CHOOSING], [CHOOSING_BINDING])
    assert "exactly for `'none'`.\\n\\n" in text
    told = text.partition("\\n\\n")[2].partition('"}')[0].replace("\\n", " ")
    assert told == ("stride: between windows. width: default: that of x. share: How much is left "
                    "of each element. form: `'none'`, the right one; `'fast'`.")


def test_operands_have_the_names_of_the_binding():
    contract = ("A sum of a and b: y = a + b or y = a - b, a matrix of a[i] b[j].\n\n"
                "a: [n]; a, b: any. y = a where b is; as a whole, a 1-D a is a row.")
    for binding in ('op.binary("add", prova::add)', '"x1"_a, "x2"_a'):
        assert docstrings.for_python(contract, binding) == \
            ("A sum of x1 and x2: y = x1 + x2 or y = x1 - x2, a matrix of x1[i] x2[j].\n\n"
             "x1: [n]; x1, x2: any. y = x1 where x2 is; as a whole, a 1-D x1 is a row.")
    assert "y = a + b" in docstrings.for_python(contract, '"a"_a, "b"_a')


def test_words_are_found_across_lines():
    assert docstrings.for_python("one, or\nundefined") == "one, or None"
    assert docstrings.for_python("tf32 where a\n`ScopedTf32` allows it") == \
        "tf32 where a program in C++ allows it"


def test_texts_become_literals():
    assert docstrings.literal('a "b"\n\\c') == r'"a \"b\"\n\\c"'
    source = docstrings.source([HEADER])
    assert '{"add", "The sum of \\"a\\" and b.\\n\\nRaises: ShapeError' in source
