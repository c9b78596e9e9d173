# Copyright: the Factory authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The name of a server, which is also that of its files."""

from __future__ import annotations

import re

from ansible_collections.factory.core.plugins.module_utils.problem import FactoryError, said

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def check_server_name(name: str) -> None:
    """Raise ``FactoryError`` when *name* is none of a resource: it could lead to a file elsewhere."""
    if not _NAME.fullmatch(name):
        raise FactoryError(f"{said(name)} is no name of a server; expected lower-case letters, digits and hyphens")
