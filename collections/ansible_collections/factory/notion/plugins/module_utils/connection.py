# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How tasks reach a workspace: the options that the action and the modules share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import env_fallback

from ansible_collections.factory.core.plugins.module_utils.limits import Stop
from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.core.plugins.module_utils.request_budget import RequestBudget
from ansible_collections.factory.notion.plugins.module_utils.api import DEFAULT_BASE_URL, NotionApi

_PAGE_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")

CONNECTION_ARGUMENTS: dict[str, Any] = {
    "token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["NOTION_TOKEN"])},
    "base_url": {"type": "str", "default": DEFAULT_BASE_URL, "fallback": (env_fallback, ["NOTION_BASE_URL"])},
    "parent_page": {"type": "str", "fallback": (env_fallback, ["NOTION_PARENT_PAGE"])},
    "environment": {"type": "str", "default": "sandbox"},
    "requests_per_minute": {"type": "int", "default": 180},
    "in_flight": {"type": "int", "default": 8},
    "deadline": {"type": "int", "default": 120},
    "resource_deadline": {"type": "int", "default": 0},
    "run_deadline": {"type": "int", "default": 0},
}


@dataclass(frozen=True, slots=True)
class Connection:
    """The shared options, checked."""

    token: str
    base_url: str
    environment: str
    requests_per_minute: int
    in_flight: int
    deadline: int
    resource_deadline: float = math.inf
    run_deadline: int = 0

    def open(self, waiting: Callable[[float], object] = lambda seconds: None, stop: Stop | None = None) -> NotionApi:
        """An API that keeps to the budget; *waiting* hears how long it waits for the next window."""
        stop = stop or Stop(self.run_deadline)
        budget = RequestBudget(self.requests_per_minute, sleep=stop.wait, waiting=waiting)
        return NotionApi(self.token, self.base_url, budget, self.deadline, self.environment, self.in_flight, stop)


def connection_from(arguments: Mapping[str, Any]) -> Connection:
    """The connection that a task's *arguments* describe.

    Raises ``FactoryError`` when there is no token.
    """
    environment = arguments["environment"]
    if not (arguments["token"] or "").strip():
        raise FactoryError(
            f"there is no Notion token for the environment {environment}; set NOTION_TOKEN, "
            "or notion_token from Ansible Vault in its inventory"
        )
    for name in ("requests_per_minute", "in_flight", "deadline"):
        if arguments[name] < 1:
            raise FactoryError(f"{name} of the environment {environment} must be at least 1, not {arguments[name]}")
    for name in ("resource_deadline", "run_deadline"):
        if arguments[name] < 0:
            raise FactoryError(f"{name} of the environment {environment} is {arguments[name]}; 0 means none")
    return Connection(
        arguments["token"],
        arguments["base_url"].rstrip("/"),
        environment,
        arguments["requests_per_minute"],
        arguments["in_flight"],
        arguments["deadline"],
        arguments["resource_deadline"] or math.inf,
        arguments["run_deadline"],
    )


def parent_page_from(arguments: Mapping[str, Any]) -> str:
    """The id of the page that databases belong under, given as an id or as a link.

    Raises ``FactoryError`` when none is given.
    """
    page = arguments["parent_page"]
    if not page:
        raise FactoryError(
            f"there is no parent page for the environment {arguments['environment']}; set NOTION_PARENT_PAGE to the id "
            "of a page that is shared with the integration, or notion_parent_page in its inventory"
        )
    found = _id_in(page)
    if found is None:
        raise FactoryError(
            f"the parent page of the environment {arguments['environment']} is '{page}', which is neither the id "
            "of a page (32 hexadecimal digits) nor a link to one; set NOTION_PARENT_PAGE"
        )
    return found


def object_id(text: str, kind: str) -> str:
    """The id of a page or a database (*kind*), given as an id or as a link.

    Raises ``FactoryError`` when *text* is neither.
    """
    found = _id_in(text)
    if found is None:
        raise FactoryError(f"'{text}' is neither the id of a {kind} (32 hexadecimal digits) nor a link to one")
    return found


def _id_in(text: str) -> str | None:
    found = _PAGE_ID.search(str(text).split("?")[0].rstrip("/"))
    return found[0] if found is not None else None
