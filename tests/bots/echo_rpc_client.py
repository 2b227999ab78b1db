"""An echo bot with core's own Python client, deltachat-rpc-client."""
from deltachat_rpc_client import Bot, DeltaChat, Rpc, events

hooks = events.HookCollection()


@hooks.on(events.NewMessage)
def echo(event):
    message = event.message_snapshot
    if not message.is_info:
        message.chat.send_message(text=message.text, file=message.file)


with Rpc() as rpc:
    deltachat = DeltaChat(rpc)
    accounts = deltachat.get_all_accounts()
    account = accounts[0] if accounts else deltachat.add_account()
    bot = Bot(account, hooks)
    if not bot.is_configured():
        bot.configure("echo@edge", "not used")
    print(account.get_qr_code(), flush=True)
    bot.run_forever()
