// A day with the local API through @notionhq/client, unchanged; prints what it found as JSON.
import { createRequire } from "node:module";

const require = createRequire(process.env.CLIENT_FOLDER + "/");
const { Client, isNotionClientError } = require("@notionhq/client");

const notion = new Client({
  auth: process.env.NOTION_TOKEN,
  baseUrl: process.env.NOTION_BASE_URL,
  notionVersion: "2026-03-11",
});
const text = (content) => [{ text: { content } }];
const nameOf = (page) => page.properties.Name.title[0].plain_text;

const database = await notion.databases.create({
  parent: { type: "page_id", page_id: process.env.NOTION_PARENT_PAGE },
  title: text("Jobs"),
  initial_data_source: { properties: { Name: { title: {} }, Cost: { number: {} } } },
});
const source = database.data_sources[0].id;
const rows = {};
for (const [name, cost] of [["a", 1], ["b", 2], ["c", 3]]) {
  const page = await notion.pages.create({
    parent: { type: "data_source_id", data_source_id: source },
    properties: { Name: { title: text(name) }, Cost: { number: cost } },
  });
  rows[name] = page.id;
}
const queried = await notion.dataSources.query({
  data_source_id: source,
  filter: { property: "Cost", number: { greater_than: 1 } },
  sorts: [{ property: "Cost", direction: "descending" }],
});
const updated = await notion.pages.update({ page_id: rows.a, properties: { Cost: { number: 10 } } });

const sizes = [];
let cursor;
do {
  const page = await notion.dataSources.query({ data_source_id: source, page_size: 2, start_cursor: cursor });
  sizes.push(page.results.length);
  cursor = page.next_cursor ?? undefined;
} while (cursor);

const count = async () => (await notion.dataSources.query({ data_source_id: source })).results.length;
await notion.pages.update({ page_id: rows.a, in_trash: true });
const trashed = await count();
await notion.pages.update({ page_id: rows.a, in_trash: false });
const restored = await count();

let error;
try {
  await notion.dataSources.query({ data_source_id: source, filter: { property: "Nope", number: { equals: 1 } } });
} catch (caught) {
  error = isNotionClientError(caught) ? caught.code : String(caught);
}
console.log(
  JSON.stringify({ queried: queried.results.map(nameOf), updated: updated.properties.Cost.number, sizes, trashed, restored, error }),
);
