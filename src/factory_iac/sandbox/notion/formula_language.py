"""Computing formulas: literals, operators, and the functions in `formula_functions`.

Anything else (`let`, `map`, lambdas, styling) raises FormulaError.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any

from factory_iac.sandbox.notion.formula_functions import FUNCTIONS, FormulaError, bounded, power, text
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

_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "pi": 3.141592653589793, "e": 2.718281828459045}
_ESCAPED = {"n": "\n", "t": "\t"}

Read = Callable[[str], Any]

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": power,
}


def evaluate(node: Node, read: Read) -> Any:
    """The value of a formula; `read` gives the value of a `$variable`. Branches not taken are not computed."""
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Name):
        return _named(node, read)
    if isinstance(node, Items):
        return [evaluate(item, read) for item in node.items]
    if isinstance(node, Unary):
        found = evaluate(node.operand, read)
        if node.sign in ("not", "!"):
            return not found
        return -_numeric(found) if node.sign == "-" else found
    if isinstance(node, Binary):
        return _operation(node, read)
    if isinstance(node, Conditional):
        return evaluate(node.then if evaluate(node.condition, read) else node.otherwise, read)
    return _call(node, read)


def _literal(node: Literal) -> Any:
    if node.kind == "string":
        return re.sub(r"\\(.)", lambda match: _ESCAPED.get(match[1], match[1]), node.text[1:-1])
    if math.isinf(float(node.text)):
        raise FormulaError("A number in a formula is too large")
    return float(node.text) if "." in node.text else int(node.text)


def _named(node: Name, read: Read) -> Any:
    if node.text.startswith("$"):
        return read(node.text)
    if node.text in _CONSTANTS:
        return _CONSTANTS[node.text]
    raise FormulaError(f"Unknown name {node.text!r} in formula")


def _call(node: Call, read: Read) -> Any:
    arguments = node.arguments
    if node.name == "if" and len(arguments) == 3:
        return evaluate(arguments[1] if evaluate(arguments[0], read) else arguments[2], read)
    if node.name == "ifs":
        return _first_true(arguments, read)
    if node.name in ("and", "or"):
        decide = all if node.name == "and" else any
        return decide(bool(evaluate(argument, read)) for argument in arguments)
    function = FUNCTIONS.get(node.name)
    if function is None:
        raise FormulaError(f"Unknown function {node.name!r} in formula")
    values = [evaluate(argument, read) for argument in arguments]
    try:
        return bounded(function(*values))
    except (
        AttributeError, TypeError, ValueError, KeyError, ZeroDivisionError, OverflowError, re.error,
    ) as error:  # fmt: skip
        raise FormulaError(f"{node.name}: {error}") from error


def _first_true(arguments: tuple[Node, ...], read: Read) -> Any:
    for position in range(0, len(arguments) - 1, 2):
        if evaluate(arguments[position], read):
            return evaluate(arguments[position + 1], read)
    return evaluate(arguments[-1], read) if len(arguments) % 2 else None


def _numeric(found: Any) -> Any:
    if found is None:
        return 0
    if isinstance(found, bool):
        return int(found)
    if not isinstance(found, int | float):
        raise FormulaError("Expected a number in formula")
    return found


def _operation(node: Binary, read: Read) -> Any:
    left = evaluate(node.left, read)
    if node.sign in ("or", "||"):
        return bool(left) or bool(evaluate(node.right, read))
    if node.sign in ("and", "&&"):
        return bool(left) and bool(evaluate(node.right, read))
    right = evaluate(node.right, read)
    if node.sign in ("==", "!="):
        return (left == right) == (node.sign == "==")
    if node.sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return text(left) + text(right)
    if node.sign in ("<", "<=", ">", ">="):
        return _compared(node.sign, left, right)
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
