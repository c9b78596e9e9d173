# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way of a run, from a folder of YAML to a report; one direction, one target, no way back."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.apply import Applied, Apply
from ansible_collections.factory.core.plugins.module_utils.atomic_file import write_atomically
from ansible_collections.factory.core.plugins.module_utils.change import (
    Action,
    Change,
    Effect,
    FieldPath,
    fingerprint,
)
from ansible_collections.factory.core.plugins.module_utils.diff import (
    declared_fingerprints,
    diff_resource,
    with_drift,
    without_lone_mark,
    without_unmanageable,
)
from ansible_collections.factory.core.plugins.module_utils.field_pattern import EVERYTHING
from ansible_collections.factory.core.plugins.module_utils.graph import Graph, check_unique_ids, fill_in, resolve
from ansible_collections.factory.core.plugins.module_utils.identity import (
    IdentityCache,
    Record,
)
from ansible_collections.factory.core.plugins.module_utils.identity_lookup import remembered
from ansible_collections.factory.core.plugins.module_utils.journal import open_journal
from ansible_collections.factory.core.plugins.module_utils.lifecycle import (
    Purpose,
    destructions,
    guarded,
    ignored_fields,
    not_adoptable,
    orphan_change,
    orphan_warnings,
    renamed,
    with_acknowledged,
)
from ansible_collections.factory.core.plugins.module_utils.limits import Interrupted, Stop
from ansible_collections.factory.core.plugins.module_utils.lock import locked
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, Resource
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.other_stacks import (
    Bound,
    Uses,
    bind_other_stacks,
    foreign_references,
    uses_told,
    with_stale_explained,
)
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
from ansible_collections.factory.core.plugins.module_utils.refusal import refuse
from ansible_collections.factory.core.plugins.module_utils.report import (
    Outcome,
    Report,
    redacted_outcome,
    report_to_json,
)
from ansible_collections.factory.core.plugins.module_utils.run_folder import drop_old_runs, new_run_id
from ansible_collections.factory.core.plugins.module_utils.scope import Scope

