"""A day with the local API through notion-client, unchanged; prints what it found as JSON."""

from __future__ import annotations

import json
import os
from typing import Any

from notion_client import APIResponseError, Client

notion: Any = Client(
    auth=os.environ["NOTION_TOKEN"], base_url=os.environ["NOTION_BASE_URL"], notion_version="2026-03-11"
)
database = notion.databases.create(
    parent={"type": "page_id", "page_id": os.environ["NOTION_PARENT_PAGE"]},
    title=[{"text": {"content": "Jobs"}}],
    initial_data_source={"properties": {"Name": {"title": {}}, "Cost": {"number": {}}}},
)
source = database["data_sources"][0]["id"]
rows = {
    name: notion.pages.create(
        parent={"type": "data_source_id", "data_source_id": source},
        properties={"Name": {"title": [{"text": {"content": name}}]}, "Cost": {"number": cost}},
    )["id"]
    for name, cost in (("a", 1), ("b", 2), ("c", 3))
}
queried = notion.data_sources.query(
    source,
    filter={"property": "Cost", "number": {"greater_than": 1}},
    sorts=[{"property": "Cost", "direction": "descending"}],
)["results"]
updated = notion.pages.update(rows["a"], properties={"Cost": {"number": 10}})

sizes, cursor = [], None
while True:
    page = notion.data_sources.query(source, page_size=2, start_cursor=cursor)
    sizes.append(len(page["results"]))
    cursor = page["next_cursor"]
    if cursor is None:
        break

notion.pages.update(rows["a"], in_trash=True)
trashed = len(notion.data_sources.query(source)["results"])
notion.pages.update(rows["a"], in_trash=False)
restored = len(notion.data_sources.query(source)["results"])
try:
    notion.data_sources.query(source, filter={"property": "Nope", "number": {"equals": 1}})
    error = "none"
except APIResponseError as caught:
    error = str(getattr(caught.code, "value", caught.code))
print(
    json.dumps(
        {
            "queried": [row["properties"]["Name"]["title"][0]["plain_text"] for row in queried],
            "updated": updated["properties"]["Cost"]["number"],
            "sizes": sizes,
            "trashed": trashed,
            "restored": restored,
            "error": error,
        }
    )
)
