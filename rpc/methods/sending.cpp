// Sending.
#include "rpc/message_loader.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/message_data.h"

namespace rpc {
namespace {

struct SendMsg : OfChat {
  shape::MessageData data;
  static constexpr auto fields() {
    return base::with_fields(
        OfChat::fields(), base::field("data", &SendMsg::data, R"(for example {"text": "hello"})"));
  }
};

void send_msg(Context& context, SendMsg p, Completion<MsgId> done) {
  auto draft = shape::to_draft(std::move(p.data));
  if (!draft) return done(std::move(draft).error());
  engine_of(context).messages().send(p.account_id, p.chat_id, std::move(*draft), std::move(done));
}

struct SendText : OfChat {
  std::string text;
  static constexpr auto fields() {
    return base::with_fields(OfChat::fields(),
                             base::field("text", &SendText::text, "at most 256 KiB"));
  }
};

void misc_send_text_message(Context& context, SendText p, Completion<MsgId> done) {
  shape::MessageData data;
  data.text = std::move(p.text);
  send_msg(context, SendMsg{{{p.account_id}, p.chat_id}, std::move(data)}, std::move(done));
}

struct MiscSend : OfChat {
  std::optional<std::string> text;
  std::optional<std::string> file;
  std::optional<std::string> filename;
  std::optional<std::array<double, 2>> location;
  std::optional<MsgId> quoted_message_id;
  static constexpr auto fields() {
    using P = MiscSend;
    return base::with_fields(
        OfChat::fields(), base::field("text", &P::text, "at most 256 KiB"),
        base::field("file", &P::file, "path of a file"),
        base::field("filename", &P::filename, "the name to send it under"),
        base::field("location", &P::location, "latitude and longitude, in degrees"),
        base::field("quoted_message_id", &P::quoted_message_id, ""));
  }
};

void misc_send_msg(Context& context, MiscSend p,
                   Completion<std::pair<MsgId, shape::Message>> done) {
  shape::MessageData data;
  data.text = std::move(p.text);
  data.file = std::move(p.file);
  data.filename = std::move(p.filename);
  data.location = p.location;
  data.quoted_message_id = p.quoted_message_id;
  auto draft = shape::to_draft(std::move(data));
  if (!draft) return done(std::move(draft).error());
  auto load = [engine = context.engine, now = context.clock->now(),
               account = p.account_id](MsgId id) -> Result<std::pair<MsgId, shape::Message>> {
    EDGE_TRY(auto page, engine->messages().page(account, {id}));
    EDGE_TRY(auto shape, to_shape(std::move(page), account, now));
    return std::pair(id, std::move(shape));
  };
  // Reads the message in the caller's turn, because its id comes on the writer's thread.
  auto answer = [load = std::move(load), done = std::move(done), executor = context.executor,
                 party = context.caller.party](Result<MsgId> sent) mutable {
    if (!sent) return done(std::move(sent).error());
    (*executor)(party, [load = std::move(load), done = std::move(done), id = *sent]() mutable {
      done(load(id));
    });
  };
  engine_of(context).messages().send(p.account_id, p.chat_id, std::move(*draft), std::move(answer));
}

struct DeviceMessage : OfAccount {
  std::string label;
  std::optional<shape::MessageData> msg;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("label", &DeviceMessage::label, "used once; empty: always new"),
        base::field("msg", &DeviceMessage::msg, "null: only remember the label"));
  }
};

void add_device_message(Context& context, DeviceMessage p, Completion<std::optional<MsgId>> done) {
  std::optional<messaging::MessageDraft> draft;
  if (p.msg) {
    auto made = shape::to_draft(std::move(*p.msg));
    if (!made) return done(std::move(made).error());
    draft = std::move(*made);
  }
  engine_of(context).messages().add_device_message(p.account_id, std::move(p.label),
                                                   std::move(draft), std::move(done));
}

}  // namespace

void add_send_methods(std::vector<Method>& table) {
  // unsafe: `file` names any file of the machine that the fuzzer runs on.
  const Row send{.scope = KeyScope::write,
                 .fuzz = Fuzz::unsafe,
                 .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden,
                            Errc::too_large, Errc::exhausted}};
  table.push_back(method<&send_msg>(
      "send_msg",
      "Queues a message and answers with its id once that is durable; MsgDelivered, MsgRead or "
      "MsgFailed report its progress.",
      send));
  table.push_back(method<&misc_send_text_message>(
      "misc_send_text_message", "As send_msg, with a text alone.",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::safe,
       .errors = {Errc::not_found, Errc::too_large, Errc::exhausted}}));
  table.push_back(method<&misc_send_msg>(
      "misc_send_msg", "As send_msg, and answers with the message beside its id.", send));
  table.push_back(method<&add_device_message>(
      "add_device_message", "Writes into the device chat; null when the label was used before.",
      send));
}

}  // namespace rpc
