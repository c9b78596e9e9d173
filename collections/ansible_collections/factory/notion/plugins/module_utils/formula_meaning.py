# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Formulas by meaning: two texts of one formula have one canonical form.

Notion prints a stored formula anew from its syntax tree: it drops the parentheses that are not
needed, adds some around operands, and spaces it its own way (recorded traffic). So a formula is
parsed and written out with every operation in parentheses. A method is a function of what stands
before its dot. A text that does not parse is compared with its white space folded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

_STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
_COMMENT = re.compile(rf"({_STRING})|/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(
    rf"\s*(?:(?P<text>{_STRING})|(?P<block>\{{\{{[^}}]*\}}\}})|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<word>[^\W\d]\w*)|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%^<>!?:.,()\[\]]))"
)
_OUTSIDE_TEXTS = re.compile(rf"({_STRING})|\s+")
_LEVELS: Sequence[frozenset[str]] = (
    frozenset({"or", "||"}),
    frozenset({"and", "&&"}),
    frozenset({"==", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_SAME = {"||": "or", "&&": "and", "!": "not"}


def canonical(expression: str) -> str:
    """One text for all ways to write a formula; idempotent."""
    try:
        return _Parser(_tokens(expression)).whole()
    except (_NotUnderstood, RecursionError, ArithmeticError):
        return _OUTSIDE_TEXTS.sub(lambda match: match[1] or " ", expression.strip())


def syntax_fault(expression: str) -> str | None:
    """Why *expression* cannot be a formula, in words; ``None`` when it can be."""
    try:
        _Parser(_tokens(expression)).whole()
    except _NotUnderstood as fault:
        return str(fault)
    except (RecursionError, ArithmeticError):
        return None
    return None


class _NotUnderstood(Exception):
    """The formula has something that no formula has, and where."""


def _tokens(expression: str) -> list[str]:
    expression = _COMMENT.sub(lambda match: match[1] or " " * len(match[0]), expression)
    tokens, at = [], 0
    end = len(expression.rstrip())
    while at < end:
        match = _TOKEN.match(expression, at)
        if match is None:
            rest = expression[at:].lstrip()
            where = f"at character {len(expression) - len(rest) + 1}"
            if rest[0] in "\"'":
                raise _NotUnderstood(f"the text that begins {where} does not end")
            raise _NotUnderstood(f"'{rest[0]}' {where} is no part of a formula")
        tokens.append(_with_double_quotes(match[0].strip()))
        at = match.end()
    return tokens


def _with_double_quotes(token: str) -> str:
    """A text in single quotes as the same in double ones."""
    if not token.startswith("'"):
        return token
    content = token[1:-1].replace("\\'", "'")
    return '"' + re.sub(r'(?<!\\)"', '\\\\"', content) + '"'


class _Parser:
    """Precedence climbing over tokens; every method returns the canonical text of what it read."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> str:
        text = self._choice()
        if self._at != len(self._tokens):
            raise _NotUnderstood(f"nothing is expected before '{self._peek()}', {self._so_far()}")
        return text

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _NotUnderstood(f"it ends too early, {self._so_far()}")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._peek() != token:
            found = f"not '{self._peek()}'" if self._peek() else "and there is nothing more"
            raise _NotUnderstood(f"'{token}' is expected, {found}, {self._so_far()}")
        self._at += 1

    def _so_far(self) -> str:
        """Where the parser is, for people: what it has read last."""
        read = " ".join(self._tokens[max(0, self._at - 3) : self._at])
        return f"after '{read}'" if read else "at its beginning"

    def _choice(self) -> str:
        condition = self._binary(0)
        if self._peek() != "?":
            return condition
        self._next()
        first = self._choice()
        self._expect(":")
        return f"if({condition},{first},{self._choice()})"

    def _binary(self, level: int) -> str:
        if level == len(_LEVELS):
            return self._power()
        left = self._binary(level + 1)
        while self._peek() in _LEVELS[level]:
            operator = self._next()
            right = self._binary(level + 1)
            left = f"({left} {_SAME.get(operator, operator)} {right})"
        return left

    def _power(self) -> str:
        base = self._unary()
        if self._peek() != "^":
            return base
        self._next()
        return f"({base} ^ {self._power()})"

    def _unary(self) -> str:
        token = self._peek()
        if token in ("-", "!", "not", "+"):
            self._next()
            if token == "not" and self._peek() == "(":
                return f"(not {self._unary()})"
            return f"({_SAME.get(token, token)} {self._unary()})"
        return self._member()

    def _member(self) -> str:
        text = self._operand()
        while self._peek() == ".":
            self._next()
            name = self._next()
            if not _is_word(name):
                raise _NotUnderstood(f"a name is expected after '.', not '{name}'")
            if self._peek() == "(":
                rest = self._list_until(")")
                text = f"{name}({text}{',' if rest else ''}{rest})"
            else:
                text = f"{text}.{name}"
        return text

    def _arguments(self) -> str:
        return f"({self._list_until(')')})"

    def _list_until(self, closing: str) -> str:
        self._next()
        items: list[str] = []
        while self._peek() != closing:
            if items:
                self._expect(",")
                if self._peek() == closing:
                    break
            items.append(self._choice())
        self._next()
        return ",".join(items)

    def _operand(self) -> str:
        token = self._peek()
        if token == "(":
            self._next()
            inner = self._choice()
            self._expect(")")
            return inner
        if token == "[":
            return f"[{self._list_until(']')}]"
        self._next()
        if token[0].isdigit() or token[0] == ".":
            return format(Decimal(token).normalize(), "f")
        if token[0] == '"' or token.startswith("{{"):
            return token
        if not _is_word(token) or (token in ("and", "or") and self._peek() != "("):
            self._at -= 1
            raise _NotUnderstood(f"a value is expected, not '{token}', {self._so_far()}")
        return token + self._arguments() if self._peek() == "(" else token


def _is_word(token: str) -> bool:
    return token[0].isalpha() or token[0] == "_"
