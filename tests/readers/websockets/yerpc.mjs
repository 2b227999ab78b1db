// node yerpc.mjs WS-URL: Delta Chat's own client over its WebSocket, unchanged.
import { BaseDeltaChat, yerpc } from "@deltachat/jsonrpc-client";

const { WebsocketTransport } = yerpc;
const transport = new WebsocketTransport(process.argv[2]);
const client = new BaseDeltaChat(transport, true); // with its loop over get_next_event_batch
const { rpc } = client;
const [account] = await rpc.getAllAccountIds();
const chat = await rpc.createChatByContactId(account, 1);
const changed = new Promise((done) => client.on("MsgsChanged", (context, event) => { if (event.msgId) done([context, event.chatId]); }));
const message = await rpc.sendMsg(account, chat, {
  text: "over a WebSocket", html: null, viewtype: null, file: null, filename: null, location: null,
  overrideSenderName: null, quotedMessageId: null, quotedText: null,
});
const loaded = await rpc.getMessage(account, message);
const refused = await rpc.getMessage(account, 4_000_000).then(() => "no error", (error) => error.message);
console.log(JSON.stringify({ account, chat, text: loaded.text, changed: await changed, refused }));
transport.close();
process.exit(0);
