"""JSONPath queries (RFC 9535) that others wrote, with a limit of the values that they visit.

A query of a hundred characters can visit each value a million times, and the library's regular expressions backtrack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iregexp_check import check
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathNode
from jsonpath_rfc9535.filter_expressions import Expression, FilterQuery
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.parse import Parser
from jsonpath_rfc9535.query import JSONPathQuery
from jsonpath_rfc9535.tokens import TokenStream

from chat_contract.document.limits import Visits
from chat_contract.errors import Pointer
from chat_contract.patterns import PatternError, compile_linear


class InvalidQueryError(Exception):
    """The query is invalid. The text gives the reason."""


def find(query: str, document: Any, visits: Visits) -> list[Pointer]:
    """Return the locations that a query matches, each once.

    Raises :class:`InvalidQueryError` or :class:`chat_contract.document.limits.TooManyVisitsError`.
    """
    try:
        environment = _Environment(visits)
        compiled = _Counted(environment, environment.compile(query))
        return list(dict.fromkeys(node.location for node in compiled.finditer(document)))
    except (JSONPathError, TypeError) as error:
        raise InvalidQueryError(str(error)) from None


class _Environment(JSONPathEnvironment):
    def __init__(self, visits: Visits) -> None:
        self.visits = visits
        self.parser_class = _Parser
        super().__init__()
        self.function_extensions["match"] = _Linear("^(?:{})$")
        self.function_extensions["search"] = _Linear("{}")


class _Counted(JSONPathQuery):
    """A query whose nodes are counted."""

    __slots__ = ("visits",)

    def __init__(self, env: _Environment, query: JSONPathQuery) -> None:
        super().__init__(env=env, segments=query.segments)
        self.visits = env.visits

    def finditer(self, value: Any) -> Iterable[JSONPathNode]:
        nodes: Iterable[JSONPathNode] = [_Node(value, (), None, value, self.visits)]
        for segment in self.segments:
            nodes = _each(segment.resolve(nodes), self.visits)
        return nodes


def _each(nodes: Iterable[JSONPathNode], visits: Visits) -> Iterator[JSONPathNode]:
    for node in nodes:
        visits.count()
        yield node


class _Node(JSONPathNode):
    """A node that counts the nodes made from it."""

    __slots__ = ("visits",)

    def __init__(self, value: Any, location: Pointer, parent: JSONPathNode | None, root: Any, visits: Visits) -> None:
        super().__init__(value=value, location=location, parent=parent, root=root)
        self.visits = visits

    def new_child(self, value: object, key: int | str, parent: JSONPathNode | None) -> JSONPathNode:
        self.visits.count()
        return _Node(value, (*self.location, key), parent, self.root, self.visits)


class _Parser(Parser):
    """A parser whose queries inside of filters are counted too."""

    def parse_root_query(self, stream: TokenStream) -> Expression:
        return self._counted(super().parse_root_query(stream))

    def parse_relative_query(self, stream: TokenStream) -> Expression:
        return self._counted(super().parse_relative_query(stream))

    def _counted(self, expression: Expression) -> Expression:
        if isinstance(expression, FilterQuery) and isinstance(self.env, _Environment):
            expression.query = _Counted(self.env, expression.query)
        return expression


class _Linear(FilterFunction):
    """A function of RFC 9535 that matches an I-Regexp in linear time; False if the pattern is none."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the library reads it from the class
    return_type = ExpressionType.LOGICAL

    def __init__(self, form: str) -> None:
        self._form = form

    def __call__(self, text: object, pattern: object) -> bool:
        if not isinstance(text, str) or not isinstance(pattern, str) or not check(pattern):
            return False
        try:
            return compile_linear(self._form.replace("{}", _without_line_breaks(pattern)))(text)
        except PatternError:
            return False


def _without_line_breaks(pattern: str) -> str:
    """Return an I-Regexp whose dots match no line break of either kind, as RFC 9485 demands."""
    parts, escaped, in_class = [], False, False
    for sign in pattern:
        parts.append("[^\n\r]" if sign == "." and not escaped and not in_class else sign)
        in_class = (sign == "[" or (in_class and sign != "]")) if not escaped else in_class
        escaped = sign == "\\" and not escaped
    return "".join(parts)
