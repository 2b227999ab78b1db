// node run_eventsource.mjs URL KEY PROJECT COMMAND: starts the command and prints its output.
import { EventSource } from "eventsource";

const [url, key, project, command] = process.argv.slice(2);
const headers = { "X-API-Key": key };

const answer = await fetch(`${url}/projects/${project}/shell`, {
  method: "POST",
  headers: { ...headers, "Content-Type": "application/json" },
  body: JSON.stringify({ command }),
});
if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
const { data: { id } } = await answer.json();

const source = new EventSource(`${url}/projects/${project}/events?stream_id=${id}`, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
});
let exitCode = 125;
source.addEventListener("output", ({ data }) => {
  const { line, stream } = JSON.parse(data);
  process[stream].write(`${line}\n`);
});
source.addEventListener("complete", ({ data }) => { exitCode = JSON.parse(data).exit_code; });
// It is not closed here at "complete": it comes back by itself, is answered 204 and stays closed.
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) process.exitCode = exitCode;
});
