# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Apply and verify: write what differs, read back, and go on until nothing differs any more.

There is no list of steps to get through. After every write the resource is compared again with
what is declared, against what the target now says: that is the verification, it makes the apply
re-entrant after a crash at any point, and it lets resources that need each other converge. What
still differs although it was sent is *unmanageable*, said once and not sent again.

The order keeps writes few. First a walk through the graph, each resource once its needs are met;
then passes in which resources that can be completed go before resources that cannot.
"""

from __future__ import annotations

import contextvars
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Effect,
    FieldChange,
    Stage,
    Unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.diff import (
    IGNORED_BY_TARGET,
    desired,
    diff_resource,
)
from ansible_collections.factory.core.plugins.module_utils.graph import Graph
from ansible_collections.factory.core.plugins.module_utils.limits import Interrupted, Stop, Work, working
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Known,
    Observation,
    PartlyApplied,
    Provider,
    Target,
    World,
    WriteUnconfirmed,
)

NOT_PLANNED = "it would destroy something that the plan did not show; plan and apply again"
_WHOLE = frozenset({Action.CREATE, Action.RESTORE})
"""Actions that concern a resource as a whole, whatever its fields."""
_LEAVING = frozenset({Action.DELETE, Action.FORGET})
"""Actions after which a resource is no longer ours."""
_MOST_UNCONFIRMED = 5
"""How often one resource may be read again after a write whose outcome is unknown."""


@dataclass(slots=True)
class Applied:
    """What an apply did to one resource."""

    sent: dict[str, str] = field(default_factory=dict)
    """Fingerprints of the fields that were written, by name."""
    unmanageable: dict[str, Unmanageable] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    """How the unmanageable fields differ, by name."""
    cannot: tuple[Unmanageable, ...] = ()
    """What the kind itself says the target cannot do, as of the last comparison."""
    divided: dict[str, str] = field(default_factory=dict)
    """Fingerprints of the fields that were written without what they wait for, by name."""
    done: set[Action] = field(default_factory=set)
    """What the target confirmed to have done to the whole resource."""
    error: str = ""
    writes: int = 0
    unconfirmed: int = 0
    work: Work = field(default_factory=Work)

    def ignore(self, one: FieldChange) -> None:
        """Note that the target does not do *one*."""
        self.unmanageable[one.name] = Unmanageable(one.path, IGNORED_BY_TARGET)
        self.ignored[one.name] = one.difference()


Applying = Callable[[Address, Known | None], None]
"""Called after each write with what leads to the resource now; ``None`` when it was deleted."""


@dataclass(slots=True)
class Apply:
    """One apply of a plan's changes to one target."""

    graph: Graph
    providers: Mapping[str, Provider[Any]]
    target: Target[Any]
    observed: dict[Address, Observation[Any]]
    unmanageable: Mapping[Address, Mapping[str, str]]
    in_flight: int
    written: Applying
    permitted: frozenset[tuple[Address, str, str]] = frozenset()
    """The destructive fields that the gate has seen: address, name and fingerprint."""
    stop: Stop = field(default_factory=Stop)
    deadline: float = math.inf
    """Seconds that the requests of one resource may take together."""
    applied: dict[Address, Applied] = field(default_factory=dict)

    def run(self, pending: Iterable[Change]) -> dict[Address, Applied]:
        """Apply *pending* and whatever follows from them; errors are kept by resource."""
        changes = {change.address: change for change in pending}
        self.applied.update({address: Applied(work=Work(self.deadline)) for address in changes})
        staying = {address for address, change in changes.items() if change.action not in _LEAVING}
        touched = [address for address in self.graph.order if address in staying]
        leaving = {change.address: change for change in changes.values() if change.action in _LEAVING}
        with ThreadPoolExecutor(max_workers=self.in_flight) as pool:
            self._walk(pool, touched)
            self._passes(pool, touched)
            self._leave(pool, dict(leaving))
        if self.stop.reason:
            self._tell_what_is_left(touched, leaving.values())
        return self.applied

    def _leave(self, pool: ThreadPoolExecutor, left: dict[Address, Change]) -> None:
        """Delete or forget what should go; what others need or lie in after those."""
        while left and not self.stop.reason:
            needed = {need for address in left for need in self._bound_to(address)}
            free = [change for address, change in left.items() if address not in needed]
            self._each(pool, free)
            for change in free:
                if not self._is_left(change.address):
                    del left[change.address]
            for address in tuple(left):
                if stuck := self._in_the_way_of(address):
                    self.applied[
                        address
                    ].error = f"not deleted, since {stuck} needs it or lies in it, and is still there"
                    del left[address]

    def _in_the_way_of(self, address: Address) -> Address | None:
        """A resource that needs *address*, or lies in it, and could not be deleted."""
        failed = (one for one, applied in self.applied.items() if applied.error)
        return next((one for one in failed if address in self._bound_to(one)), None)

    def _bound_to(self, address: Address) -> set[Address]:
        """What cannot go before *address* does: what it needs, and what it lies in."""
        seen = self.observed.get(address)
        inside = seen.inside if seen is not None else None
        around = {other for other, one in self.observed.items() if inside is not None and one.id == inside}
        return {*self.graph.needs.get(address, ()), *around} - {address}

    def _is_left(self, address: Address) -> bool:
        """Whether a resource that should be gone is still there, for no known reason."""
        return address in self.observed and not self.applied[address].error

    def _tell_what_is_left(self, touched: Iterable[Address], leaving: Iterable[Change]) -> None:
        """Why each resource that is not through is not: the run ended before."""
        left = [change for change in map(self._remaining, touched) if _is_due(change)]
        for change in (*left, *(one for one in leaving if self._is_left(one.address))):
            applied = self.applied[change.address]
            begun = "not finished" if applied.writes or applied.work.writes else "not begun"
            applied.error = applied.error or f"{begun}: {self.stop.reason}"

    def _walk(self, pool: ThreadPoolExecutor, touched: list[Address]) -> None:
        """Each resource once, as soon as what it needs has been applied."""
        inside = set(touched)
        sorter = TopologicalSorter({address: self.graph.needs[address] & inside for address in touched})
        sorter.prepare()
        running: dict[Future[None], Address] = {}
        while sorter.is_active():
            for address in sorter.get_ready():
                running[_submit(pool, self._first_visit, address)] = address
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
                sorter.done(running.pop(future))

    def _first_visit(self, address: Address) -> None:
        """Create what is not there, as far as it can be; change what can be changed completely."""
        if self.stop.reason:
            return
        change = self._remaining(address)
        shape = [one for one in change.fields if one.stage is Stage.SHAPE]
        ready = [one for one in shape if not one.waits_for]
        if not self._can_exist(address):
            return
        if not self._is_live(address) or (shape and ready == shape):
            self._write(change.with_fields(ready))
        if not self.applied[address].error:
            self._first_content(address)

    def _can_exist(self, address: Address) -> bool:
        """Whether all that the resource cannot be without is there."""
        return all(self._is_live(need) or need in self.graph.elsewhere for need in self.graph.hard_needs[address])

    def _is_live(self, address: Address) -> bool:
        return address in self.observed and not self.observed[address].in_trash

    def _first_content(self, address: Address) -> None:
        change = self._remaining(address)
        settled = change.action is Action.UPDATE and all(one.stage is Stage.CONTENT for one in change.fields)
        ready = [one for one in change.fields if not one.waits_for]
        if settled and ready:
            self._write(change.with_fields(ready))

    def _passes(self, pool: ThreadPoolExecutor, touched: list[Address]) -> None:
        while not self.stop.reason and (batch := self._next_batch(touched)):
            self._each(pool, batch)

    def _next_batch(self, touched: list[Address]) -> list[Change]:
        """The changes to write next: complete ones, else what is ready, else what can be divided."""
        left = [self._remaining(address) for address in touched if not self.applied[address].error]
        changes = [change for change in left if self._can_exist(change.address) and not self._ignored(change)]
        for stage in Stage:
            of_stage = [change.with_fields(one for one in change.fields if one.stage is stage) for change in changes]
            if batch := _complete(of_stage) or _ready(of_stage) or self._divisible(of_stage):
                return batch
        self._give_up(left)
        return []

    def _ignored(self, change: Change) -> bool:
        """Whether the target confirmed to have done the whole of it, and did not; that is an error then."""
        applied = self.applied[change.address]
        if change.action in applied.done:
            applied.error = f"{change.action}: {IGNORED_BY_TARGET}"
        return change.action in applied.done

    def _divisible(self, changes: Iterable[Change]) -> list[Change]:
        """For a knot that nothing else loosens: the divisible fields of one resource, each once."""
        parts = (
            change.with_fields(
                one
                for one in change.fields
                if one.divisible and self.applied[change.address].divided.get(one.name) != one.fingerprint()
            )
            for change in changes
        )
        return sorted((change for change in parts if change.fields), key=lambda change: len(change.fields))[:1]

    def _give_up(self, changes: Iterable[Change]) -> None:
        for change in changes:
            address = change.address
            missing = {need for need in self.graph.hard_needs[address] if not self._is_live(need)}
            missing -= self.graph.elsewhere.keys()
            for one in change.fields if not missing else ():
                if one.waits_for == {address}:
                    self.applied[address].ignore(one)
            waits = missing or {need for one in change.fields for need in one.waits_for} - {address}
            if waits and not self.applied[address].error:
                what = ", ".join(one.name for one in change.fields) or "this resource"
                told = f"{what} cannot be set: waiting for {', '.join(sorted(map(str, waits)))}"
                self.applied[address].error = told

    def _each(self, pool: ThreadPoolExecutor, changes: Iterable[Change]) -> None:
        for future in [_submit(pool, self._write, change) for change in changes]:
            future.result()

    def _remaining(self, address: Address) -> Change:
        """What still differs, less what was sent and ignored."""
        applied = self.applied[address]
        change = diff_resource(self.graph, self.providers[address.kind], address, self.observed)
        withheld = [one for one in change.fields if not self._is_permitted(address, one)]
        applied.error = applied.error or change.refused
        applied.cannot = (*change.unmanageable, *(Unmanageable(one.path, NOT_PLANNED) for one in withheld))
        remembered = self.unmanageable.get(address, {})
        left = []
        for one in (one for one in change.fields if one not in withheld):
            if applied.sent.get(one.name) == one.fingerprint():
                applied.ignore(one)
            elif remembered.get(one.name) != one.difference():
                left.append(one)
        done = not left and change.action in (Action.UPDATE, Action.RENAME)
        return dataclasses.replace(change, fields=tuple(left), action=Action.NO_OP if done else change.action)

    def _is_permitted(self, address: Address, one: FieldChange) -> bool:
        """Whether writing *one* destroys nothing, or nothing but what the gate has seen."""
        return one.effect is not Effect.DESTRUCTIVE or (address, one.name, one.fingerprint()) in self.permitted

    def _write(self, change: Change) -> None:
        address = change.address
        applied = self.applied[address]
        resource = self.graph.declared.get(address) and desired(self.graph, address, self.observed)
        world = World(self.graph.declared, self.observed)
        try:
            with working(applied.work):
                after = self.target.apply(change, resource, self.observed.get(address), world)
        except Interrupted:
            applied.writes += bool(applied.work.writes)
            return
        except WriteUnconfirmed as unconfirmed:
            self._read_again(change, unconfirmed)
            return
        except PartlyApplied as partly:
            applied.error = str(partly)
            applied.writes += 1
            self._now(address, partly.after)
            return
        except FactoryError as error:
            applied.error = str(error)
            return
        applied.writes += 1
        applied.done.update([change.action] if change.action in _WHOLE else [])
        for one in change.fields:
            (applied.divided if one.waits_for else applied.sent)[one.name] = one.fingerprint()
        self._now(address, after)

    def _now(self, address: Address, after: Observation[Any] | None) -> None:
        if after is None:
            self.observed.pop(address, None)
        else:
            self.observed[address] = after
        self.written(address, Known(dict(after.attributes), dict(after.parts)) if after is not None else None)

    def _read_again(self, change: Change, unconfirmed: WriteUnconfirmed) -> None:
        """A write may have landed: see what is there before anything is written again."""
        address, leaving = change.address, change.action in _LEAVING
        applied = self.applied[address]
        applied.unconfirmed += 1
        declared = None if leaving else self.graph.declared.get(address)
        resource = declared and desired(self.graph, address, self.observed)
        if applied.unconfirmed > _MOST_UNCONFIRMED:
            applied.error = str(unconfirmed)
            return
        seen = self.observed.get(address)
        attributes = unconfirmed.attributes or (seen.attributes if seen else None)
        parts = seen.parts if seen else {}
        known = {address: Known(attributes, parts, check_mark=True)} if attributes else {}
        if unconfirmed.attributes:
            self.written(address, known[address])
        try:
            with working(applied.work):
                findings = self.target.observe([resource] if resource else [], known)
        except Interrupted:
            doubt = "" if unconfirmed.attributes else f"; its last write may have landed ({unconfirmed})"
            applied.error = f"not finished: {self.stop.reason}{doubt}"
            return
        except FactoryError as error:
            applied.error = str(error)
            return
        if address in findings.errors:
            applied.error = str(findings.errors[address])
        elif address in findings.observed:
            applied.writes += findings.observed[address] != seen
            self._now(address, findings.observed[address])
        elif leaving and address not in findings.orphans:
            applied.writes += 1
            self._now(address, None)


def _submit(pool: ThreadPoolExecutor, work: Callable[..., None], *arguments: Any) -> Future[None]:
    """Run *work* in the pool with the caller's context variables (structlog's among them)."""
    return pool.submit(contextvars.copy_context().run, work, *arguments)


def _complete(changes: Iterable[Change]) -> list[Change]:
    """The changes none of whose fields waits; the other resources may wait for just these."""
    return [change for change in changes if _is_due(change) and not any(one.waits_for for one in change.fields)]


def _ready(changes: Iterable[Change]) -> list[Change]:
    """The fields that do not wait, of changes that cannot be complete yet."""
    parts = (change.with_fields(one for one in change.fields if not one.waits_for) for change in changes)
    return [change for change in parts if change.fields]


def _is_due(change: Change) -> bool:
    return bool(change.fields) or change.action in _WHOLE
