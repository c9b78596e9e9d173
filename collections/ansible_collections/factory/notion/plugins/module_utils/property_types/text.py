# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Title and rich_text: texts, compared by what they say, how it looks and where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import (
    Config,
    PropertyType,
    ValueFault,
    ValueWriting,
    fault,
)
from ansible_collections.factory.notion.plugins.module_utils.rich_text import (
    Run,
    plain_text,
    rich_text_of,
    runs_of,
    to_rich_text,
)
from ansible_collections.factory.notion.plugins.module_utils.rich_text_markdown import (
    markdown_of,
    runs_from_markdown,
)


class Text(PropertyType):
    """``title`` and ``rich_text``: a plain text, or ``{markdown: …}`` for one with styles and links."""

    can_be_key = True

    def value_faults(self, value: Any, declared: Config) -> Iterator[ValueFault]:
        """A text, or one paragraph of Markdown that Notion can hold."""
        if isinstance(value, str):
            return
        if not isinstance(value, dict) or set(value) != {"markdown"} or not isinstance(value["markdown"], str):
            yield fault("expected text, or {markdown: text}", value)
            return
        try:
            rich_text_of(runs_from_markdown(value["markdown"]))
        except FactoryError as error:
            yield ValueFault(str(error), ("markdown",))

    def normal(self, value: Any) -> Any:
        """A plain text as it is, any other as the Markdown that says the same; nothing is the empty text."""
        return _told(runs_from_markdown(value["markdown"])) if isinstance(value, dict) else value or ""

    def read(self, stored: Any) -> Any:
        """The same of rich text objects."""
        return _told(runs_of(stored))

    def key_of(self, stored: Any) -> str:
        """What a reader sees, whatever it looks like."""
        return plain_text(stored)

    def write(self, value: Any, name: str, writing: ValueWriting) -> list[dict[str, Any]]:
        """Rich text objects."""
        if isinstance(value, dict):
            return rich_text_of(runs_from_markdown(value["markdown"]))
        return to_rich_text(value or "")


def _told(runs: Iterable[Run]) -> Any:
    found = tuple(runs)
    if all(run == Run(run.text) for run in found):
        return "".join(run.text for run in found)
    return {"markdown": markdown_of(found)}
