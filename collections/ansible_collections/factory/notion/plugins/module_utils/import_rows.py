# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live rows as ``spec.rows`` of a manifest. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.block import Block
from ansible_collections.factory.notion.plugins.module_utils.database_state import icon_text
from ansible_collections.factory.notion.plugins.module_utils.import_body import body_markdown, why_not_markdown
from ansible_collections.factory.notion.plugins.module_utils.import_found import LeftOut
from ansible_collections.factory.notion.plugins.module_utils.import_spec import UNSAYABLE_PICTURE, is_sayable_picture
from ansible_collections.factory.notion.plugins.module_utils.property_types import PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.property_type import text_of
from ansible_collections.factory.notion.plugins.module_utils.row_schema import BODY, COVER, ICON
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import declared_target

Pages = Sequence[Mapping[str, Any]]
Properties = Mapping[str, Mapping[str, Any]]
"""The properties of a manifest, by name."""
Keys = Mapping[Address, Mapping[str, Any]]
"""The keys of the rows of all imported tables, by table and page."""
Bodies = Mapping[str, Sequence[Block]]
"""What is on the pages of rows, by their ids; none where nobody asked."""


def row_key(properties: Properties, pages: Pages) -> str:
    """The property that tells all rows apart: the title if it can, or the first that does; else the title."""
    title = next(name for name, one in properties.items() if one["type"] == "title")
    able = [name for name, one in properties.items() if PROPERTY_TYPES[one["type"]].can_be_key]
    for name in (title, *able):
        if len(keys_of_rows(name, properties, pages)) == len(pages):
            return name
    return title


def keys_of_rows(key: str, properties: Properties, pages: Pages) -> dict[str, Any]:
    """The values of the property *key* that one row only has, by the ids of those rows."""
    values = {page["id"]: _read(page, key, properties[key]["type"]) for page in pages}
    counts = Counter(text_of(value) for value in values.values())
    return {
        one_id: value for one_id, value in values.items() if value not in (None, "", []) and counts[text_of(value)] == 1
    }


def rows_spec(properties: Properties, pages: Pages, keys: Keys, bodies: Bodies) -> tuple[dict[str, Any], list[LeftOut]]:
    """The rows of one table, oldest first, of one minute by key."""
    left_out: list[LeftOut] = []
    key = row_key(properties, pages)
    own = keys_of_rows(key, properties, pages)
    order = [key, *(name for name in properties if name != key)]
    ordered = {name: properties[name] for name in order}
    listed = [page for page in pages if page["id"] in own]
    items: list[dict[str, Any]] = []
    for page in sorted(listed, key=lambda page: (page["created_time"], own[page["id"]])):
        where = f"rows.{text_of(own[page['id']])}"
        item = dict(_values(page, ordered, keys, where, left_out))
        item.update(_body(bodies.get(page["id"], ()), where, left_out))
        items.append(item)
    if len(own) < len(pages):
        count = f"{len(pages) - len(own)} of {len(pages)}"
        told = f"{count}, since nothing tells them apart: '{key}' is empty, or not theirs alone"
        left_out.append(LeftOut("rows", told))
    title = next(name for name, one in properties.items() if one["type"] == "title")
    return ({} if key == title else {"key": key}) | {"items": items}, left_out


def _values(
    page: Mapping[str, Any],
    properties: Properties,
    keys: Keys,
    where: str,
    left_out: list[LeftOut],
) -> Iterator[tuple[str, Any]]:
    for name, declared in properties.items():
        kind = declared["type"]
        value = _read(page, name, kind) if PROPERTY_TYPES[kind].writable else None
        if kind == "relation" and value:
            target = declared_target(declared)
            own = keys.get(target, {}) if target is not None else {}
            value = [own.get(one) for one in value]
        if value in (None, "", []):
            continue
        if _is_sayable(kind, value):
            yield name, value
        else:
            left_out.append(LeftOut(f"{where}.{name}", _WHY_NOT.get(kind, "a manifest cannot say it")))
    for name, picture in ((ICON, icon_text(page.get("icon"))), (COVER, icon_text(page.get("cover")))):
        if picture is not None and is_sayable_picture(picture):
            yield name, picture
        elif picture is not None:
            left_out.append(LeftOut(f"{where}.{name}", UNSAYABLE_PICTURE))


def _body(blocks: Sequence[Block], where: str, left_out: list[LeftOut]) -> dict[str, Any]:
    body = body_markdown(blocks)
    if body is None:
        left_out.append(LeftOut(f"{where}.{BODY}", why_not_markdown(blocks)))
    return {BODY: body} if body else {}


_WHY_NOT = {
    "relation": "it relates to rows that are not imported",
    "people": "the integration may not see the e-mail address of somebody",
    "files": "an uploaded file, whose link expires",
}


def _is_sayable(kind: str, value: Any) -> bool:
    match kind:
        case "relation":
            return None not in value
        case "people":
            return all("@" in one for one in value)
        case "files":
            return all(set(one) == {"name", "url"} and one["url"] for one in value)
        case _:
            return True


def _read(page: Mapping[str, Any], name: str, kind: str) -> Any:
    """A value as a manifest says it; a relation as ids of pages."""
    stored = page["properties"].get(name, {})
    if stored.get("type") != kind:
        return None
    content = stored[kind]
    match kind:
        case "date" if content is not None:
            given = {key: content[key] for key in ("start", "end", "time_zone") if content.get(key) is not None}
            return given["start"] if len(given) == 1 else given
        case "relation":
            return [one["id"] for one in content]
        case "place" if content is not None:
            return {key: value for key, value in PROPERTY_TYPES[kind].read(content).items() if value is not None}
        case _:
            return PROPERTY_TYPES[kind].read(content)
