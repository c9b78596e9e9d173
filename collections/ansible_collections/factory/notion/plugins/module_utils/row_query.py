# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every row of a data source once, however many there are, and those with some keys, live or in the trash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi, NotionError, ResultsCut
from ansible_collections.factory.notion.plugins.module_utils.database_state import LiveProperty

_OLDEST_FIRST = [{"timestamp": "created_time", "direction": "ascending"}]
_KEYS_AT_ONCE = 50
_COMPARABLE = {"title", "rich_text", "url", "email", "phone_number", "number"}
"""Types of keys that a filter can name without knowing the schema's options."""


def live_rows(api: NotionApi, data_source_id: str, asked: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """All rows with the properties *asked* for, oldest first, so that one that changes meanwhile is not missed.

    One query ends after 10,000 rows (facts, section 2.2); the next one goes on from the minute at
    which it ended, without the rows of that minute that were there already.

    Raises ``NotionError`` when more rows than one query gives were created in one minute.
    """
    since, given = "", frozenset[str]()
    while True:
        edge, at_edge = since, set(given)
        try:
            for page in _answers(api, data_source_id, since, asked):
                if page["id"] in given:
                    continue
                if page["created_time"] != edge:
                    edge, at_edge = page["created_time"], set()
                at_edge.add(page["id"])
                yield page
        except ResultsCut as cut:
            if edge == since:
                raise NotionError(f"{cut}; all were created at {edge}, so that no query can tell them apart") from cut
            since, given = edge, frozenset(at_edge)
            continue
        return


def trashed_rows(
    api: NotionApi, data_source_id: str, key: LiveProperty, values: Iterable[Any]
) -> Iterator[Mapping[str, Any]]:
    """Rows in the trash whose *key* is one of *values*; none where the API does not look there."""
    if key.type not in _COMPARABLE:
        return
    try:
        yield from (one for one in _with_keys(api, data_source_id, key, values, {"in_trash": True}) if one["in_trash"])
    except NotionError as error:
        if error.status != 400:
            raise


def rows_with_keys(
    api: NotionApi, data_source_id: str, key: LiveProperty, values: Iterable[Any]
) -> Iterator[Mapping[str, Any]]:
    """Live rows whose *key* is one of *values*, and others where a filter cannot name these."""
    if key.type in _COMPARABLE:
        return _with_keys(api, data_source_id, key, values, {})
    return live_rows(api, data_source_id, [key.key])


def _with_keys(
    api: NotionApi, data_source_id: str, key: LiveProperty, values: Iterable[Any], asked: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    wanted = [{"property": key.key, key.type: {"equals": value}} for value in values]
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        body = {**asked, "filter": {"or": wanted[start : start + _KEYS_AT_ONCE]}}
        yield from api.pages("POST", f"data_sources/{data_source_id}/query", body, filter_properties=[key.key])


def _answers(api: NotionApi, data_source_id: str, since: str, asked: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    path = f"data_sources/{data_source_id}/query"
    body: dict[str, Any] = {"sorts": _OLDEST_FIRST}
    if since:
        body["filter"] = {"timestamp": "created_time", "created_time": {"on_or_after": since}}
    try:
        yield from api.pages("POST", path, body, filter_properties=list(asked))
    except NotionError as error:
        if error.status != 400:
            raise
        yield from api.pages("POST", path, body)
