# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run over the files of all clients of a host: read, decide, write, and say what became of every entry."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.factory.core.plugins.module_utils.lock import locked
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.mcp.plugins.module_utils import jsonc_editing, toml_editing
from ansible_collections.factory.mcp.plugins.module_utils.client_dialect import ClientDialect, Format, Home, Scope
from ansible_collections.factory.mcp.plugins.module_utils.client_diff import (
    Decision,
    EntryAction,
    EntryState,
    decide_absent,
    decide_present,
)
from ansible_collections.factory.mcp.plugins.module_utils.config_file import (
    ChangedMeanwhile,
    ConfigFile,
    folder_lock,
    make_folder,
    read_file,
    refused,
    replace_file,
)
from ansible_collections.factory.mcp.plugins.module_utils.emptied import Emptied
from ansible_collections.factory.mcp.plugins.module_utils.jsonc_reading import Unreadable
from ansible_collections.factory.mcp.plugins.module_utils.ownership_record import (
    FileRecord,
    read_records,
    write_records,
)
from ansible_collections.factory.mcp.plugins.module_utils.secret_wrapper import (
    Wrapper,
    differs,
    planned_wrapper,
    remove_wrapper,
    write_wrapper,
)
from ansible_collections.factory.mcp.plugins.module_utils.server_entry import ServerEntry, StdioServer

_TRIES = 5
_EDITING = {Format.JSONC: jsonc_editing, Format.TOML: toml_editing}


@dataclass(frozen=True, slots=True)
class ClientTarget:
    """A client's file: of the user, or of the project at an absolute path."""

    dialect: ClientDialect
    scope: Scope
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a task asks for. ``environment`` holds the variables of the run, from which wrappers take values.

    ``owner`` is for whom entries are written: the folder of a server, or ``""`` for a task of factory.mcp.client.
    Entries of other owners are as good as those that somebody else wrote. With ``forget``, entries that are not to be
    present stay, and are nobody's any more.
    """

    entries: tuple[ServerEntry, ...]
    targets: tuple[ClientTarget, ...]
    home: Home
    environment: Mapping[str, str] = field(repr=False)
    present: bool = True
    adopt: bool = False
    prune: bool = False
    force: bool = False
    check: bool = False
    forget: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """What became of one entry in one file. ``before`` and ``after`` are in the client's dialect, None for nothing."""

    target: ClientTarget
    file: str
    name: str
    decision: Decision
    before: Any = None
    after: Any = None
    unmanageable: Mapping[str, str] = field(default_factory=dict)
    wrapper_changed: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything was written for it, or would be."""
        return not self.decision.error and (self.decision.action is not EntryAction.NO_OP or self.wrapper_changed)


@dataclass(slots=True)
class _Draft:
    """One file while its entries are settled, before anything of it is written."""

    text: str
    record: FileRecord
    outcomes: list[EntryOutcome] = field(default_factory=list)
    wrappers: list[Wrapper] = field(default_factory=list)
    unused_wrappers: list[str] = field(default_factory=list)
    is_gone: bool = False


def state_folder(home: Home) -> str:
    """Where Factory keeps what it knows of a user's clients."""
    return f"{home.variables.get('XDG_STATE_HOME') or f'{home.folder}/.local/state'}/factory"


def run_on_clients(request: Request) -> list[EntryOutcome]:
    """Bring the entries of every file to what is asked for; files with mistakes are left out and told as errors.

    Raises ``FactoryError`` when nothing can be done at all.
    """
    files = [target.dialect.file(target.scope, request.home, target.project) for target in request.targets]
    real = [os.path.realpath(file) for file in files]
    if twice := [file for index, file in enumerate(files) if real[index] in real[:index]]:
        raise FactoryError(f"two clients of this task have the same file, {twice[0]}; take one of them out")
    folder = state_folder(request.home)
    record_file = f"{folder}/mcp-clients.json"
    outcomes: list[EntryOutcome] = []
    with _alone(folder, request.check):
        records = read_records(record_file)
        for target, file in zip(request.targets, files, strict=True):
            outcomes += _settled(request, target, file, record_file, records)
    return outcomes


