"""One recorded answer against ours: what ours should have been, and where it differs."""

from __future__ import annotations

import difflib
import json
from typing import Any

from factory_iac.replay.binding import UUID, Binding
from factory_iac.replay.masks import Masks

_PLAIN_IDS = frozenset({"relation_property_id", "rollup_property_id"})
_PROPERTY_IDS = _PLAIN_IDS | {"synced_property_id"}


def learn(binding: Binding, recorded: Any, ours: Any) -> None:
    """Bind the ids that stand in the same places."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for key in recorded.keys() & ours.keys():
            one, other = recorded[key], ours[key]
            if _is_property_id(recorded, key) and isinstance(other, str):
                binding.learn_property(one, other)
            else:
                learn(binding, one, other)
    elif isinstance(recorded, list) and isinstance(ours, list):
        for one, other in zip(recorded, ours, strict=False):
            if not _are_known_apart(binding, one, other):
                learn(binding, one, other)
    elif isinstance(recorded, str) and isinstance(ours, str):
        binding.learn_text(recorded, ours)


def _are_known_apart(binding: Binding, recorded: Any, ours: Any) -> bool:
    """Whether two objects in the same place of a list are different ones: nothing is learned from them."""
    if not (isinstance(recorded, dict) and isinstance(ours, dict)):
        return False
    one, other = recorded.get("id"), ours.get("id")
    return isinstance(one, str) and binding.is_bound(one) and binding.text(one) != other


def _is_property_id(owner: dict[str, Any], key: str) -> bool:
    value = owner[key]
    if not isinstance(value, str) or UUID.fullmatch(value):
        return False
    return key in _PROPERTY_IDS or (key == "id" and "type" in owner)


def expected(binding: Binding, masks: Masks, recorded: Any, ours: Any) -> Any:
    """The recorded answer with our ids, and with our values where a rule lets them stand."""
    if isinstance(recorded, dict):
        found = ours if isinstance(ours, dict) else {}
        return {
            binding.text(key): _expected_under(binding, masks, recorded, key, found.get(binding.text(key)))
            for key in recorded
        }
    if isinstance(recorded, list):
        beside = ours if isinstance(ours, list) else []
        padded = [*beside, *[None] * len(recorded)]
        return [expected(binding, masks, one, other) for one, other in zip(recorded, padded, strict=False)]
    return binding.text(recorded) if isinstance(recorded, str) else recorded


def _expected_under(binding: Binding, masks: Masks, owner: dict[str, Any], key: str, ours: Any) -> Any:
    recorded = owner[key]
    if masks.hides(owner, key, recorded, ours):
        return ours
    if _is_property_id(owner, key):
        return binding.property_id(recorded, plain=key in _PLAIN_IDS)
    return expected(binding, masks, recorded, ours)


def by_id(binding: Binding, recorded: Any, ours: Any) -> tuple[Any, Any]:
    """Two search answers with their results in the same order, as far as they have the same."""
    answers = (recorded, ours)
    if not all(isinstance(answer, dict) and isinstance(answer.get("results"), list) for answer in answers):
        return answers
    wanted = sorted(recorded["results"], key=lambda item: binding.text(item["id"]))
    found = sorted(ours["results"], key=lambda item: str(item["id"]))
    return {**recorded, "results": wanted}, {**ours, "results": found}


def difference(name: str, wanted: tuple[int, Any], found: tuple[int, Any]) -> str:
    """A unified diff of status and body; empty when they are equal."""
    if _is_same(wanted, found):
        return ""
    one, other = _lines(*wanted), _lines(*found)
    return "\n".join(difflib.unified_diff(one, other, f"{name} (recorded)", f"{name} (ours)", lineterm="", n=4)) + "\n"


def _is_same(one: Any, other: Any) -> bool:
    """Equal as JSON: for Python, `true` is 1 as well."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _lines(status: int, body: Any) -> list[str]:
    return [f"status {status}", *json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).splitlines()]
