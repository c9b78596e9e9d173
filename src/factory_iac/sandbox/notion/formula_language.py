"""The subset of the formula language that the sandbox computes.

Literals, `$variables`, `+ - * / % ^`, comparisons, `and or not && || !`, `? :`, calls in both
notations (`length(x)`, `x.length()`) of the functions in `formula_functions`. Anything else
(`let`, `map`, lambdas, styling) raises FormulaError when evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from factory_iac.sandbox.notion.formula_functions import FUNCTIONS, FormulaError, text

__all__ = ["FormulaError", "check", "evaluate", "text"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>\$?\w+)|(?P<sign>==|!=|<=|>=|&&|\|\||=>|[-+*/%^<>!?:(),.\[\]=]))""",
    re.UNICODE,
)
_BINARY: dict[str, int] = {
    "or": 1, "||": 1, "and": 2, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "^": 7,
}  # fmt: skip
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "pi": 3.141592653589793, "e": 2.718281828459045}
_CLOSING = {"(": ")", "[": "]"}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def _tokens(source: str) -> list[_Token]:
    found: list[_Token] = []
    position, source = 0, source.rstrip()
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise FormulaError(f"Unexpected character {source[position:].strip()[:1]!r} in formula")
        found.append(_Token(str(match.lastgroup), match.group(str(match.lastgroup))))
        position = match.end()
    return found


def check(source: str) -> None:
    """Refuse what no formula can be: unknown characters, unbalanced brackets, a dangling operator."""
    open_brackets: list[str] = []
    tokens = _tokens(source)
    for token in tokens:
        if token.kind != "sign":
            continue
        if token.text in _CLOSING:
            open_brackets.append(_CLOSING[token.text])
        elif token.text in _CLOSING.values() and (not open_brackets or open_brackets.pop() != token.text):
            raise FormulaError(f"Unexpected {token.text!r} in formula")
    if open_brackets:
        raise FormulaError(f"Missing {open_brackets[-1]!r} in formula")
    if tokens and tokens[-1].text in {*_BINARY, "!", "not", "?", ":", ",", "."}:
        raise FormulaError("Unexpected end of formula")


def evaluate(source: str, read: Callable[[str], Any]) -> Any:
    """The value of a formula; `read` gives the value of a `$variable`."""
    parser = _Parser(_tokens(source), read)
    found = parser.expression()
    if parser.peek() is not None:
        raise FormulaError(f"Unexpected {parser.peek()!r} in formula")
    return found()


_Thunk = Callable[[], Any]


class _Parser:
    """Precedence climbing; every node is a function without arguments, so branches stay lazy."""

    def __init__(self, tokens: list[_Token], read: Callable[[str], Any]) -> None:
        self._tokens, self._at, self._read = tokens, 0, read

    def peek(self) -> str | None:
        """The text of the next sign or name."""
        if self._at >= len(self._tokens) or self._tokens[self._at].kind not in ("sign", "name"):
            return None if self._at >= len(self._tokens) else ""
        return self._tokens[self._at].text

    def _take(self) -> _Token:
        if self._at >= len(self._tokens):
            raise FormulaError("Unexpected end of formula")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> None:
        if self._take().text != sign:
            raise FormulaError(f"Expected {sign!r} in formula")

    def expression(self) -> _Thunk:
        """A whole expression, with its ternary."""
        condition = self._binary(1)
        if self.peek() != "?":
            return condition
        self._take()
        then = self.expression()
        self._expect(":")
        otherwise = self.expression()
        return lambda: then() if condition() else otherwise()

    def _binary(self, lowest: int) -> _Thunk:
        left = self._unary()
        while (sign := self.peek() or "") in _BINARY and _BINARY[sign] >= lowest:
            self._take()
            right = self._binary(_BINARY[sign] + (sign != "^"))
            left = _operation(sign, left, right)
        return left

    def _unary(self) -> _Thunk:
        sign = self.peek()
        if sign in ("not", "!", "-", "+"):
            self._take()
            inner = self._unary()
            if sign in ("not", "!"):
                return lambda: not inner()
            return (lambda: -_numeric(inner())) if sign == "-" else inner
        return self._postfix()

    def _postfix(self) -> _Thunk:
        found = self._primary()
        while self.peek() == ".":
            self._take()
            name = self._take().text
            rest = self._arguments() if self.peek() == "(" else []
            found = _call(name, [found, *rest])
        return found

    def _primary(self) -> _Thunk:
        token = self._take()
        if token.kind == "number":
            number = float(token.text) if "." in token.text else int(token.text)
            return lambda: number
        if token.kind == "string":
            literal = re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), token.text[1:-1])
            return lambda: literal
        if token.text == "(":
            inner = self.expression()
            self._expect(")")
            return inner
        if token.text == "[":
            return self._list()
        if token.kind == "name" and token.text.startswith("$"):
            return lambda: self._read(token.text)
        if token.kind == "name" and self.peek() == "(":
            return _call(token.text, self._arguments())
        if token.text in _CONSTANTS:
            return lambda: _CONSTANTS[token.text]
        raise FormulaError(f"Unexpected {token.text!r} in formula")

    def _list(self) -> _Thunk:
        items = self._until("]")
        return lambda: [item() for item in items]

    def _arguments(self) -> list[_Thunk]:
        self._expect("(")
        return self._until(")")

    def _until(self, closing: str) -> list[_Thunk]:
        found: list[_Thunk] = []
        while self.peek() != closing:
            found.append(self.expression())
            if self.peek() == ",":
                self._take()
        self._take()
        return found


def _call(name: str, arguments: list[_Thunk]) -> _Thunk:
    if name == "if" and len(arguments) == 3:
        return lambda: arguments[1]() if arguments[0]() else arguments[2]()
    if name == "ifs":
        return lambda: _first_true(arguments)
    if name in ("and", "or"):
        decide = all if name == "and" else any
        return lambda: decide(bool(argument()) for argument in arguments)
    function = FUNCTIONS.get(name)
    if function is None:
        raise FormulaError(f"Unknown function {name!r} in formula")

    def run() -> Any:
        try:
            return function(*(argument() for argument in arguments))
        except (TypeError, ValueError, ZeroDivisionError, OverflowError, re.error) as error:
            raise FormulaError(f"{name}: {error}") from error

    return run


def _first_true(arguments: list[_Thunk]) -> Any:
    for position in range(0, len(arguments) - 1, 2):
        if arguments[position]():
            return arguments[position + 1]()
    return arguments[-1]() if len(arguments) % 2 else None


def _numeric(found: Any) -> Any:
    if found is None:
        return 0
    if isinstance(found, bool):
        return int(found)
    if not isinstance(found, int | float):
        raise FormulaError("Expected a number in formula")
    return found


def _operation(sign: str, left: _Thunk, right: _Thunk) -> _Thunk:
    if sign in ("or", "||"):
        return lambda: bool(left()) or bool(right())
    if sign in ("and", "&&"):
        return lambda: bool(left()) and bool(right())
    return lambda: _applied(sign, left(), right())


def _applied(sign: str, left: Any, right: Any) -> Any:
    if sign in ("==", "!="):
        return (left == right) == (sign == "==")
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return text(left) + text(right)
    if sign in ("<", "<=", ">", ">="):
        return _compared(sign, left, right)
    first, second = _numeric(left), _numeric(right)
    try:
        if sign == "+":
            return first + second
        if sign == "-":
            return first - second
        if sign == "*":
            return first * second
        if sign == "/":
            return first / second
        return first % second if sign == "%" else first**second
    except (ZeroDivisionError, OverflowError) as error:
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
