# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way of a run, from a folder of YAML to a report; one direction, one target, no way back."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.apply import Applied, Apply
from ansible_collections.factory.core.plugins.module_utils.change import Action, Change, Effect, fingerprint
from ansible_collections.factory.core.plugins.module_utils.diff import (
    declared_fingerprints,
    diff_resource,
    with_drift,
    without_unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.gate import Decision
from ansible_collections.factory.core.plugins.module_utils.graph import Graph, check_unique_ids, resolve
from ansible_collections.factory.core.plugins.module_utils.identity import (
    IdentityCache,
    Record,
    write_atomically,
)
from ansible_collections.factory.core.plugins.module_utils.journal import open_journal
from ansible_collections.factory.core.plugins.module_utils.limits import Interrupted, Stop
from ansible_collections.factory.core.plugins.module_utils.lock import locked
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.plan import (
    Plan,
    make_plan,
    plan_to_json,
    redacted_plan,
)
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Findings,
    Known,
    Observation,
    Progress,
    Provider,
    Target,
)
from ansible_collections.factory.core.plugins.module_utils.redaction import Redact, redactor
from ansible_collections.factory.core.plugins.module_utils.report import (
    Outcome,
    Report,
    redacted_outcome,
    report_to_json,
)

_JOURNAL_PROGRESS_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a run takes place: which stack, in which environment, on which target.

    ``place`` tells one target from another of the same name, such as the parent page of a
    workspace; ``state`` is the environment's folder under ``.factory/``.
    """

    stack: str
    environment: str
    target: str
    place: str
    state: Path

    @property
    def identity_key(self) -> str:
        """The key of this scope in the environment's identity cache."""
        return f"{self.target}|{self.place}|{self.stack}"


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for beyond the declaration."""

    check: bool = True
    allow_destructive: bool = False
    prune: bool = False
    adopt: bool = False
    plan_file: Path | None = None
    in_flight: int = 8
    run_id: str = ""
    resource_deadline: float = math.inf
    """Seconds that the requests of one resource may take together."""


def run(
    declared: Declared,
    providers: Mapping[str, Provider[Any]],
    kinds: frozenset[str],
    connect: Callable[[Progress], Target[Any]],
    scope: Scope,
    options: Options,
    secrets: Iterable[str] = (),
    progress: Progress = lambda stage, done, total: None,
    waiting: Callable[[str], object] = lambda message: None,
    planned: Callable[[Plan], object] = lambda plan: None,
    stop: Stop | None = None,
) -> Report:
    """Plan the *kinds* of a stack on one target and, unless ``options.check``, apply the plan.

    *stop* ends it before it is through. Then an apply has a report of what is done and what is not.
    Raises ``FactoryError`` for what stops the whole run; what concerns one resource is in the report.
    """
    stop = stop or Stop()
    cache = IdentityCache(scope.state / "identity.json", scope.identity_key)
    graph = resolve(_adopting(declared) if options.adopt else declared, providers, os.environ)
    graph = dataclasses.replace(_only(graph, kinds), elsewhere=_elsewhere(cache, scope, kinds))
    redact = redactor([*secrets, *graph.secrets])
    folder = scope.state / scope.target / (options.run_id or new_run_id())
    lock = contextlib.nullcontext() if options.check else _one_apply_at_a_time(scope, waiting, stop)
    with (
        open_journal(folder / "journal.jsonl", redact, target=scope.target, stack=scope.stack) as journal,
        _errors_told(journal, redact),
        lock,
    ):
        cache.reload()
        progress = _journaled(journal, progress)
        work = _Work(
            graph,
            kinds,
            providers,
            connect(progress),
            cache,
            scope,
            options,
            journal,
            progress,
            not dict(cache.items()),
            stop,
        )
        plan = work.plan()
        shown = redacted_plan(plan, redact)
        write_atomically(folder / "plan.json", _as_text(plan_to_json(shown)))
        journal.info("planned", digest=plan.digest, gate=plan.gate.decision.value, pending=len(plan.pending))
        planned(shown)
        outcomes = [Outcome(change, change.id) for change in plan.changes]
        if not options.check:
            _refuse(plan, options)
            outcomes = work.apply(plan)
        outcomes += [Outcome(Change(address, Action.NO_OP), error=told) for address, told in plan.errors.items()]
        told = tuple(redacted_outcome(outcome, redact) for outcome in outcomes)
        interrupted = stop.reason if any(outcome.error for outcome in outcomes) else ""
        report = Report(shown, told, not options.check, folder, interrupted)
        write_atomically(folder / "report.json", _as_text(report_to_json(report)))
        if interrupted:
            journal.warning("interrupted", reason=interrupted)
        journal.info("finished", failed=report.failed, writes=sum(one.writes or 0 for one in outcomes))
    return report


@contextlib.contextmanager
def _errors_told(journal: Any, redact: Redact) -> Iterator[None]:
    """What stops a run is in its journal, and shows no secret."""
    try:
        yield
    except Interrupted as interrupted:
        journal.warning("interrupted", reason=str(interrupted))
        raise FactoryError(f"{interrupted}; nothing was changed") from interrupted
    except FactoryError as error:
        journal.error("stopped", error=str(error))
        raise FactoryError(redact(str(error))) from error


def _journaled(journal: Any, progress: Progress) -> Progress:
    """*progress*, with a line in the journal at most ten times a second for whoever watches from outside."""
    last: dict[str, float] = {}

    def both(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - last.get(stage, 0.0) > _JOURNAL_PROGRESS_SECONDS:
            last[stage] = now
            journal.info("progress", stage=stage, done=done, total=total)
        progress(stage, done, total)

    return both


def new_run_id() -> str:
    """A name for a run that sorts by time and is unique between processes."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


