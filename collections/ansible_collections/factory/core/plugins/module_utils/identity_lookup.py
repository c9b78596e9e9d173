# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask an environment's identity cache from outside a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.factory.core.plugins.module_utils.identity import IdentityCache, Record, scopes_of
from ansible_collections.factory.core.plugins.module_utils.manifest import Address
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, did_you_mean


@dataclass(frozen=True, slots=True)
class Remembered:
    """One resource in the identity cache, and in which scope: target, place and stack."""

    scope: str
    address: Address
    record: Record

    @property
    def target(self) -> str:
        """The target's name."""
        return self.scope.split("|")[0]

    @property
    def place(self) -> str:
        """What tells the target from another of the same name."""
        return self.scope.partition("|")[2].rpartition("|")[0]

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.scope.rsplit("|", 1)[-1]


def remembered(file: Path) -> Iterator[Remembered]:
    """Everything in an environment's identity cache, in the order of targets, stacks and addresses."""
    for scope in sorted(scopes_of(file)):
        for address, record in sorted(IdentityCache(file, scope).items()):
            yield Remembered(scope, address, record)


def find(file: Path, address: str, stack: str = "", target: str = "", live_id: str = "") -> Remembered:
    """The one resource of that address, in *stack*, on *target* and with *live_id* where they are given.

    The stack's name may also stand before the address: ``crm:NotionDatabase/customers``.

    Raises ``FactoryError`` when there is none or more than one.
    """
    named, _, local = address.rpartition(":")
    everything = list(remembered(file))
    found = [
        one
        for one in everything
        if str(one.address) == local
        and {stack, named} <= {"", one.stack}
        and target in ("", one.target)
        and live_id in ("", one.record.attributes["id"])
    ]
    if len(found) == 1:
        return found[0]
    if found:
        told = ", ".join(sorted(f"stack {one.stack} on {one.target} ({one.record.attributes['id']})" for one in found))
        raise FactoryError(f"{address} is known {len(found)} times in {file}: {told}; say which stack, target or id")
    hint = did_you_mean(local, {str(one.address) for one in everything})
    where = f" of the stack {stack}" if stack else ""
    raise FactoryError(f"{address}{where} is not known in {file}{hint or '; apply its stack first'}")
