"""Switches for what the sources about Notion disagree on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from factory_iac.sandbox.notion.rate_budget import BUDGETS
from factory_iac.sandbox.notion.urls import HOSTS

_CHOICES: dict[str, tuple[str, ...]] = {
    "formula_form": ("token", "prop"),
    "dual_delete": ("remove", "orphan"),
    "url_host": HOSTS,
    "edition": tuple(BUDGETS),
}


@dataclass(frozen=True)
class Behaviour:
    """How the sandbox behaves where recordings, documentation and probes differ.

    formula_form: formulas are answered with `{{notion:block_property:...}}` tokens or `prop("Name")`.
    status_group_honoured: the `group` of a new status option is obeyed; else all land in To-do.
    synced_property_name_honoured: the requested name of a back-property is used.
    view_settings_honoured: the configuration of views is kept; else it is accepted and dropped.
    dual_delete: deleting one side of a two-way relation removes the other or leaves it one-way.
    url_host: the host of the addresses in `url`.
    search_lag: seconds until search finds what was created and loses what was trashed.
    query_limit: how many rows one query gives at most, over all its pages.
    edition: `free` allows 180 requests a minute, `business` 600; `unlimited` any number.
    """

    formula_form: str = "token"
    status_group_honoured: bool = False
    synced_property_name_honoured: bool = False
    view_settings_honoured: bool = True
    dual_delete: str = "remove"
    url_host: str = "app.notion.com"
    search_lag: float = 0.0
    query_limit: int = 10_000
    edition: str = "unlimited"

    def changed(self, values: dict[str, Any]) -> Behaviour:
        """A copy with these switches set. Raises ValueError for an unknown name or value."""
        known = {field.name: field.default for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown behaviour {name!r}; known are {', '.join(sorted(known))}")
            _check(name, known[name], value)
        return replace(self, **values)

    def as_json(self) -> dict[str, Any]:
        """All switches by name."""
        return asdict(self)


def _check(name: str, default: object, value: object) -> None:
    choices = _CHOICES.get(name)
    if choices is not None and value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    if isinstance(default, bool) and not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    if type(default) is int and not (type(value) is int and value > 0):
        raise ValueError(f"{name} must be a whole number above zero, not {value!r}")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, float) and not (is_number and 0 <= float(str(value)) < math.inf):
        raise ValueError(f"{name} must be a number of seconds, not {value!r}")