@dataclass(slots=True)
class _Work:
    """The stages of one run that share what was observed."""

    graph: Graph
    kinds: frozenset[str]
    providers: Mapping[str, Provider[Any]]
    target: Target[Any]
    cache: IdentityCache
    scope: Scope
    options: Options
    journal: Any
    progress: Progress
    cold: bool
    """Whether nothing is remembered: what is missing among what is there has vanished then."""
    stop: Stop
    findings: Findings[Any] = dataclasses.field(default_factory=Findings)

    def plan(self) -> Plan:
        """Observe and diff."""
        resources = [self.graph.declared.resources[address] for address in self.graph.order]
        known = {
            address: Known(record.attributes, record.parts)
            for address, record in self.cache.items()
            if address in self.graph.needs or self._is_orphan(address)
        }
        self.findings = self.target.observe(resources, known)
        check_unique_ids(self.findings.observed)
        self.journal.info("observed", found=len(self.findings.observed), errors=len(self.findings.errors))
        for warning in self.findings.warnings:
            self.journal.warning("observed", warning=warning)
        self._remember_found()
        changes = [self._change(address) for address in self.graph.order if address not in self.findings.errors]
        changes.extend(self._prunings())
        warnings = [*self.findings.warnings, *self._orphan_warnings()]
        return make_plan(
            self.scope.stack,
            self.scope.environment,
            self.scope.target,
            self.scope.place,
            changes,
            self.graph.declared.resources,
            {address: str(error) for address, error in self.findings.errors.items()},
            warnings,
            self.options.allow_destructive,
        )

    def _prunings(self) -> Iterator[Change]:
        if self.options.prune:
            for address, orphan in self._orphans().items():
                yield Change(address, Action.DELETE, reason="no longer declared", id=orphan.id)

    def _orphan_warnings(self) -> Iterator[str]:
        """What is ours, still there and not declared any more stays, but not in silence."""
        if not self.options.prune:
            for address in sorted(self._orphans()):
                yield f"{address} is no longer declared; it stays, unless the run says prune"

    def _orphans(self) -> dict[Address, Observation[Any]]:
        return {address: orphan for address, orphan in self.findings.orphans.items() if self._is_orphan(address)}

    def _is_orphan(self, address: Address) -> bool:
        """Whether *address* is of a kind of this run, and nothing declares it any more."""
        return address.kind in self.kinds and address not in self.graph.declared.resources

    def apply(self, plan: Plan) -> list[Outcome]:
        """Apply, verify and remember; one outcome per planned resource."""
        observed = {**self.findings.observed, **self._orphans()}
        remembered = {address: record.unmanageable for address, record in self.cache.items()}
        work = Apply(
            self.graph,
            self.providers,
            self.target,
            observed,
            remembered,
            self.options.in_flight,
            self._written(len(plan.pending)),
            frozenset(
                (change.address, one.name, one.fingerprint())
                for change in plan.pending
                for one in change.fields
                if one.effect is Effect.DESTRUCTIVE
            ),
            self.stop,
            self.options.resource_deadline,
        )
        applied = work.run(plan.pending)
        self._remember_applied(plan, observed, applied)
        return [self._outcome(change, applied.get(change.address), observed) for change in plan.changes]

    def _change(self, address: Address) -> Change:
        provider = self.providers[address.kind]
        observed = self.findings.observed
        record = self.cache.get(address)
        change = diff_resource(self.graph, provider, address, observed)
        if change.action is Action.CREATE:
            return dataclasses.replace(change, vanished=record is not None or (self.cold and bool(observed)))
        if record is not None:
            change = without_unmanageable(change, record)
        if change.action is Action.NO_OP:
            return change
        known = record if record is not None and (record.declared or record.incomplete) else None
        return with_drift(change, known, declared_fingerprints(self.graph, provider, address, observed))

    def _written(self, pending: int) -> Callable[[Address, Known | None], None]:
        seen: set[Address] = set()

        def written(address: Address, after: Known | None) -> None:
            self.journal.info("written", address=str(address), id=after.attributes["id"] if after else None)
            if after is None:
                self.cache.forget(address)
            else:
                self.cache.begin(address, after)
            seen.add(address)
            self.progress("apply", len(seen), pending)

        return written

    def _remember_found(self) -> None:
        found = {address: one for address, one in self.findings.observed.items() if not one.adopted}
        self.cache.recognise({address: Known(dict(one.attributes), dict(one.parts)) for address, one in found.items()})

    def _remember_applied(
        self, plan: Plan, observed: Mapping[Address, Observation[Any]], applied: Mapping[Address, Applied]
    ) -> None:
        """What is declared now is what was applied, except where something went wrong."""
        records = {}
        for change in plan.changes:
            address = change.address
            done = applied.get(address, Applied())
            if done.error or address not in observed or address not in self.graph.needs:
                continue
            before = self.cache.get(address) or Record({})
            still = {one.name for one in change.unmanageable}
            ignored = {name: one for name, one in before.unmanageable.items() if name in still}
            declared = declared_fingerprints(self.graph, self.providers[address.kind], address, observed)
            seen = observed[address]
            records[address] = Record(dict(seen.attributes), dict(seen.parts), declared, {**ignored, **done.ignored})
        self.cache.remember(records)
        if self.options.prune:
            for address in [one for one, _ in self.cache.items() if self._is_orphan(one)]:
                if address not in applied or not applied[address].error:
                    self.cache.forget(address)

    def _outcome(
        self, change: Change, applied: Applied | None, observed: Mapping[Address, Observation[Any]]
    ) -> Outcome:
        found = observed.get(change.address)
        if applied is None:
            return Outcome(change, found.id if found else change.id, writes=0)
        if applied.error:
            self.journal.error("failed", address=str(change.address), error=applied.error)
        told = {one.name: one for one in (*change.unmanageable, *applied.cannot, *applied.unmanageable.values())}
        return Outcome(
            dataclasses.replace(change, unmanageable=tuple(told.values())),
            found.id if found else change.id,
            applied.error,
            applied.writes,
        )


