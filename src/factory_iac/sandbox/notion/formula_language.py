"""Computing formulas: literals, operators, variables, loops, and the functions in `formula_functions`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from factory_iac.sandbox.notion.formula_dates import start_of
from factory_iac.sandbox.notion.formula_functions import FUNCTIONS, bounded, power
from factory_iac.sandbox.notion.formula_syntax import (
    Binary,
    Call,
    Conditional,
    Items,
    Literal,
    Name,
    Node,
    Unary,
)
from factory_iac.sandbox.notion.formula_values import FormulaError, text

_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "pi": 3.141592653589793, "e": 2.718281828459045}
_ESCAPED = {"n": "\n", "t": "\t"}

_LOGIC = frozenset({"if", "ifs", "and", "or", "let", "lets", "prop", "now", "today"})
_LOOPS = frozenset({"map", "filter", "find", "findIndex", "some", "every"})
_LOOP_NAMES = ("current", "index")
# In Notion's reference, but not computed here.
ABSENT = frozenset({"formatNumber", "splice"})

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": power,
}


@dataclass(frozen=True)
class Scope:
    """Where a formula is computed: `read` gives a `$variable`, `property_of` a property of a page by its name."""

    read: Callable[[str], Any]
    property_of: Callable[[Any, str], Any]
    now: datetime
    names: Mapping[str, Any] = field(default_factory=dict)

    def having(self, **names: Any) -> Scope:
        """The same with more names."""
        return replace(self, names={**self.names, **names})


def unknown(node: Node, names: frozenset[str] = frozenset()) -> str | None:
    """The first function or name in a formula that means nothing, None when all do."""
    if isinstance(node, Name):
        return None if node.text[0] == "$" or node.text in _CONSTANTS or node.text in names else node.text
    if not isinstance(node, Call):
        return _first(unknown(part, names) for part in _parts(node))
    if node.name not in _LOGIC | _LOOPS | FUNCTIONS.keys():
        return node.name
    if node.name in ("let", "lets"):
        return _unknown_in_let(node, names)
    more = names | set(_LOOP_NAMES) if node.name in _LOOPS else names
    return _first(unknown(part, names if at == 0 else more) for at, part in enumerate(node.arguments))


def _unknown_in_let(node: Call, names: frozenset[str]) -> str | None:
    for name, value in zip(node.arguments[:-1:2], node.arguments[1::2], strict=False):
        if not isinstance(name, Name):
            return node.name
        found = unknown(value, names)
        if found is not None:
            return found
        names = names | {name.text}
    return unknown(node.arguments[-1], names) if node.arguments else node.name


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Items):
        return node.items
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Conditional):
        return (node.condition, node.then, node.otherwise)
    return ()


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one is not None), None)


def evaluate(node: Node, scope: Scope) -> Any:
    """The value of a formula. Branches not taken are not computed."""
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Name):
        return _named(node, scope)
    if isinstance(node, Items):
        return [evaluate(item, scope) for item in node.items]
    if isinstance(node, Unary):
        found = evaluate(node.operand, scope)
        if node.sign in ("not", "!"):
            return not found
        return -_numeric(found) if node.sign == "-" else found
    if isinstance(node, Binary):
        return _operation(node, scope)
    if isinstance(node, Conditional):
        return evaluate(node.then if evaluate(node.condition, scope) else node.otherwise, scope)
    return _call(node, scope)


def _literal(node: Literal) -> Any:
    if node.kind == "string":
        return re.sub(r"\\(.)", lambda match: _ESCAPED.get(match[1], match[1]), node.text[1:-1])
    if math.isinf(float(node.text)):
        raise FormulaError("A number in a formula is too large")
    return float(node.text) if "." in node.text else int(node.text)


def _named(node: Name, scope: Scope) -> Any:
    if node.text.startswith("$"):
        return scope.read(node.text)
    if node.text in scope.names:
        return scope.names[node.text]
    if node.text in _CONSTANTS:
        return _CONSTANTS[node.text]
    raise FormulaError(f"Unknown name {node.text!r} in formula")


def _call(node: Call, scope: Scope) -> Any:
    if node.name in _LOOPS and len(node.arguments) == 2:
        return _loop(node, scope)
    if node.name in _LOGIC:
        return _logic(node, scope)
    function = FUNCTIONS.get(node.name)
    if function is None:
        raise FormulaError(f"Unknown function {node.name!r} in formula")
    values = [evaluate(argument, scope) for argument in node.arguments]
    try:
        return bounded(function(*values))
    except (
        AttributeError, TypeError, ValueError, KeyError, IndexError, ZeroDivisionError, OverflowError, re.error,
    ) as error:  # fmt: skip
        raise FormulaError(f"{node.name}: {error}") from error


def _logic(node: Call, scope: Scope) -> Any:
    arguments = node.arguments
    if node.name == "if" and len(arguments) == 3:
        return evaluate(arguments[1] if evaluate(arguments[0], scope) else arguments[2], scope)
    if node.name == "ifs":
        return _first_true(arguments, scope)
    if node.name in ("and", "or"):
        decide = all if node.name == "and" else any
        return decide(bool(evaluate(argument, scope)) for argument in arguments)
    if node.name in ("let", "lets"):
        return _let(arguments, scope)
    if node.name == "prop" and len(arguments) == 2:
        return scope.property_of(evaluate(arguments[0], scope), text(evaluate(arguments[1], scope)))
    if node.name == "now":
        return scope.now.replace(second=0, microsecond=0)
    if node.name == "today":
        return scope.now.replace(hour=0, minute=0, second=0, microsecond=0)
    raise FormulaError(f"{node.name}: wrong number of arguments")


def _let(arguments: tuple[Node, ...], scope: Scope) -> Any:
    for name, value in zip(arguments[:-1:2], arguments[1::2], strict=False):
        if not isinstance(name, Name):
            raise FormulaError("let: a name is expected")
        scope = scope.having(**{name.text: evaluate(value, scope)})
    if len(arguments) % 2 == 0:
        raise FormulaError("let: an expression is expected")
    return evaluate(arguments[-1], scope)


def _loop(node: Call, scope: Scope) -> Any:
    """A function that computes its second argument for every part of a list."""
    values = evaluate(node.arguments[0], scope)
    if not isinstance(values, list):
        raise FormulaError(f"{node.name}: a list is expected")
    found = [
        evaluate(node.arguments[1], scope.having(current=value, index=index)) for index, value in enumerate(values)
    ]
    if node.name == "map":
        return found
    passed = [index for index, one in enumerate(found) if one]
    if node.name == "filter":
        return [values[index] for index in passed]
    if node.name == "find":
        return values[passed[0]] if passed else None
    if node.name == "findIndex":
        return passed[0] if passed else -1
    return bool(passed) if node.name == "some" else len(passed) == len(values)


def _first_true(arguments: tuple[Node, ...], scope: Scope) -> Any:
    for position in range(0, len(arguments) - 1, 2):
        if evaluate(arguments[position], scope):
            return evaluate(arguments[position + 1], scope)
    return evaluate(arguments[-1], scope) if len(arguments) % 2 else None


def _numeric(found: Any) -> Any:
    if found is None:
        return 0
    if isinstance(found, bool):
        return int(found)
    if not isinstance(found, int | float):
        raise FormulaError("Expected a number in formula")
    return found


def _operation(node: Binary, scope: Scope) -> Any:
    left = evaluate(node.left, scope)
    if node.sign in ("or", "||"):
        return bool(left) or bool(evaluate(node.right, scope))
    if node.sign in ("and", "&&"):
        return bool(left) and bool(evaluate(node.right, scope))
    right = evaluate(node.right, scope)
    if node.sign in ("==", "!=", "===", "!=="):
        return (left == right) == (node.sign[0] == "=")
    if node.sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return text(left) + text(right)
    if node.sign in ("<", "<=", ">", ">="):
        return _compared(node.sign, start_of(left), start_of(right))
    return _calculated(node.sign, _numeric(left), _numeric(right))


def _calculated(sign: str, left: Any, right: Any) -> Any:
    try:
        return bounded(_OPERATIONS[sign](left, right))
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise FormulaError(str(error)) from error


def _compared(sign: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    try:
        less, equal = left < right, left == right
    except TypeError as error:
        raise FormulaError(str(error)) from error
    if sign in ("<", "<="):
        return bool(less or (equal and sign == "<="))
    return bool((not less and not equal) or (equal and sign == ">="))
