"""Requests to the Notion sandbox, as short as tests want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from factory_iac.sandbox.process import Sandbox

VERSION = "2026-03-11"
Json = dict[str, Any]


@dataclass
class NotionApi:
    """Requests to the sandbox, as short as tests want them."""

    sandbox: Sandbox
    http: httpx.Client

    def call(self, method: str, path: str, body: Json | None = None, **options: Any) -> httpx.Response:
        return self.http.request(method, path, json=body, **options)

    def ok(self, method: str, path: str, body: Json | None = None, **options: Any) -> Json:
        answer = self.call(method, path, body, **options)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def refused(self, method: str, path: str, body: Json | None = None, status: int = 400) -> Json:
        answer = self.call(method, path, body)
        assert answer.status_code == status, answer.text
        found: Json = answer.json()
        return found

    def database(self, title: str = "Tasks", **properties: Json) -> tuple[str, str]:
        """A new database under the root page: its id and that of its data source."""
        body = {
            "parent": {"type": "page_id", "page_id": self.sandbox.root_page_id},
            "title": text(title),
            "initial_data_source": {"properties": {"Name": {"title": {}}, **properties}},
        }
        found = self.ok("POST", "/v1/databases", body)
        return found["id"], found["data_sources"][0]["id"]

    def schema(self, data_source_id: str) -> Json:
        found: Json = self.ok("GET", f"/v1/data_sources/{data_source_id}")["properties"]
        return found

    def change(self, data_source_id: str, **properties: Any) -> Json:
        """Change the schema; answers the properties."""
        body = {"properties": properties}
        found: Json = self.ok("PATCH", f"/v1/data_sources/{data_source_id}", body)["properties"]
        return found

    def row(self, data_source_id: str, name: str = "row", **properties: Any) -> Json:
        body = {
            "parent": {"type": "data_source_id", "data_source_id": data_source_id},
            "properties": {"Name": {"title": text(name)}, **properties},
        }
        return self.ok("POST", "/v1/pages", body)

    def page(self, page_id: str) -> Json:
        return self.ok("GET", f"/v1/pages/{page_id}")

    def names(self, data_source_id: str, **query: Any) -> list[str]:
        """The titles of the rows a query finds."""
        found = self.ok("POST", f"/v1/data_sources/{data_source_id}/query", query)["results"]
        return [page["properties"]["Name"]["title"][0]["plain_text"] for page in found]

    def behave(self, **switches: Any) -> None:
        self.ok("POST", "/_sandbox/behaviour", switches)

    def fail(self, fault: str, **options: Any) -> None:
        self.ok("POST", "/_sandbox/faults", {"faults": [{"fault": fault, **options}]})

    def forget_faults(self) -> None:
        self.ok("DELETE", "/_sandbox/faults")


def text(content: str) -> list[Json]:
    return [{"type": "text", "text": {"content": content}}]
