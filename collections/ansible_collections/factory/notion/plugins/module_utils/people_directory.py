# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is who in a workspace: people by e-mail address, read once and only when somebody asks."""

from __future__ import annotations

import threading

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError
from ansible_collections.factory.notion.plugins.module_utils.api import NotionApi


class PeopleDirectory:
    """The people of one workspace, for many threads."""

    def __init__(self, api: NotionApi) -> None:
        self._api = api
        self._ids: dict[str, str] | None = None
        self._lock = threading.Lock()

    def user_id(self, email: str) -> str:
        """The id of the user with an address.

        Raises ``FactoryError`` when nobody in the workspace has it.
        """
        with self._lock:
            if self._ids is None:
                self._ids = {
                    user["person"]["email"].lower(): user["id"]
                    for user in self._api.pages("GET", "users")
                    if user.get("person", {}).get("email")
                }
        if email.lower() not in self._ids:
            raise FactoryError(f"nobody in the workspace has the e-mail address {email}; invite them or mend the row")
        return self._ids[email.lower()]
