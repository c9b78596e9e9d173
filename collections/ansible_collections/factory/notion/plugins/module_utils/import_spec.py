# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A live database or data source as the ``spec`` of a manifest: from what was read back to what people write. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.notion.plugins.module_utils.database_state import DatabaseState, LiveProperty
from ansible_collections.factory.notion.plugins.module_utils.import_found import LeftOut
from ansible_collections.factory.notion.plugins.module_utils.property_types import NOT_CREATABLE, PROPERTY_TYPES
from ansible_collections.factory.notion.plugins.module_utils.property_types.formula import with_names
from ansible_collections.factory.notion.plugins.module_utils.schema_scope import DATA_SOURCE

_ORDER = ("title", "", "relation", "rollup", "formula", "unique_id", "created_", "last_edited_")
"""How properties stand in a manifest, by type: what people fill in before what Notion works out."""
UNSAYABLE_PICTURE = "an upload or a picture of Notion's own, which a manifest cannot name"
Declaring = Callable[[LiveProperty, DatabaseState, "Named"], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Named:
    """The databases and data sources that have a manifest: those that are imported, and all by their data sources."""

    imported: Mapping[Address, DatabaseState]
    by_source: Mapping[str, Address]

    def of(self, data_source_id: str | None) -> Address | None:
        """The address of a database or data source by the id of its data source."""
        return self.by_source.get(bare(data_source_id or ""))

    def state_of(self, data_source_id: str | None) -> DatabaseState | None:
        """What was read of one that is imported, by the id of its data source."""
        address = self.of(data_source_id)
        return self.imported.get(address) if address is not None else None

    def leads(self, address: Address, live: LiveProperty) -> bool:
        """Whether a two-way relation is declared at this end: at the first of its two by name."""
        other = self.of(live.config.get("data_source_id"))
        back = _synced_name(live, self)
        if other is None or other not in self.imported or back is None:
            return True
        return (address.name, address.kind, live.name) <= (other.name, other.kind, back)


def named(imported: Mapping[Address, DatabaseState], others: Mapping[Address, str]) -> Named:
    """The *imported* databases and data sources, and *others* by the ids of their data sources."""
    own = {bare(state.data_source_id): address for address, state in imported.items()}
    return Named(imported, {**{bare(source): address for address, source in others.items()}, **own})


def table_spec(
    address: Address, state: DatabaseState, place: Mapping[str, str], names: Named
) -> tuple[dict[str, Any], list[LeftOut]]:
    """What the manifest at *address* says of a database or data source, rows apart, and what none can say.

    *place* says where it is: ``database`` comes first, ``parent`` before the properties.
    """
    pictures, left_out = pictures_spec(state.icon, state.cover if address.kind != DATA_SOURCE else None)
    spec: dict[str, Any] = {"title": state.title, **pictures}
    if address.kind == DATA_SOURCE:
        spec = {**place, **spec}
    else:
        spec.update({"description": state.description} if state.description else {})
        spec.update({key: True for key, on in (("inline", state.inline), ("locked", state.locked)) if on})
        spec.update(place)
    spec["properties"] = {}
    for live in sorted(state.properties.values(), key=_place):
        path = f"properties.{live.name}"
        if live.type not in PROPERTY_TYPES:
            told = NOT_CREATABLE.get(live.type, f"Factory does not know the type '{live.type}'; it stays as it is")
            left_out.append(LeftOut(path, told))
        elif live.type == "relation" and _is_two_way(live) and not names.leads(address, live):
            other = names.of(live.config.get("data_source_id"))
            told = f"the other end of {_synced_name(live, names)} of {other.name if other else ''}, declared there"
            left_out.append(LeftOut(path, told))
        else:
            spec["properties"][live.name] = _declared(live, state, names)
    return spec, left_out


def pictures_spec(icon: str | None, cover: str | None) -> tuple[dict[str, Any], list[LeftOut]]:
    """An icon and a cover as far as a manifest can name them."""
    spec: dict[str, Any] = {}
    left_out: list[LeftOut] = []
    for key, picture in (("icon", icon), ("cover", cover)):
        if picture is not None and is_sayable_picture(picture):
            spec[key] = picture
        elif picture is not None:
            left_out.append(LeftOut(key, UNSAYABLE_PICTURE))
    return spec, left_out


def is_sayable_picture(picture: str) -> bool:
    """Whether a manifest can name an icon or a cover: an emoji, or a picture on the web."""
    return picture.startswith("https://") or ":" not in picture


def _place(live: LiveProperty) -> tuple[int, str, str]:
    ranks = (rank for rank, kind in enumerate(_ORDER) if kind and live.type.startswith(kind))
    return next(ranks, 1), live.name.casefold(), live.name


def _declared(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    declared = {"type": live.type, **_DECLARING.get(live.type, _plain)(live, state, names)}
    return {**declared, "description": live.description} if live.description else declared


def _plain(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    return {}


def _number(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    kind = live.config.get("format", "number")
    return {"format": kind} if kind != "number" else {}


def _options(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    groups = {option: group["name"] for group in live.config.get("groups", ()) for option in group["option_ids"]}
    found = [dict(_option(option, groups)) for option in live.config.get("options", ())]
    return {"options": found} if found else {}


def _option(option: Mapping[str, Any], groups: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    yield "name", option["name"]
    for key, value in (("group", groups.get(option.get("id", ""))), ("color", option.get("color"))):
        if value is not None:
            yield key, value
    if option.get("description"):
        yield "description", option["description"]


def _unique_id(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    return {"prefix": live.config["prefix"]} if live.config.get("prefix") else {}


def _formula(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    by_id = {one.id: one.name for one in state.properties.values()}
    return {"expression": with_names(live.config.get("expression", ""), by_id)}


def _relation(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    source = live.config.get("data_source_id")
    other = names.of(source)
    target = {"data_source_id": source}
    if other is not None:
        target = {"data_source" if other.kind == DATA_SOURCE else "database": other.name}
    back = _synced_name(live, names) if _is_two_way(live) else None
    return {**target, "synced_property": back} if back is not None else target


def _rollup(live: LiveProperty, state: DatabaseState, names: Named) -> dict[str, Any]:
    relation = state.by_id(str(live.config.get("relation_property_id")))
    there = names.state_of(relation.config.get("data_source_id")) if relation is not None else None
    shown = there.by_id(str(live.config.get("rollup_property_id"))) if there is not None else None
    return {
        "relation": relation.name if relation is not None else live.config.get("relation_property_name"),
        "property": shown.name if shown is not None else live.config.get("rollup_property_name"),
        "function": live.config.get("function"),
    }


_DECLARING: Mapping[str, Declaring] = {
    "number": _number,
    "select": _options,
    "multi_select": _options,
    "status": _options,
    "unique_id": _unique_id,
    "formula": _formula,
    "relation": _relation,
    "rollup": _rollup,
}


def _is_two_way(live: LiveProperty) -> bool:
    return bool(live.config.get("type") == "dual_property")


def _synced_name(live: LiveProperty, names: Named) -> str | None:
    """What the other end of a two-way relation is called now."""
    dual = live.config.get("dual_property") or {}
    there = names.state_of(live.config.get("data_source_id"))
    found = there.by_id(unquote(dual.get("synced_property_id", ""))) if there is not None else None
    return found.name if found is not None else dual.get("synced_property_name")


def bare(identifier: str) -> str:
    """An id without its hyphens, which Notion takes and gives with and without."""
    return identifier.replace("-", "").lower()


def told(left_out: Iterable[LeftOut]) -> list[str]:
    """One line for each thing that is left out, in the order of its place, each once."""
    return list(dict.fromkeys(f"{one.what}: {one.reason}" for one in left_out))
