# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows that declared rows relate to, in data sources that the stack does not declare: found by their titles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Resource
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.rich_text import plain_text
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import SchemaScope, declared_target

_TITLE = "title"
"""The id that the title property of every data source has (facts, section 1.5)."""
_TITLES_AT_ONCE = 50

Titled = Mapping[str, tuple[str, ...]]
"""Ids of pages by their title."""


def rows_elsewhere(api: NotionApi, resource: Resource) -> dict[str, Titled]:
    """The rows that *resource* relates to elsewhere, by data source; one query for fifty, none when there are none.

    Raises ``FactoryError``.
    """
    wanted: dict[str, dict[str, None]] = {}
    for name, text in _named_elsewhere(resource):
        wanted.setdefault(resource.spec["properties"][name]["data_source_id"], {})[text] = None
    return {source: _titled(api, source, list(texts)) for source, texts in wanted.items()}


def elsewhere_faults(scope: SchemaScope, state: DatabaseState) -> Iterator[str]:
    """Rows that are related to and are not there, or there more than once."""
    for name, text in dict.fromkeys(_named_elsewhere(scope.resource)):
        source = scope.properties[name]["data_source_id"]
        found = len(state.elsewhere.get(source, {}).get(text, ()))
        if found != 1:
            how_many = f"has {found} rows titled" if found else "has no row titled"
            whose = declared_target(scope.properties[name])
            told = f"{whose} ({source})" if whose else f"the data source {source}"
            yield f"{told}, to which {name} relates, {how_many} '{text}'"


def _named_elsewhere(resource: Resource) -> Iterator[tuple[str, str]]:
    """Relations to data sources that are given by id, with the titles that rows name."""
    names = [name for name, one in resource.spec["properties"].items() if "data_source_id" in one]
    for item in resource.spec["rows"]["items"] if names else ():
        for name in names:
            value = item.get(name)
            for text in value if isinstance(value, list) else [] if value is None else [value]:
                yield name, text_of(text)


def _titled(api: NotionApi, source: str, texts: list[str]) -> Titled:
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(texts), _TITLES_AT_ONCE):
        some = texts[start : start + _TITLES_AT_ONCE]
        body = {"filter": {"or": [{"property": _TITLE, "title": {"equals": text}} for text in some]}}
        try:
            for page in api.pages("POST", f"data_sources/{source}/query", body, filter_properties=[_TITLE]):
                title = _title_of(page)
                found[title] = (*found.get(title, ()), page["id"])
        except NotionError as error:
            if error.status == 401:
                raise
            raise FactoryError(f"the rows of the data source {source}, which others relate to: {error}") from error
    return found


def _title_of(page: Mapping[str, Any]) -> str:
    return next(plain_text(one["title"]) for one in page["properties"].values() if one["type"] == "title")