@contextlib.contextmanager
def _alone(folder: str, check: bool) -> Iterator[None]:
    """Without another run of ours for this user; a run that writes nothing needs no lock."""
    if check:
        yield
        return
    try:
        make_folder(folder, private=True)
    except OSError as error:
        raise FactoryError(f"{folder} cannot be made: {error.strerror}; Factory keeps there what it wrote") from None
    with locked(Path(folder) / "mcp-clients.lock"):
        yield


def _settled(
    request: Request, target: ClientTarget, file: str, record_file: str, records: dict[str, FileRecord]
) -> list[EntryOutcome]:
    """The outcomes for one file, written unless the run only checks."""
    try:
        for left in reversed(range(_TRIES)):
            is_shared = target.dialect.locks_with_folder and target.scope is Scope.USER and not request.check
            with folder_lock(file) if is_shared else contextlib.nullcontext():
                try:
                    return _settled_once(request, target, file, record_file, records)
                except ChangedMeanwhile:
                    if not left:
                        raise
    except FactoryError as error:
        names = [entry.name for entry in request.entries if _offered(entry, target)]
        failed = Decision(EntryAction.NO_OP, EntryState.ABSENT, error=str(error))
        return [EntryOutcome(target, file, name, failed) for name in names]
    raise AssertionError("a try returns or raises")


def _settled_once(
    request: Request, target: ClientTarget, file: str, record_file: str, records: dict[str, FileRecord]
) -> list[EntryOutcome]:
    config = read_file(file)
    old = records.get(config.path, FileRecord())
    draft = _Draft(config.text or "", old)
    try:
        observed = _EDITING[target.dialect.format].entries(draft.text, target.dialect.key)
    except Unreadable as mistake:
        raise refused(file, draft.text, mistake) from None
    offered = {entry.name: entry for entry in request.entries if _offered(entry, target)}
    gone = [] if request.present else list(offered)
    if request.prune:
        gone += [name for name in old.entries if name not in offered and not old.other_owner(name, request.owner)]
    for name in gone:
        _draft_absent(request, target, config, file, name, observed.get(name), draft)
    for entry in offered.values() if request.present else ():
        _draft_present(request, target, config, file, entry, observed.get(entry.name), draft)
    if not request.check:
        _write(target, config, draft, record_file, records)
    return draft.outcomes


def _write(
    target: ClientTarget, config: ConfigFile, draft: _Draft, record_file: str, records: dict[str, FileRecord]
) -> None:
    """Write a file, before it what becomes ours and after it what no longer is: nothing is nobody's after a crash."""
    for wrapper in draft.wrappers:
        write_wrapper(wrapper)
    old = records.get(config.path, FileRecord())
    either = draft.record.with_those_of(old)
    if either != old:
        records[config.path] = either
        write_records(record_file, records)
    private = target.scope is Scope.USER
    try:
        if draft.is_gone:
            replace_file(config, None, private)
        elif draft.text != (config.text or ""):
            replace_file(config, draft.text, private)
    except FactoryError:
        if either != old:
            records[config.path] = old
            write_records(record_file, records)
        raise
    if draft.record != either:
        records[config.path] = draft.record
        write_records(record_file, records)
    for script in draft.unused_wrappers:
        remove_wrapper(script)