_JOURNAL_PROGRESS_SECONDS = 0.1


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
    _check_addresses(declared, options)
    bound = _bound(_adopting(declared, options), providers, cache, scope, kinds, options)
    graph = resolve(bound.declared, providers, os.environ)
    graph = dataclasses.replace(_only(graph, kinds), elsewhere=_elsewhere(cache, scope, kinds))
    redact = redactor([*secrets, *graph.secrets])
    folder = scope.state / scope.target / (options.run_id or new_run_id())
    lock = contextlib.nullcontext() if options.check else _one_apply_at_a_time(scope, waiting, stop)
    with (
        open_journal(folder / "journal.jsonl", redact, target=scope.target, stack=scope.stack) as journal,
        _errors_told(journal, redact),
        lock,
    ):
        drop_old_runs(folder.parent)
        cache.reload()
        cache.follow(declared.history.renamed())
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
            bound.uses,
        )
        plan = work.plan()
        shown = redacted_plan(plan, redact)
        write_atomically(folder / "plan.json", _as_text(plan_to_json(shown)))
        journal.info("planned", digest=plan.digest, gate=plan.gate.decision.value, pending=len(plan.pending))
        planned(shown)
        outcomes = [Outcome(change, change.id, change.refused) for change in plan.changes]
        if not options.check:
            refuse(plan, options.purpose, options.plan_file)
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
    uses: Mapping[Address, Uses] = dataclasses.field(default_factory=dict)
    """The resources of other stacks that each resource refers to."""
    findings: Findings[Any] = dataclasses.field(default_factory=Findings)

    def plan(self) -> Plan:
        """Observe and diff."""
        resources = self._resources()
        known = {
            address: Known(record.attributes, record.parts, record.deleted, self._is_mark_due(address, record))
            for address, record in self.cache.items()
            if address in self.graph.needs or (self._is_orphan(address) and not record.deleted)
        }
        try:
            self.findings = self.target.observe(resources, known)
        except FactoryError as error:
            everything = {target: known for uses in self.uses.values() for target, known in uses.items()}
            raise FactoryError(with_stale_explained(str(error), everything, self.scope.environment)) from error
        check_unique_ids(self.findings.observed)
        self.journal.info("observed", found=len(self.findings.observed), errors=len(self.findings.errors))
        for warning in self.findings.warnings:
            self.journal.warning("observed", warning=warning)
        self._remember_found()
        self._ignore_fields()
        changes, errors, warnings = self._changes()
        return make_plan(
            self.scope.stack,
            self.scope.environment,
            self.scope.target,
            self.scope.place,
            changes,
            self.graph.declared.resources,
            errors,
            warnings,
            self.options.permits_destruction(self.scope.environment),
            [self._bound(change) for change in changes],
        )

    def _bound(self, change: Change) -> Change:
        """*change* as the digest has it: what lives on other targets is open, since the same run may make it."""
        address = change.address
        if self.options.purpose is not Purpose.APPLY or address not in self.graph.referring:
            return change
        graph = dataclasses.replace(self.graph, elsewhere={})
        return diff_resource(graph, self.providers[address.kind], address, self.findings.observed)

    def _resources(self) -> list[Resource]:
        """What is declared, in order, with what the identity cache knows of others filled in."""
        remembered = {address: record.attributes for address, record in self.cache.items() if not record.deleted}
        known = {**self.graph.elsewhere, **remembered}
        declared, referring = self.graph.declared.resources, self.graph.referring
        return [fill_in(declared[one], {}, known) if one in referring else declared[one] for one in self.graph.order]

    def _is_mark_due(self, address: Address, record: Record) -> bool:
        """Whether the ownership mark may have to change, or what carries it to go."""
        resource = self.graph.declared.get(address)
        if resource is None or self.options.purpose is not Purpose.APPLY or self.cache.followed(address):
            return True
        return record.protected != bool(resource.metadata.get("protect"))

    def _changes(self) -> tuple[list[Change], dict[Address, str], list[str]]:
        """What the run is to do, as its purpose has it, with errors by address and warnings."""
        errors = {address: self._explained(address, str(error)) for address, error in self.findings.errors.items()}
        warnings = [*self.graph.declared.warnings, *self.findings.warnings]
        history, observed = self.graph.declared.history, self.findings.observed
        refused = [Change(address, Action.NO_OP, refused=told) for address, told in self.findings.refused.items()]
        changes: list[Change] = []
        if self.options.purpose is Purpose.APPLY:
            aside = errors.keys() | self.findings.refused.keys()
            changes.extend([*refused, *(self._change(address) for address in self.graph.order if address not in aside)])
            changes.extend(self._orphan_changes(self.options.prune))
            warnings.extend(orphan_warnings(self._orphans().keys() - {change.address for change in changes}, history))
        elif self.options.purpose is Purpose.ADOPT:
            asked = [one for one in self.graph.order if one in (self.options.addresses or self.graph.needs)]
            errors = {address: told for address, told in errors.items() if address in asked}
            changes.extend(change for change in refused if change.address in asked)
            aside = errors.keys() | self.findings.refused.keys()
            for change in [self._change(address) for address in asked if address not in aside]:
                if not (told := not_adoptable(change, self.options.adopt_id)):
                    changes.append(change)
                elif self.options.addresses:
                    errors[change.address] = told
                else:
                    warnings.append(f"{change.address}: {told}")
        else:
            destroyed, left = destructions(self.graph.order, observed, self.graph.declared.resources)
            changes.extend([*refused, *self._orphan_changes(prune=True), *destroyed])
            warnings.extend(left)
        return changes, errors, warnings

    def _ignore_fields(self) -> None:
        """What exists is left alone where its manifest says so; to adopt leaves all alone but the mark."""
        patterns: dict[Address, tuple[FieldPath, ...]] = {}
        for address in self.findings.observed:
            record, resource = self.cache.get(address), self.graph.declared.resources[address]
            if self.options.purpose is Purpose.ADOPT:
                patterns[address] = (EVERYTHING,)
            elif resource.metadata.get("ignore") and not (record and record.creating):
                patterns[address] = ignored_fields(resource)
        self.graph = dataclasses.replace(self.graph, ignoring=patterns)

    def _orphan_changes(self, prune: bool) -> Iterator[Change]:
        for address, orphan in self._orphans().items():
            record = self.cache.get(address)
            protected = orphan.protected or (record is not None and record.protected)
            change = orphan_change(address, orphan, self.graph.declared.history, protected, prune)
            if change is not None:
                yield change

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
            self._written(plan.pending),
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

    def _explained(self, address: Address, error: str) -> str:
        """*error*, and what it has to do with a resource of another stack."""
        return with_stale_explained(error, self.uses.get(address, {}), self.scope.environment)

    def _change(self, address: Address) -> Change:
        seen = self.findings.observed.get(address)
        return dataclasses.replace(
            self._difference(address),
            uses=uses_told(self.uses.get(address, {})),
            condition=seen.condition if seen else None,
        )

    def _difference(self, address: Address) -> Change:
        provider = self.providers[address.kind]
        observed = self.findings.observed
        record = self.cache.get(address)
        change = diff_resource(self.graph, provider, address, observed)
        buried = record is not None and record.deleted
        if change.action is Action.CREATE:
            gone = (record is not None and not buried) or (record is None and self.cold and bool(observed))
            return dataclasses.replace(change, vanished=gone)
        if change.action is Action.RESTORE:
            change = dataclasses.replace(change, vanished=not buried)
        if record is not None:
            change = without_unmanageable(change, record)
        if self.options.purpose is not Purpose.ADOPT:
            change = without_lone_mark(change, self.graph.declared.resources[address])
        if former := observed[address].former or self.cache.followed(address):
            change = renamed(change, former)
        if change.action is Action.NO_OP:
            return change
        known = record if record is not None and (record.declared or record.incomplete) else None
        change = with_drift(change, known, declared_fingerprints(self.graph, provider, address, observed))
        resource = self.graph.declared.resources[address]
        return guarded(with_acknowledged(change, resource, datetime.now(UTC).date()), resource)

    def _written(self, pending: Sequence[Change]) -> Callable[[Address, Known | None], None]:
        seen: set[Address] = set()
        actions = {change.address: change.action for change in pending}

        def written(address: Address, after: Known | None) -> None:
            self.journal.info("written", address=str(address), id=after.attributes["id"] if after else None)
            if after is not None:
                self.cache.begin(address, after, actions.get(address) is Action.CREATE)
            elif actions.get(address) is Action.DELETE:
                self.cache.bury(address)
            else:
                self.cache.forget(address)
            seen.add(address)
            self.progress("apply", len(seen), len(pending))

        return written

    def _remember_found(self) -> None:
        found = {}
        for address, one in self.findings.observed.items():
            if not one.adopted and one.former is None:
                record = self.cache.get(address)
                buried = one.in_trash and record is not None and record.deleted
                found[address] = Known(dict(one.attributes), dict(one.parts), buried)
        self.cache.recognise(found, {address for address in found if self.findings.observed[address].protected})

    def _remember_applied(
        self, plan: Plan, observed: Mapping[Address, Observation[Any]], applied: Mapping[Address, Applied]
    ) -> None:
        """What is declared now is what was applied, except where something went wrong."""
        records = {}
        for change in plan.changes:
            address = change.address
            done = applied.get(address, Applied())
            if change.refused or done.error or address not in observed or address not in self.graph.needs:
                continue
            before = self.cache.get(address) or Record({})
            if self.options.purpose is Purpose.ADOPT and change.action is Action.NO_OP and before.declared:
                continue
            still = {one.name for one in change.unmanageable}
            ignored = {name: one for name, one in before.unmanageable.items() if name in still}
            declared = declared_fingerprints(self.graph, self.providers[address.kind], address, observed)
            seen = observed[address]
            records[address] = Record(
                dict(seen.attributes),
                dict(seen.parts),
                declared,
                {**ignored, **done.ignored},
                protected=bool(self.graph.declared.resources[address].metadata.get("protect")),
            )
        self.cache.remember(records)
        pruned = self.options.prune or self.options.purpose is Purpose.DESTROY
        removed = self.graph.declared.history.removed
        for address in [one for one, record in self.cache.items() if self._is_orphan(one) and not record.deleted]:
            if (pruned or address in removed) and (address not in applied or not applied[address].error):
                self.cache.forget(address)

    def _outcome(
        self, change: Change, applied: Applied | None, observed: Mapping[Address, Observation[Any]]
    ) -> Outcome:
        found = observed.get(change.address)
        if applied is None:
            return Outcome(change, found.id if found else change.id, change.refused, writes=0)
        error = self._explained(change.address, applied.error) if applied.error else ""
        if error:
            self.journal.error("failed", address=str(change.address), error=error)
        told = {one.name: one for one in (*change.unmanageable, *applied.cannot, *applied.unmanageable.values())}
        return Outcome(
            dataclasses.replace(
                change, unmanageable=tuple(told.values()), condition=found.condition if found else change.condition
            ),
            found.id if found else change.id,
            error,
            applied.writes,
        )


