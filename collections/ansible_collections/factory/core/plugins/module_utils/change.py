# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes: one resource's difference between desired and observed, with its effect."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.manifest import Address

KNOWN_AFTER_APPLY = "(known after apply)"
"""Stands in plans for what does not exist yet."""

FieldPath = tuple[str, ...]
"""Where a field is in its resource, as in ``("properties", "Status", "options", "Done")``."""

OWNERSHIP: FieldPath = ("ownership",)
"""Where a kind tells that the mark by which it is found again differs. Never ignored, whatever a manifest says."""


class Effect(IntEnum):
    """What a change does to what is there, from harmless to irreversible."""

    NONE = 0
    ADDITIVE = 1
    REVERSIBLE = 2
    DISRUPTIVE = 3
    DESTRUCTIVE = 4

    def __str__(self) -> str:
        return self.name.lower()


class Action(StrEnum):
    """What happens to a resource as a whole."""

    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    DELETE = "delete"
    FORGET = "forget"
    RESTORE = "restore"
    ADOPT = "adopt"


_LEAST_EFFECT = {Action.NO_OP: Effect.NONE, Action.RENAME: Effect.REVERSIBLE, Action.FORGET: Effect.REVERSIBLE}
"""What an action does at least, beyond its fields."""


class Stage(IntEnum):
    """When a field is applied: no content before every shape is settled."""

    SHAPE = 0
    CONTENT = 1


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Drift that somebody knows of: why, who answers for it, until which day (ISO 8601), and whether that is over."""

    reason: str
    by: str
    until: str
    expired: bool = False

    def __str__(self) -> str:
        return f"{self.reason} ({self.by}, until {self.until})"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs.

    ``waits_for`` names the resources that must be applied before this field can be. A *divisible*
    field may be applied without the parts that still wait, when nothing else can go forward.
    """

    path: FieldPath
    before: Any
    after: Any
    effect: Effect
    reason: str = ""
    waits_for: frozenset[Address] = frozenset()
    stage: Stage = Stage.SHAPE
    divisible: bool = False
    drift: bool = False
    follows: FieldPath = ()
    """The field from whose change it only follows, if any: it is drift when that one is."""
    acknowledged: Acknowledged | None = None
    is_ours_alone: bool = False
    """Whether it is work of ours that nobody can change behind our back, so that it is never drift."""

    @property
    def name(self) -> str:
        """The path as people read it: ``properties.Status.options.Done``."""
        return path_name(self.path)

    @property
    def alarms(self) -> bool:
        """Whether it is drift that nobody has acknowledged, or not for this long."""
        return self.drift and (self.acknowledged is None or self.acknowledged.expired)

    @property
    def is_muted(self) -> bool:
        """Whether it is drift that somebody knows of."""
        return self.drift and not self.alarms

    def difference(self) -> str:
        """A short digest of what the field is and should be."""
        return fingerprint([self.before, self.after])

    def fingerprint(self) -> str:
        """A short digest of what the field should be; equal declarations have equal fingerprints."""
        return fingerprint(self.after)


@dataclass(frozen=True, slots=True)
class Unmanageable:
    """A declared field that the target cannot have, and why."""

    path: FieldPath
    reason: str

    @property
    def name(self) -> str:
        """The path as people read it."""
        return path_name(self.path)


@dataclass(frozen=True, slots=True)
class Condition:
    """How a resource is, in a word of its kind, and why, where people have to know; no plan can change it."""

    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What it takes to bring one resource from what was observed to what is declared."""

    address: Address
    action: Action
    fields: tuple[FieldChange, ...] = ()
    reason: str = ""
    unmanageable: tuple[Unmanageable, ...] = ()
    id: str | None = None
    vanished: bool = False
    """Whether it is missing, or in the trash, although nobody declared so."""
    refused: str = ""
    """Why nothing of it may be written as things are; the other resources of the plan may."""
    blocked: str = ""
    """Why it must not be applied, whatever the run allows; empty if it may."""
    uses: tuple[str, ...] = ()
    """The resources of other stacks that it refers to, each with its live id, for people to read."""
    condition: Condition | None = None
    """How the resource is, where its kind has words for that."""

    @property
    def effect(self) -> Effect:
        """The worst effect of its fields; deleting is always destructive."""
        if self.action is Action.DELETE:
            return Effect.DESTRUCTIVE
        least = _LEAST_EFFECT.get(self.action, Effect.ADDITIVE)
        return max((field.effect for field in self.fields), default=least)

    @property
    def has_drift(self) -> bool:
        """Whether anything in it was changed behind our back that nobody has acknowledged."""
        return self.vanished or any(field.alarms for field in self.fields)

    def with_fields(self, fields: Iterable[FieldChange]) -> Change:
        """The same change, restricted to or replaced by *fields*."""
        return dataclasses.replace(self, fields=tuple(fields))


def path_name(path: FieldPath) -> str:
    """*path* as people read it, and as no other path reads: a step with a dot or a quote in it stands in quotes."""
    return ".".join(json.dumps(step, ensure_ascii=False) if {".", '"'} & set(step) else step for step in path)


def fingerprint(value: Any) -> str:
    """Sixteen hex digits of the SHA-256 of *value* as canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


def canonical_json(value: Any) -> str:
    """*value* as JSON with sorted keys and no white space: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def action_for(fields: Iterable[FieldChange], otherwise: Action = Action.NO_OP) -> Action:
    """``update`` when any field differs, else *otherwise*."""
    return Action.UPDATE if any(True for _ in fields) else otherwise
