# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
r"""Runs of rich text in Markdown, and back. Pure.

CommonMark with GFM's strikethrough; ``<u>``, ``<span color="red">`` and ``<br>`` for what it has no mark for, and
``$`E = mc^2`$`` for equations, as in GitHub's and Notion's own Markdown. Mentions have no words in it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ansible_collections.factory.notion.plugins.module_utils.rich_text import Run, merged


class NotionMarkdown(MarkdownIt):
    """The dialect: addresses stay as they are written, whatever they are."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": True})
        self.enable(["strikethrough", "table"])
        self.disable("html_block")
        self.inline.ruler.before("escape", "equation", _equation)

    def normalizeLink(self, url: str) -> str:  # noqa: N802, its name in markdown-it
        """The address as it is: what is stored in Notion must compare with what was written."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: N802, its name in markdown-it
        """Every address: Notion says what it does not take."""
        return True


_TAGS = {"b": "bold", "i": "italic", "s": "strikethrough", "u": "underline", "code": "code"}
_MARKS = {"strong": "bold", "em": "italic", "s": "strikethrough"}
_TAG = re.compile(r"<(?P<close>/)?(?P<name>b|i|s|u|code|span|br)(?:\s+color=\"(?P<color>\w+)\")?\s*/?>")
_SIGNS = {"bold": "**", "italic": "*", "strikethrough": "~~"}
_LINE_STARTS = re.compile(r"(?P<number>\d{1,9})(?=[.)])|(?=[-+](?:[-\s]|$)|#+(?:\s|$)|>|\$\$)")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_NEEDS_ESCAPE = re.compile(r"[\\`*_\[\]<]|~(?=~)|(?<=~)~|&(?=[#\w])")


def runs_from_markdown(text: str) -> tuple[Run, ...]:
    """The runs that one paragraph of Markdown means."""
    tokens = _MARKDOWN.parseInline(text)
    return runs_of_tokens(tokens[0].children or []) if tokens else ()


def markdown_of(runs: Iterable[Run]) -> str:
    """*runs* as one line of Markdown that reads well, and reads back as the same runs where Markdown can.

    A mention becomes what a reader sees of it.
    """
    merged_runs = merged(_without_mention(run) for run in runs)
    for spelling in (_Spelling(_SIGNS, _escaped), _Spelling({}, _escaped), _Spelling({}, _all_escaped)):
        told = spelling.line(merged_runs)
        if runs_from_markdown(told) == merged_runs:
            return told
    return told


def says_all(runs: Sequence[Run]) -> bool:
    """Whether Markdown can say *runs*: nothing is lost on the way there and back."""
    return runs_from_markdown(markdown_of(runs)) == merged(runs)


def runs_of_tokens(tokens: Sequence[Token]) -> tuple[Run, ...]:
    """The runs of the inline tokens of markdown-it."""
    style = Run("")
    closed_by: list[tuple[str, Run]] = []
    found: list[Run] = []
    for token in tokens:
        if token.type in ("text", "text_special", "softbreak", "hardbreak"):
            said = {"softbreak": " ", "hardbreak": "\n"}.get(token.type, token.content)
            found.append(dataclasses.replace(style, text=said))
        elif token.type == "code_inline":
            found.append(dataclasses.replace(style, text=token.content, code=True))
        elif token.type == "equation":
            found.append(dataclasses.replace(style, text=token.content, equation=True, link=None))
        elif token.type == "image":
            link = str(token.attrs.get("src", "")) or None
            found.append(dataclasses.replace(style, text=token.content or link or "", link=link))
        elif token.type == "html_inline":
            style = _after_tag(token.content, style, closed_by, found)
        elif token.nesting == 1:
            closed_by.append((token.type.removesuffix("_open"), style))
            style = _opened(token, style)
        elif token.nesting == -1:
            style = _closed(token.type.removesuffix("_close"), style, closed_by)
    return merged(found)


def _opened(token: Token, style: Run) -> Run:
    if token.type == "link_open":
        return dataclasses.replace(style, link=str(token.attrs.get("href", "")) or None)
    name = _MARKS.get(token.type.removesuffix("_open"))
    return _styled(style, name) if name else style


def _styled(style: Run, name: str, color: str = "default") -> Run:
    changes: dict[str, Any] = {"color": color} if name == "color" else {name: True}
    return dataclasses.replace(style, **changes)


def _closed(name: str, style: Run, closed_by: list[tuple[str, Run]]) -> Run:
    """The style before what *name* closes was opened; as it is when nothing is open by that name."""
    for index in range(len(closed_by) - 1, -1, -1):
        if closed_by[index][0] == name:
            before = closed_by[index][1]
            del closed_by[index:]
            return before
    return style


def _after_tag(content: str, style: Run, closed_by: list[tuple[str, Run]], found: list[Run]) -> Run:
    """The style after a tag that the dialect knows; any other tag is text."""
    tag = _TAG.fullmatch(content)
    if tag is None or (tag["name"] == "span" and not tag["close"] and not tag["color"]):
        found.append(dataclasses.replace(style, text=content))
    elif tag["name"] == "br":
        found.append(dataclasses.replace(style, text="\n"))
    elif tag["close"]:
        return _closed(f"<{tag['name']}>", style, closed_by)
    else:
        closed_by.append((f"<{tag['name']}>", style))
        return _styled(style, _TAGS.get(tag["name"], "color"), tag["color"] or "default")
    return style


def _equation(state: StateInline, silent: bool) -> bool:
    r"""An inline rule of markdown-it: ``$`expression`$``."""
    if not state.src.startswith("$`", state.pos):
        return False
    end = state.src.find("`$", state.pos + 2)
    if end <= state.pos + 2 or end > state.posMax:
        return False
    if not silent:
        state.push("equation", "math", 0).content = state.src[state.pos + 2 : end]
    state.pos = end + 2
    return True


def _without_mention(run: Run) -> Run:
    return dataclasses.replace(run, text=run.shown, mention="", shown="") if run.mention else run


@dataclasses.dataclass(frozen=True, slots=True)
class _Spelling:
    """A way of writing runs: *signs* for the styles that have one (tags for the others), and how to escape."""

    signs: dict[str, str]
    escape: Callable[[str], str]

    def line(self, runs: Sequence[Run]) -> str:
        open_styles: list[tuple[str, str]] = []
        parts: list[str] = []
        for run in runs:
            wanted = self._styles(run)
            while any(one not in wanted for one in open_styles):
                parts.append(self._closing(open_styles.pop()))
            for one in wanted:
                if one not in open_styles:
                    parts.append(self._opening(one))
                    open_styles.append(one)
            parts.append(self._said(run))
        parts.extend(self._closing(one) for one in reversed(open_styles))
        return _safe_ends("".join(parts))

    def _styles(self, run: Run) -> list[tuple[str, str]]:
        found = [("link", run.link)] if run.link else []
        found += [("color", run.color)] if run.color != "default" else []
        names = ("underline", "bold", "italic", "strikethrough", *(() if self._has_code_span(run) else ("code",)))
        return [*found, *((name, "") for name in names if getattr(run, name))]

    def _has_code_span(self, run: Run) -> bool:
        return bool(self.signs) and run.code and not run.equation

    def _opening(self, style: tuple[str, str]) -> str:
        name, value = style
        if name == "link":
            return "["
        if name == "color":
            return f'<span color="{value}">'
        return self.signs.get(name) or f"<{_tag_of(name)}>"

    def _closing(self, style: tuple[str, str]) -> str:
        name, value = style
        if name == "link":
            return f"]({address_of(value)})"
        if name == "color":
            return "</span>"
        return self.signs.get(name) or f"</{_tag_of(name)}>"

    def _said(self, run: Run) -> str:
        if run.equation:
            return f"$`{run.text}`$"
        if self._has_code_span(run):
            return _code_span(run.text)
        return self.escape(run.text)


def _tag_of(name: str) -> str:
    return next(tag for tag, style in _TAGS.items() if style == name)


def address_of(url: str) -> str:
    """*url* as the destination of a link or an image."""
    plain = re.fullmatch(r"[\w:/?#@!$'*+,;=.~%-]+", url, re.ASCII) is not None
    return url if plain else "<" + re.sub(r"[\\<>&]", _entity, url) + ">"


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def _code_span(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _escaped(text: str) -> str:
    """*text* with a backslash where it would mean something by itself."""
    told = _NEEDS_ESCAPE.sub(lambda match: f"\\{match[0]}", text)
    return told.replace("\n", "<br>")


def _all_escaped(text: str) -> str:
    """*text* with everything escaped that could ever mean something."""
    told = _PUNCTUATION.sub(lambda match: f"\\{match[0]}", text)
    return re.sub(r"\s", _entity, told) if re.search(r"\s\s|[^\S ]", told) else told


def _safe_ends(line: str) -> str:
    """*line* such that it starts no list, heading or quote, and keeps the white space at its ends."""
    start = _LINE_STARTS.match(line)
    if start is not None:
        line = f"{line[: start.end()]}\\{line[start.end() :]}"
    stripped = line.strip()
    if not stripped:
        return re.sub(r"\s", _entity, line)
    lead, tail = line[: line.index(stripped)], line[line.index(stripped) + len(stripped) :]
    return re.sub(r"\s", _entity, lead) + stripped + re.sub(r"\s", _entity, tail)


_MARKDOWN = NotionMarkdown()
