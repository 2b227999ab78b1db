#!/usr/bin/env node
// Prints every event on a line of its own and reconnects where it was cut off. Node 18 or newer, nothing else.
//
//   PRIVITTY_URL=http://127.0.0.1:7200 node listen.mjs 'channel=orders'
const url = `${process.env.PRIVITTY_URL ?? "http://127.0.0.1:7200"}/events?${process.argv.slice(2).join("&")}`;
const auth = process.env.PRIVITTY_API_KEY ? { "X-API-Key": process.env.PRIVITTY_API_KEY } : {}; // where the gateway asks for keys

// Calls onEvent for each event; onPosition for each id, once its frame is complete.
async function read(response, onEvent, onPosition) {
  let rest = "", type = "message", data = [], id = null;
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (name === "id") id = value;
      else if (name === "event") type = value;
      else if (name === "data") data.push(value);
      else if (name === "") { // an event is complete; or a comment: it stands in no event, so an id before it is a position
        if (data.length) onEvent(type, data.join("\n"));
        if (id !== null) onPosition(id);
        [type, data] = ["message", []];
      }
    }
  }
}

for (let last = null; ; await new Promise((resume) => setTimeout(resume, 1000))) {
  try {
    const response = await fetch(url, { headers: last === null ? auth : { ...auth, "Last-Event-ID": last } });
    if (!response.ok) {
      const refusal = `${response.status}: ${await response.text()}`;
      if (response.status >= 500 || [408, 429].includes(response.status)) throw new Error(refusal);
      console.error(`refused with ${refusal}`); // it would be refused again
      process.exit(1);
    }
    await read(response, (type, data) => console.log(type === "message" ? data : `${type}: ${data}`), (id) => (last = id));
  } catch (trouble) {
    console.error(`reconnecting: ${trouble.message}`);
  }
}