def _draft_present(
    request: Request,
    target: ClientTarget,
    config: ConfigFile,
    file: str,
    entry: ServerEntry,
    observed: Any,
    draft: _Draft,
) -> None:
    other = draft.record.other_owner(entry.name, request.owner)
    recorded = draft.record.entries.get(entry.name) if other is None else None
    script = _script(request.home, config.path, entry.name)
    wrapper = None
    try:
        rendered = target.dialect.rendered(entry, script)
        decision = decide_present(rendered.value, observed, recorded, request.adopt)
        if decision.error and other is not None:
            decision = replace(decision, error=_of_another(other))
        if rendered.wrapped and isinstance(entry.server, StdioServer) and not decision.error:
            planned = planned_wrapper(entry.server, script, request.environment)
            wrapper = planned if differs(planned) else None
        if decision.action is not EntryAction.NO_OP and observed != rendered.value:
            _draft_put(request, target, config, file, entry.name, rendered.value, draft)
        elif decision.action is EntryAction.ADOPT or decision.state is EntryState.WRITTEN:
            draft.record = draft.record.written(entry.name, rendered.value, None, request.owner)
    except FactoryError as error:
        decision = Decision(EntryAction.NO_OP, decide_absent(observed, recorded, False).state, error=str(error))
        draft.outcomes.append(EntryOutcome(target, file, entry.name, decision, observed, observed))
        return
    if wrapper is not None:
        draft.wrappers.append(wrapper)
        if decision.action is EntryAction.NO_OP:
            decision = replace(decision, action=EntryAction.UPDATE, reason="the wrapper that sets its secrets differs")
    elif not rendered.wrapped and not decision.error and os.path.exists(script):
        draft.unused_wrappers.append(script)
    after = observed if decision.error else rendered.value
    draft.outcomes.append(
        EntryOutcome(
            target,
            file,
            entry.name,
            decision,
            observed,
            after,
            rendered.unmanageable,
            wrapper_changed=bool(wrapper),
        )
    )


def _of_another(owner: str) -> str:
    return (
        f"an entry of this name is there that belongs to {owner}; give one of the two another name, "
        "or take it over with adopt: true, which replaces it"
    )


def _draft_put(
    request: Request,
    target: ClientTarget,
    config: ConfigFile,
    file: str,
    name: str,
    value: Mapping[str, Any],
    draft: _Draft,
) -> None:
    try:
        draft.text, was = _EDITING[target.dialect.format].put(draft.text, target.dialect.key, name, value)
    except Unreadable as mistake:
        raise refused(file, draft.text, mistake) from None
    if was is not None and was.what == "file" and (config.text is None or draft.is_gone):
        was = Emptied("file", None)
    draft.record = draft.record.written(name, value, was, request.owner)
    draft.is_gone = False


def _draft_absent(
    request: Request, target: ClientTarget, config: ConfigFile, file: str, name: str, observed: Any, draft: _Draft
) -> None:
    other = draft.record.other_owner(name, request.owner)
    if other is not None and not request.force:
        told = "" if request.owner else f"it belongs to {other}, so it was not removed; force: true removes it"
        decision = Decision(EntryAction.NO_OP, EntryState.FOREIGN, error=told)
        draft.outcomes.append(EntryOutcome(target, file, name, decision, observed, observed))
        return
    decision = decide_absent(observed, draft.record.entries.get(name), request.force)
    if request.forget:
        draft.record = draft.record.forgotten(name)
        draft.outcomes.append(EntryOutcome(target, file, name, Decision(EntryAction.NO_OP, decision.state)))
        return
    if decision.action is EntryAction.DELETE:
        try:
            left = _EDITING[target.dialect.format].take(draft.text, target.dialect.key, name, draft.record.emptied)
        except Unreadable as mistake:
            decision = Decision(EntryAction.NO_OP, decision.state, error=str(refused(file, draft.text, mistake)))
        else:
            draft.text, draft.is_gone = left or "", left is None
    if not decision.error:
        draft.record = draft.record.forgotten(name)
        draft.unused_wrappers.append(_script(request.home, config.path, name))
    after = observed if decision.error else None
    draft.outcomes.append(EntryOutcome(target, file, name, decision, observed, after))


def _offered(entry: ServerEntry, target: ClientTarget) -> bool:
    return entry.clients is None or target.dialect.name in entry.clients


def _script(home: Home, file: str, name: str) -> str:
    """The wrapper's path: one for every file and name."""
    return f"{state_folder(home)}/mcp-wrappers/{name}-{hashlib.sha256(file.encode()).hexdigest()[:8]}"