def _refuse(plan: Plan, options: Options) -> None:
    """Raise ``FactoryError`` when *plan* must not be applied."""
    if plan.errors:
        told = "\n".join(f"{address}: {message}" for address, message in plan.errors.items())
        raise FactoryError(f"nothing was changed, because the plan has errors:\n{told}")
    if options.plan_file is not None and (expected := _planned_digest(options.plan_file)) != plan.digest:
        raise FactoryError(
            f"the plan in {options.plan_file} is stale (digest {expected[:12]}, now {plan.digest[:12]}): "
            "the manifests or the target changed since it was made; nothing was changed, plan again"
        )
    if plan.gate.decision is Decision.NEEDS_APPROVAL:
        told = "\n".join(f"  {reason}" for reason in plan.gate.reasons)
        raise FactoryError(
            f"this apply would destroy:\n{told}\n"
            "nothing was changed; to go ahead, apply again with --allow-destructive "
            "(-e allow_destructive=true)"
        )


def _planned_digest(file: Path) -> str:
    try:
        digest = json.loads(file.read_text(encoding="utf-8"))["digest"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FactoryError(f"{file} is not a plan file ({error}); make one with a plan run") from error
    return str(digest)


def _adopting(declared: Declared) -> Declared:
    resources = {
        address: dataclasses.replace(resource, metadata={"adopt": True, **resource.metadata})
        for address, resource in declared.resources.items()
    }
    return dataclasses.replace(declared, resources=resources)


def _elsewhere(cache: IdentityCache, scope: Scope, kinds: frozenset[str]) -> dict[Address, Mapping[str, str]]:
    """What texts may refer to and this run does not look at itself."""
    remembered = cache.elsewhere(scope.stack)
    return {address: attributes for address, attributes in remembered.items() if address.kind not in kinds}


def _only(graph: Graph, kinds: frozenset[str]) -> Graph:
    """*graph* restricted to the kinds that live on this target."""
    order = tuple(address for address in graph.order if address.kind in kinds)
    needs = {address: frozenset(one for one in graph.needs[address] if one.kind in kinds) for address in order}
    return dataclasses.replace(graph, order=order, needs=needs)


def _one_apply_at_a_time(scope: Scope, waiting: Callable[[str], object], stop: Stop) -> AbstractContextManager[None]:
    """The lock of a place. Two names for one place share it; it is one machine's, since it lies in the state folder."""
    told = f"another apply is running on {scope.target} in {scope.environment}; waiting for it to finish"
    file = scope.state / f"apply-{fingerprint(scope.place)}.lock"
    return locked(file, lambda: waiting(told), stop.wait)


def _as_text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"
