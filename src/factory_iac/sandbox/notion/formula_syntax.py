"""The grammar of formulas: from text to a tree, and back in the form in which Notion writes it.

Notion answers a formula reprinted: one space around operators, `, ` between arguments, no
parentheses but those around an operation inside another operation. What this grammar does not
cover raises FormulaError.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory_iac.sandbox.notion.formula_values import FormulaError

_TOKEN = re.compile(
    r"""(?:\s|/\*.*?\*/)*(?:(?P<number>\d+(?:\.\d+)?)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>\$?\w+)|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||=>|[-+*/%^<>!?:(),.\[\]=]))""",
    re.UNICODE | re.DOTALL,
)
_BINARY: dict[str, int] = {
    "or": 1, "||": 1, "and": 2, "&&": 2, "==": 3, "!=": 3, "===": 3, "!==": 3, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "^": 7,
}  # fmt: skip
_CLOSING = {"(": ")", "[": "]"}


@dataclass(frozen=True)
class Literal:
    """A number or string, as written; `kind` says which."""

    kind: str
    text: str


@dataclass(frozen=True)
class Name:
    """A `$variable` or a constant."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Call:
    """A function call; `method` when it was written after a dot."""

    name: str
    arguments: tuple[Node, ...]
    method: bool


@dataclass(frozen=True)
class Unary:
    """An operation on one operand."""

    sign: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """An operation on two operands."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Conditional:
    """condition ? then : otherwise."""

    condition: Node
    then: Node
    otherwise: Node


Node = Literal | Name | Items | Call | Unary | Binary | Conditional


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


def parse(source: str) -> Node:
    """The tree of a formula."""
    parser = _Parser(_tokens(source))
    found = parser.expression()
    if parser.peek() is not None:
        raise FormulaError(f"Unexpected {parser.peek()!r} in formula")
    return found


def printed(node: Node) -> str:
    """The text of a tree, as Notion would write it."""
    if isinstance(node, Literal | Name):
        return node.text
    if isinstance(node, Items):
        return f"[{', '.join(map(printed, node.items))}]"
    if isinstance(node, Unary):
        return f"{'not ' if node.sign == 'not' else node.sign}{_operand(node.operand)}"
    if isinstance(node, Binary):
        same = isinstance(node.left, Binary) and node.left.sign == node.sign
        left = printed(node.left) if same else _operand(node.left)
        return f"{left} {node.sign} {_operand(node.right)}"
    if isinstance(node, Conditional):
        return f"{_operand(node.condition)} ? {printed(node.then)} : {printed(node.otherwise)}"
    shown = node.arguments[1:] if node.method else node.arguments
    call = f"{node.name}({', '.join(map(printed, shown))})"
    return f"{_operand(node.arguments[0])}.{call}" if node.method else call


def _operand(node: Node) -> str:
    text = printed(node)
    return f"({text})" if isinstance(node, Binary | Conditional) else text


class _Parser:
    """Precedence climbing."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at = tokens, 0

    def peek(self) -> str | None:
        """The next sign or name, an empty text for a literal, None at the end."""
        if self._at >= len(self._tokens):
            return None
        token = self._tokens[self._at]
        return token.text if token.kind in ("sign", "name") else ""

    def _take(self) -> _Token:
        if self._at >= len(self._tokens):
            raise FormulaError("Unexpected end of formula")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> None:
        if self._take().text != sign:
            raise FormulaError(f"Expected {sign!r} in formula")

    def expression(self) -> Node:
        """A whole expression, with its ternary."""
        condition = self._binary(1)
        if self.peek() != "?":
            return condition
        self._take()
        then = self.expression()
        self._expect(":")
        return Conditional(condition, then, self.expression())

    def _binary(self, lowest: int) -> Node:
        left = self._unary()
        while (sign := self.peek() or "") in _BINARY and _BINARY[sign] >= lowest:
            self._take()
            left = Binary(sign, left, self._binary(_BINARY[sign] + (sign != "^")))
        return left

    def _unary(self) -> Node:
        sign = self.peek()
        if sign in ("not", "!", "-", "+"):
            self._take()
            return Unary(str(sign), self._unary())
        return self._postfix()

    def _postfix(self) -> Node:
        found = self._primary()
        while self.peek() == ".":
            self._take()
            name = self._take().text
            found = Call(name, (found, *self._arguments()), method=True)
        return found

    def _primary(self) -> Node:
        token = self._take()
        if token.kind in ("number", "string"):
            return Literal(token.kind, token.text)
        if token.text == "(":
            inner = self.expression()
            self._expect(")")
            return inner
        if token.text == "[":
            return Items(self._until("]"))
        if token.kind != "name":
            raise FormulaError(f"Unexpected {token.text!r} in formula")
        if not token.text.startswith("$") and self.peek() == "(":
            return Call(token.text, self._arguments(), method=False)
        return Name(token.text)

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        return self._until(")")

    def _until(self, closing: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while self.peek() != closing:
            found.append(self.expression())
            if self.peek() == ",":
                self._take()
            elif self.peek() != closing:
                raise FormulaError(f"Expected {closing!r} in formula")
        self._take()
        return tuple(found)
