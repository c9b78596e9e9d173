# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every batch action has in common: the options of a run, and how a run is shown and told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.factory.core.plugins.module_utils.identity_lookup import remembered
from ansible_collections.factory.core.plugins.module_utils.interruption import Interruption
from ansible_collections.factory.core.plugins.module_utils.lifecycle import Purpose
from ansible_collections.factory.core.plugins.module_utils.limits import Stop
from ansible_collections.factory.core.plugins.module_utils.manifest import Address, load_stack
from ansible_collections.factory.core.plugins.module_utils.options import Options
from ansible_collections.factory.core.plugins.module_utils.plan import Plan
from ansible_collections.factory.core.plugins.module_utils.plan_text import Line, drift_lines, outcome_lines, plan_lines
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.provider import (
    Declared,
    Progress,
    Provider,
    installed_providers,
)
from ansible_collections.factory.core.plugins.module_utils.report import Report, report_to_json
from ansible_collections.factory.core.plugins.module_utils.resource_result import task_result
from ansible_collections.factory.core.plugins.module_utils.schema import validate

ENGINE_ARGUMENTS: dict[str, Any] = {
    "stack": {"type": "path", "required": True},
    "target": {"type": "str"},
    "state_folder": {"type": "path"},
    "run_id": {"type": "str", "default": ""},
    "view": {"type": "str", "choices": ["plan", "drift"], "default": "plan"},
    "plan_file": {"type": "path"},
    "allow_destructive": {"type": "bool", "default": False},
    "prune": {"type": "bool", "default": False},
    "adopt": {"type": "bool", "default": False},
    "purpose": {"type": "str", "choices": ["apply", "adopt", "destroy"], "default": "apply"},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "adopt_id": {"type": "str", "default": ""},
    "confirm": {"type": "str", "default": ""},
}
_PROGRESS_SECONDS = 2.0
_COLORS = {"green": "green", "yellow": "yellow", "red": "red", "dim": "dark gray", "plain": None}


def engine_task(run_deadline: float, work: Callable[[Stop], Report | None]) -> dict[str, Any]:
    """What a task returns for the run that *work* makes; an interruption or *run_deadline* (seconds) ends it early.

    No run, where there is nothing to look at, has nothing to report.
    Raises ``AnsibleActionFail`` for what stops the whole run.
    """
    interruption = Interruption(Stop(max(run_deadline, 0)))
    try:
        report = work(interruption.stop)
    except FactoryError as error:
        interruption.tell_the_terminal([str(error)])
        raise AnsibleActionFail(str(error)) from None
    except OSError as error:
        told = f"the state folder cannot be written ({error}); make it writable or set state_folder"
        raise AnsibleActionFail(told) from None
    if report is None:
        return {"changed": False, "resources": []}
    if report.applied:
        lines = outcome_lines(report_to_json(report))
        interruption.tell_the_terminal([line.text for line in lines])
        _display(lines)
    return task_result(report)


def declared_in(arguments: Mapping[str, Any]) -> tuple[Declared, dict[str, Provider[Any]]]:
    """The stack that a task names, and the providers of all kinds.

    Raises ``FactoryError`` with everything that is wrong with its manifests.
    """
    providers = installed_providers()
    stack = load_stack(Path(arguments["stack"]), arguments["environment"])
    return validate(stack, providers), providers


def lives_elsewhere(declared: Declared, kinds: frozenset[str], target: str, arguments: Mapping[str, Any]) -> bool:
    """Whether all that a stack declares lives on other targets, and nothing is left here that the cache remembers.

    A run that prunes or destroys looks all the same, since without a cache only the target knows what is ours.
    """
    here = [address for address in (*declared.resources, *declared.unreadable) if address.kind in kinds]
    if here or not declared.resources or arguments["prune"] or arguments["purpose"] == Purpose.DESTROY:
        return False
    return not any(
        one.target == target and one.stack == declared.stack and one.address.kind in kinds and not one.record.deleted
        for one in remembered(state_folder_of(arguments) / "identity.json")
    )


def options_from(arguments: Mapping[str, Any], check: bool, in_flight: int, resource_deadline: float) -> Options:
    """What a task asks for. Raises ``FactoryError`` for an address that is none."""
    return Options(
        check=check,
        allow_destructive=arguments["allow_destructive"],
        prune=arguments["prune"],
        adopt=arguments["adopt"],
        plan_file=Path(arguments["plan_file"]) if arguments["plan_file"] else None,
        in_flight=in_flight,
        run_id=arguments["run_id"],
        purpose=Purpose(arguments["purpose"]),
        addresses=_addresses(arguments["addresses"]),
        adopt_id=arguments["adopt_id"],
        confirm=arguments["confirm"],
        resource_deadline=resource_deadline,
    )


def state_folder_of(arguments: Mapping[str, Any]) -> Path:
    """Where the identity cache and the runs of the environment are kept."""
    return Path(arguments["state_folder"] or Path(".factory", arguments["environment"]))


def plan_told(arguments: Mapping[str, Any]) -> Callable[[Plan], None]:
    """Shows a plan the way the task asks for."""
    lines = drift_lines if arguments["view"] == "drift" else plan_lines
    return lambda plan: _display(lines(plan))


def progress_told() -> Progress:
    """Says how far a stage has come, every two seconds."""
    last = time.monotonic()

    def told(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_SECONDS:
            last = time.monotonic()
            Display().display(f"  {stage}: {done} of {total}")

    return told


def _addresses(texts: list[str]) -> tuple[Address, ...]:
    """The addresses that *texts* write. Raises ``FactoryError`` for one that is none."""
    try:
        return tuple(Address.parse(text) for text in texts)
    except ValueError as error:
        raise FactoryError(str(error)) from error


def _display(lines: list[Line]) -> None:
    for line in lines:
        Display().display(line.text, color=_COLORS[line.style])
