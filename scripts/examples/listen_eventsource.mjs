#!/usr/bin/env node
// The same with the eventsource package, a browser's EventSource for Node: npm install eventsource. It comes back by itself,
// with the id it saw last.
//
//   PRIVITTY_URL=http://127.0.0.1:7200 node listen_eventsource.mjs 'channel=orders'
import { createRequire } from "node:module";

const loaded = createRequire(import.meta.url)("eventsource");
const EventSource = loaded.EventSource ?? loaded; // since version 3 by name

const query = process.argv.slice(2);
// An EventSource sends no headers of one's own; a page asks for a ticket instead (docs/operations.md).
if (process.env.PRIVITTY_API_KEY) query.push(`api_key=${process.env.PRIVITTY_API_KEY}`);
const source = new EventSource(`${process.env.PRIVITTY_URL ?? "http://127.0.0.1:7200"}/events?${query.join("&")}`);
source.onmessage = (event) => console.log(event.data);
source.addEventListener("lag", (event) => console.error(`events were missed: ${event.data}`));
source.onerror = (event) => {
  console.error(`${event.message ?? "the stream ended"}`);
  if (source.readyState === EventSource.CLOSED) process.exit(1); // refused: the query or the key is wrong
};
