"""An echo bot with deltabot-cli, which speaks by deltachat2: `init dcaccount:edge`, `link`, `serve`."""
from deltabot_cli import BotCli
from deltachat2 import MessageData, events

cli = BotCli("echobot")


@cli.on(events.NewMessage(is_info=False))
def echo(bot, accid, event):
    message = event.msg
    bot.rpc.send_msg(accid, message.chat_id, MessageData(text=message.text, file=message.file))


if __name__ == "__main__":
    cli.start()