def _check_addresses(declared: Declared, options: Options) -> None:
    """Raise ``FactoryError`` for something to adopt that the stack does not declare."""
    for address in options.addresses:
        if declared.lacks(address):
            raise FactoryError(f"{address} is not declared in this stack{declared.suggest(address)}")
    if options.adopt_id and len(options.addresses) != 1:
        raise FactoryError("an id says what to adopt for one address; give exactly one")


def _adopting(declared: Declared, options: Options) -> Declared:
    """*declared*, with the wish to adopt in the metadata of what the run was asked to adopt."""
    if options.purpose is Purpose.ADOPT:
        asked = set(options.addresses or declared.resources)
    else:
        asked = set(declared.resources) if options.adopt else set()
    by_id = {"adopt": options.adopt_id} if options.adopt_id else {}
    resources = {
        address: dataclasses.replace(resource, metadata={"adopt": True, **resource.metadata, **by_id})
        for address, resource in declared.resources.items()
        if address in asked
    }
    return dataclasses.replace(declared, resources={**declared.resources, **resources})


def _bound(
    declared: Declared,
    providers: Mapping[str, Provider[Any]],
    cache: IdentityCache,
    scope: Scope,
    kinds: frozenset[str],
    options: Options,
) -> Bound:
    """*declared* with the resources of other stacks filled in, where there are any."""
    references = {
        address: foreign_references(resource, providers[address.kind])
        for address, resource in declared.resources.items()
        if address.kind in kinds
    }
    foreign = {address: found for address, found in references.items() if found}
    if not foreign:
        return Bound(declared)
    leaving = options.purpose is Purpose.DESTROY
    return bind_other_stacks(declared, foreign, list(remembered(cache.file)), scope, kinds, leaving)


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
