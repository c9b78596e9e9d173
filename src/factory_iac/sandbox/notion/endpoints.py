"""Which function answers which endpoint, and what Notion has that the sandbox has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from factory_iac.sandbox.notion import (
    async_tasks,
    blocks,
    comments,
    data_sources,
    databases,
    errors,
    file_uploads,
    page_markdown,
    pages,
    people,
    query,
    search,
    view_queries,
    views,
    workspace_lists,
)
from factory_iac.sandbox.notion.call import Answer, Call, Json

Handler = Callable[[Call], Json | str | Answer]

_GET, _POST, _PATCH, _DELETE = "GET", "POST", "PATCH", "DELETE"

HANDLERS: dict[tuple[str, str], Handler] = {
    (_POST, "/v1/databases"): databases.create,
    (_GET, "/v1/databases/{id}"): databases.retrieve,
    (_PATCH, "/v1/databases/{id}"): databases.update,
    (_POST, "/v1/data_sources"): data_sources.create,
    (_GET, "/v1/data_sources/{id}"): data_sources.retrieve,
    (_PATCH, "/v1/data_sources/{id}"): data_sources.update,
    (_POST, "/v1/data_sources/{id}/query"): query.query,
    (_GET, "/v1/data_sources/{id}/templates"): workspace_lists.templates,
    (_POST, "/v1/views"): views.create,
    (_GET, "/v1/views"): views.list_views,
    (_GET, "/v1/views/{id}"): views.retrieve,
    (_PATCH, "/v1/views/{id}"): views.update,
    (_DELETE, "/v1/views/{id}"): views.delete,
    (_POST, "/v1/views/{id}/queries"): view_queries.create,
    (_GET, "/v1/views/{id}/queries/{id}"): view_queries.results,
    (_DELETE, "/v1/views/{id}/queries/{id}"): view_queries.delete,
    (_POST, "/v1/pages"): pages.create,
    (_GET, "/v1/pages/{id}"): pages.retrieve,
    (_PATCH, "/v1/pages/{id}"): pages.update,
    (_POST, "/v1/pages/{id}/move"): pages.move,
    (_GET, "/v1/pages/{id}/properties/{id}"): pages.retrieve_property,
    (_GET, "/v1/pages/{id}/markdown"): page_markdown.retrieve,
    (_PATCH, "/v1/pages/{id}/markdown"): page_markdown.update,
    (_GET, "/v1/async_tasks/{id}"): async_tasks.retrieve,
    (_GET, "/v1/blocks/{id}"): blocks.retrieve,
    (_PATCH, "/v1/blocks/{id}"): blocks.update,
    (_DELETE, "/v1/blocks/{id}"): blocks.delete,
    (_GET, "/v1/blocks/{id}/children"): blocks.list_children,
    (_PATCH, "/v1/blocks/{id}/children"): blocks.append_children,
    (_GET, "/v1/comments"): comments.list_comments,
    (_POST, "/v1/comments"): comments.create,
    (_GET, "/v1/comments/{id}"): comments.retrieve,
    (_PATCH, "/v1/comments/{id}"): comments.update,
    (_DELETE, "/v1/comments/{id}"): comments.delete,
    (_POST, "/v1/file_uploads"): file_uploads.create,
    (_GET, "/v1/file_uploads"): file_uploads.list_uploads,
    (_GET, "/v1/file_uploads/{id}"): file_uploads.retrieve,
    (_POST, "/v1/file_uploads/{id}/send"): file_uploads.send,
    (_POST, "/v1/file_uploads/{id}/complete"): file_uploads.complete,
    (_GET, "/v1/custom_emojis"): workspace_lists.custom_emojis,
    (_POST, "/v1/search"): search.search,
    (_GET, "/v1/users"): people.list_users,
    (_GET, "/v1/users/me"): people.me,
    (_GET, "/v1/users/{id}"): people.retrieve,
}

# Parts of the real API that are absent here: answered with 501, so that nobody takes them for a typing error.
_ABSENT_ROOTS = frozenset({"oauth", "agents", "sessions"})
_ABSENT = frozenset({"/v1/blocks/meeting_notes", "/v1/blocks/meeting_notes/query"})
_READING_POSTS = frozenset({"/v1/data_sources/{id}/query", "/v1/search"})
_PLAIN = frozenset(template for _, template in HANDLERS if "{" not in template)


@dataclass(frozen=True)
class Endpoint:
    """A path taken apart: its template and what stood for the braces."""

    template: str
    values: tuple[str, ...]

    def reads(self, method: str) -> bool:
        """Whether a request changes nothing."""
        return method == _GET or self.template in _READING_POSTS


def find(path: str) -> Endpoint:
    """The endpoint of a path: every second part stands for an id, unless the whole path is known."""
    parts = path.strip("/").split("/")
    plain = "/" + "/".join(parts)
    if plain in _PLAIN or plain in _ABSENT:
        return Endpoint(plain, ())
    shown = ["{id}" if at % 2 == 0 and at > 0 else part for at, part in enumerate(parts)]
    return Endpoint("/" + "/".join(shown), tuple(part for at, part in enumerate(parts) if at % 2 == 0 and at > 0))


def handler(method: str, endpoint: Endpoint) -> Handler:
    """The function that answers, or the reason why there is none."""
    found = HANDLERS.get((method, endpoint.template))
    if found is not None:
        return found
    root = endpoint.template.split("/")[2] if endpoint.template.count("/") > 1 else ""
    if root in _ABSENT_ROOTS or endpoint.template in _ABSENT:
        raise errors.absent(f"{method} {endpoint.template}")
    raise errors.ApiError(400, "invalid_request_url", "Invalid request URL.")
