"""What Breathe and Sphinx's C++ domain lack for these headers."""

from breathe.directives.function import DoxygenFunctionDirective
from docutils.parsers.rst.directives import unchanged_required
from sphinx.domains import cpp


class MemberFunction(DoxygenFunctionDirective):
    """One function by Doxygen's id: Breathe alone picks overloads by parsing their arguments, which
    templates and designated initializers defeat."""

    option_spec = {**DoxygenFunctionDirective.option_spec, "id": unchanged_required}

    def _parse_args(self, function_description):
        return None

    def _resolve_function(self, matches, args, project_info):
        return next(match for match in matches if match[0].id == self.options["id"])


class Designated(cpp.ASTExpression):
    """`.name = value` in braces."""

    def __init__(self, name, value):
        self.name, self.value = name, value

    def _stringify(self, transform):
        return f".{self.name} = {transform(self.value)}"

    def get_id(self, version):
        return f"di{self.name}{self.value.get_id(version)}"

    def describe_signature(self, signode, mode, env, symbol):
        signode += cpp.nodes.Text(f".{self.name} = ")
        self.value.describe_signature(signode, mode, env, symbol)


_clause = cpp.DefinitionParser._parse_initializer_clause


def _designated_clause(parser):
    parser.skip_ws()
    if not parser.skip_string("."):
        return _clause(parser)
    parser.match(cpp.identifier_re)
    name = parser.matched_text
    parser.skip_ws()
    if not parser.skip_string("="):
        parser.fail("Expected '=' behind a designator")
    return Designated(name, _clause(parser))


def setup(app):
    app.add_directive("doxygenmember", MemberFunction)
    cpp.DefinitionParser._parse_initializer_clause = _designated_clause
