// An echo bot with @deltachat/jsonrpc-client over stdio.
const { spawn } = require("node:child_process");
const { StdioDeltaChat } = require("@deltachat/jsonrpc-client");

async function main() {
  const server = spawn("deltachat-rpc-server", { stdio: ["pipe", "pipe", "inherit"] });
  const dc = new StdioDeltaChat(server.stdin, server.stdout, true);
  const [known] = await dc.rpc.getAllAccountIds();
  const account = known ?? (await dc.rpc.addAccount());
  if (!(await dc.rpc.isConfigured(account))) {
    await dc.rpc.setConfig(account, "bot", "1");
    await dc.rpc.addOrUpdateTransport(account, { addr: "echo@edge", password: "not used" });
  }
  dc.getContextEvents(account).on("IncomingMsg", async ({ chatId, msgId }) => {
    const message = await dc.rpc.getMessage(account, msgId);
    if (message.isInfo) return;
    await dc.rpc.miscSendMsg(account, chatId, message.text, message.file, message.fileName, null, null);
  });
  await dc.rpc.startIo(account);
  console.log(await dc.rpc.getChatSecurejoinQrCode(account, null));
}

main();
