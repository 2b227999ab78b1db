// Messages: reading, marking, deleting.
#include <fmt/chrono.h>
#include <fmt/ranges.h>

#include "rpc/message_loader.h"
#include "rpc/methods/params.h"
#include "rpc/next_messages.h"
#include "rpc/shapes/message_info.h"

namespace rpc {
namespace {

// Stands for a message whose row, or whose sender's row, does not open. No part of such a row is
// shown; the text of this placeholder says that it could not be opened.
messaging::Message stand_in(const messaging::MessagePage& page, MsgId id) {
  messaging::Message message;
  message.id = id;
  message.from = messaging::kDeviceContact;
  message.chat = page.device_chat.value_or(base::ChatId());
  message.state = messaging::MsgState::in_seen;
  message.is_info = true;
  message.error = fmt::format(
      "Msg#{} cannot be shown: its record, or its sender's, was changed by another program or is "
      "damaged",
      id.value);
  message.text = message.error;
  return message;
}

Result<shape::Message> get_message(Context& context, const OfMessage& p) {
  EDGE_TRY(auto page, engine_of(context).messages().page(p.account_id, {p.message_id}));
  auto& message = page.messages.front();
  const bool lost =
      message ? !page.people.contains(message->from) : message.error().code == Errc::sealed;
  if (lost) message = stand_in(page, p.message_id);
  return to_shape(std::move(page), p.account_id, context.clock->now(),
                  lost ? nullptr : context.caller.files);
}

using Loaded = std::map<MsgId, shape::MessageLoadResult>;

Result<Loaded> get_messages(Context& context, const OfMessages& p) {
  const std::vector<MsgId> ids = distinct(p.message_ids);
  EDGE_TRY(auto page, engine_of(context).messages().page(p.account_id, ids));
  auto shapes =
      to_shapes(std::move(page), p.account_id, context.clock->now(), context.caller.files);
  Loaded loaded;
  for (std::size_t i = 0; i < ids.size() && i < shapes.size(); ++i) {
    shape::MessageLoadResult& entry = loaded[ids[i]];
    if (shapes[i]) {
      entry.value = shape::LoadedMessage{std::move(*shapes[i])};
    } else {
      entry.value = shape::LoadingError{std::move(shapes[i]).error().message};
    }
  }
  return loaded;
}

Result<std::vector<MsgId>> get_existing_msg_ids(Context& context, const OfMessages& p) {
  auto existing = engine_of(context).messages().existing(p.account_id, p.message_ids);
  // None of a removed account exist: clients ask when they tidy up.
  if (!existing && existing.error().code == Errc::not_found) return std::vector<MsgId>();
  return existing;
}

struct ListMessages : OfChat {
  bool info_only = false;
  bool add_daymarker = false;
  static constexpr auto fields() {
    return base::with_fields(
        OfChat::fields(), base::field("info_only", &ListMessages::info_only, "info messages only"),
        base::field("add_daymarker", &ListMessages::add_daymarker,
                    "a marker (id 9) before each day's first"));
  }
};

Result<std::vector<MsgId>> get_message_ids(Context& context, const ListMessages& p) {
  EDGE_TRY(const auto items, engine_of(context).messages().list(p.account_id, p.chat_id,
                                                                p.info_only, p.add_daymarker));
  std::vector<MsgId> ids;
  ids.reserve(items.size());
  for (const auto& item : items) ids.push_back(item.message);
  return ids;
}

Result<std::vector<shape::MessageListItem>> get_message_list_items(Context& context,
                                                                   const ListMessages& p) {
  EDGE_TRY(const auto items, engine_of(context).messages().list(p.account_id, p.chat_id,
                                                                p.info_only, p.add_daymarker));
  std::vector<shape::MessageListItem> shapes;
  shapes.reserve(items.size());
  for (const auto& item : items) {
    if (item.message == messaging::kDayMarker) {
      shapes.push_back({shape::DayMarker{shape::seconds(item.day)}});
    } else {
      shapes.push_back({shape::ListedMessage{item.message}});
    }
  }
  return shapes;
}

Result<std::vector<MsgId>> get_fresh_msgs(Context& context, const OfAccount& p) {
  return engine_of(context).messages().fresh(p.account_id);
}

Result<std::vector<MsgId>> get_next_msgs(Context& context, const OfAccount& p) {
  return engine_of(context).messages().next(p.account_id);
}

void wait_next_msgs(Context& context, OfAccount p, Completion<std::vector<MsgId>> done) {
  context.next_messages->wait(p.account_id, context.caller, std::move(done));
}

void resend_messages(Context& context, OfMessages p, Completion<> done) {
  engine_of(context).messages().resend(p.account_id, std::move(p.message_ids), std::move(done));
}

void markseen_msgs(Context& context, OfMessages p, Completion<> done) {
  engine_of(context).messages().mark_seen(p.account_id, std::move(p.message_ids), std::move(done));
}

void delete_messages(Context& context, OfMessages p, Completion<> done) {
  engine_of(context).messages().remove(p.account_id, std::move(p.message_ids), std::move(done));
}

std::string_view state_name(messaging::MsgState state) {
  switch (state) {
    case messaging::MsgState::undefined:
      return "undefined";
    case messaging::MsgState::in_fresh:
      return "fresh";
    case messaging::MsgState::in_noticed:
      return "noticed";
    case messaging::MsgState::in_seen:
      return "seen";
    case messaging::MsgState::out_draft:
      return "draft";
    case messaging::MsgState::out_pending:
      return "waiting for delivery";
    case messaging::MsgState::out_failed:
      return "failed";
    case messaging::MsgState::out_delivered:
      return "delivered";
    case messaging::MsgState::out_read:
      return "read";
  }
  return "";
}

std::string time_text(base::UnixMillis at) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(at / 1000)));
}

Result<std::string> get_message_info(Context& context, const OfMessage& p) {
  EDGE_TRY(const auto trace, engine_of(context).messages().trace(p.account_id, p.message_id));
  const messaging::Message& message = trace.message;
  const auto name_of = [&](ContactId id) {
    const auto contact = engine_of(context).contacts().get(p.account_id, id);
    return contact ? contact->display_name : fmt::format("contact {}", id.value);
  };
  std::string text = message.text;
  text += fmt::format("\n\nSent: {} by {}\n", time_text(message.sent_at), name_of(message.from));
  if (message.from != messaging::kSelf) {
    text += fmt::format("Received: {}\n", time_text(message.received_at));
  }
  if (message.timer > 0) text += fmt::format("Ephemeral timer: {} s\n", message.timer);
  if (message.expires_at > 0) text += fmt::format("Expires: {}\n", time_text(message.expires_at));
  text += fmt::format("State: {}{}\n", state_name(message.state),
                      message.encrypted ? ", end-to-end encrypted" : "");
  if (!message.error.empty()) text += fmt::format("Error: {}\n", message.error);
  for (const auto& receipt : trace.receipts) {
    text += fmt::format("Read: {} by {}\n", time_text(receipt.at), name_of(receipt.contact));
  }
  for (const auto& of : message.reactions) {
    text += fmt::format("Reaction: {} by {}\n", fmt::join(of.reactions, " "), name_of(of.contact));
  }
  if (message.file) {
    text += fmt::format("File: {}, {} bytes, {}\n", message.file->name, message.file->size,
                        message.file->media_type);
  }
  text += fmt::format("Message id: {}\n", message.uuid);
  for (const std::string& step : trace.steps) text += fmt::format("{}\n", step);
  return text;
}

Result<shape::MessageInfo> get_message_info_object(Context& context, const OfMessage& p) {
  EDGE_TRY(auto trace, engine_of(context).messages().trace(p.account_id, p.message_id));
  shape::MessageInfo info;
  info.error = shape::unless_empty(std::move(trace.message.error));
  for (const std::string& step : trace.steps) {
    if (!info.hop_info.empty()) info.hop_info += '\n';
    info.hop_info += step;
  }
  info.rfc724_mid = std::move(trace.message.uuid);
  if (trace.message.timer > 0) {
    info.ephemeral_timer.value = shape::EphemeralEnabled{trace.message.timer};
  }
  if (trace.message.expires_at > 0) {
    info.ephemeral_timestamp = shape::seconds(trace.message.expires_at);
  }
  return info;
}

Result<std::vector<shape::MessageReadReceipt>> get_message_read_receipts(Context& context,
                                                                         const OfMessage& p) {
  EDGE_TRY(const auto trace, engine_of(context).messages().trace(p.account_id, p.message_id));
  std::vector<shape::MessageReadReceipt> shapes;
  for (const auto& receipt : trace.receipts) {
    shapes.push_back({receipt.contact, shape::seconds(receipt.at)});
  }
  return shapes;
}

Result<std::uint32_t> get_message_read_receipt_count(Context& context, const OfMessage& p) {
  EDGE_TRY(const auto trace, engine_of(context).messages().trace(p.account_id, p.message_id));
  return static_cast<std::uint32_t>(trace.receipts.size());
}

Result<std::optional<std::string>> get_message_html(Context& context, const OfMessage& p) {
  EDGE_CHECK(engine_of(context).messages().get(p.account_id, p.message_id));
  return std::optional<std::string>();
}

Result<std::optional<shape::Reactions>> get_message_reactions(Context& context,
                                                              const OfMessage& p) {
  EDGE_TRY(const auto message, engine_of(context).messages().get(p.account_id, p.message_id));
  return shape::reactions_of(message);
}

struct Search : OfAccount {
  std::string query;
  std::optional<ChatId> chat_id;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(), base::field("query", &Search::query, "part of a text, any case"),
        base::field("chat_id", &Search::chat_id, "null: all chats, newest first"));
  }
};

void search_messages(Context& context, Search p, Completion<std::vector<MsgId>> done) {
  engine_of(context).messages().search(p.account_id, p.query, p.chat_id, std::move(done));
}

struct Media : OfAccount {
  std::optional<ChatId> chat_id;
  std::optional<messaging::Viewtype>
      message_type;  // required, although it follows a parameter that may be null
  std::optional<messaging::Viewtype> or_message_type2;
  std::optional<messaging::Viewtype> or_message_type3;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("chat_id", &Media::chat_id, "null: all chats that are not blocked"),
        base::field("message_type", &Media::message_type, "a kind of message"),
        base::field("or_message_type2", &Media::or_message_type2, "another one, or null"),
        base::field("or_message_type3", &Media::or_message_type3, "another one, or null"));
  }
};

Result<std::vector<MsgId>> get_chat_media(Context& context, const Media& p) {
  if (!p.message_type) {
    return base::fail(Errc::invalid_argument,
                      "message_type: expected " + expected<messaging::Viewtype>());
  }
  const messaging::Viewtype type = *p.message_type;
  return engine_of(context).messages().media(
      p.account_id, p.chat_id,
      {type, p.or_message_type2.value_or(type), p.or_message_type3.value_or(type)});
}

struct Old : OfAccount {
  bool from_server = false;
  std::int64_t seconds = 0;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("from_server", &Old::from_server, "true: nothing, as there is no mail server"),
        base::field("seconds", &Old::seconds, "the least age, 0 to 3,155,760,000"));
  }
};

Result<std::uint64_t> estimate_auto_deletion_count(Context& context, const Old& p) {
  constexpr std::int64_t kLongest = 100LL * 31'557'600;  // a hundred years
  if (p.seconds < 0 || p.seconds > kLongest) {
    return fail(Errc::invalid_argument, fmt::format("seconds: expected 0 to {}", kLongest));
  }
  if (p.from_server) {
    EDGE_CHECK(engine_of(context).accounts().get(p.account_id));
    return std::uint64_t{0};
  }
  EDGE_TRY(const auto count,
           engine_of(context).messages().count_older(p.account_id, p.seconds * 1000));
  return static_cast<std::uint64_t>(count);
}

void download_full_message(Context& context, OfMessage p, Completion<> done) {
  engine_of(context).messages().download(p.account_id, p.message_id, std::move(done));
}

struct Forward : OfAccount {
  std::vector<MsgId> message_ids;
  ChatId chat_id;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("message_ids", &Forward::message_ids, "the messages; at most 1,000"),
        base::field("chat_id", &Forward::chat_id, "where copies of them go"));
  }
};

void forward_messages(Context& context, Forward p, Completion<> done) {
  engine_of(context).messages().forward(p.account_id, std::move(p.message_ids), p.chat_id,
                                        std::move(done));
}

struct ForwardTo {
  AccountId src_account_id;
  std::vector<MsgId> src_message_ids;
  AccountId dst_account_id;
  ChatId dst_chat_id;
  static constexpr auto fields() {
    using P = ForwardTo;
    return std::tuple(
        base::field("src_account_id", &P::src_account_id, "the account that has the messages"),
        base::field("src_message_ids", &P::src_message_ids, "the messages; at most 1,000"),
        base::field("dst_account_id", &P::dst_account_id, "the account that sends copies"),
        base::field("dst_chat_id", &P::dst_chat_id, "its chat where they go"));
  }
};

void forward_messages_to_account(Context& context, ForwardTo p, Completion<> done) {
  engine_of(context).messages().forward_to(p.src_account_id, std::move(p.src_message_ids),
                                           p.dst_account_id, p.dst_chat_id, std::move(done));
}

void save_msgs(Context& context, OfMessages p, Completion<> done) {
  engine_of(context).messages().save(p.account_id, std::move(p.message_ids), std::move(done));
}

}  // namespace

void add_message_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row write{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  table.push_back(
      method<&get_message>("get_message",
                           "One message. One whose record does not open is answered by a note "
                           "of the device contact with an error.",
                           read));
  table.push_back(method<&get_messages>(
      "get_messages", "Several messages; one that fails is of kind loadingError.", read));
  table.push_back(
      method<&get_existing_msg_ids>("get_existing_msg_ids", "Those of the ids that exist.", read));
  table.push_back(
      method<&get_message_ids>("get_message_ids", "A chat's messages, oldest first.", read));
  table.push_back(method<&get_message_list_items>(
      "get_message_list_items", "A chat's messages and days, oldest first.", read));
  table.push_back(method<&get_fresh_msgs>(
      "get_fresh_msgs", "Messages not noticed yet, newest first, without muted chats and requests.",
      read));
  table.push_back(method<&get_next_msgs>(
      "get_next_msgs", "Messages above the setting last_msg_id, which markseen_msgs raises.",
      read));
  table.push_back(method<&wait_next_msgs>(
      "wait_next_msgs", "As get_next_msgs, but waits until there are some or delivery is switched.",
      {.fuzz = Fuzz::unsafe, .errors = {Errc::not_found, Errc::unavailable}, .parked = true}));
  table.push_back(method<&markseen_msgs>(
      "markseen_msgs", "Marks messages seen; their senders get receipts unless mdns_enabled is 0.",
      write));
  table.push_back(method<&resend_messages>(
      "resend_messages",
      "Sends own messages once more, failed ones above all; who has one already shows it once.",
      write));
  table.push_back(method<&forward_messages>("forward_messages",
                                            "Sends copies of messages to another chat, marked as "
                                            "forwarded where somebody else wrote them.",
                                            write));
  table.push_back(method<&forward_messages_to_account>(
      "forward_messages_to_account",
      "forward_messages() into a chat of another account; files are copied.", write));
  table.push_back(method<&save_msgs>(
      "save_msgs", "Copies messages into Saved messages, as they are; nobody is notified.", write));
  table.push_back(method<&delete_messages>("delete_messages", "Deletes messages here.", write));
  table.push_back(method<&get_message_info>("get_message_info",
                                            "All that is known of a message, for a person.", read));
  table.push_back(method<&get_message_info_object>("get_message_info_object",
                                                   "What is known of a message's way.", read));
  table.push_back(method<&get_message_read_receipts>(
      "get_message_read_receipts", "Who read a message of ours, and when.", read));
  table.push_back(method<&get_message_read_receipt_count>(
      "get_message_read_receipt_count", "How many read a message of ours.", read));
  table.push_back(
      method<&get_message_html>("get_message_html", "Always null: texts are plain.", read));
  table.push_back(method<&get_message_reactions>("get_message_reactions",
                                                 "A message's reactions, or null.", read));
  table.push_back(method<&get_chat_media>(
      "get_chat_media", "A chat's messages of one to three kinds, oldest first.", read));
  table.push_back(method<&estimate_auto_deletion_count>(
      "estimate_auto_deletion_count",
      "How many messages are older than this, without Saved messages. Nothing deletes them by age.",
      read));
  table.push_back(method<&download_full_message>(
      "download_full_message",
      "Begins to fetch the file of a message by e-mail whose downloadState is Available or Failure "
      "(config download_limit); MsgsChanged reports when it is Done or Failure. Other messages are "
      "complete.",
      write));
  table.push_back(method<&search_messages>("search_messages", "Messages that hold a text.", read));
}

}  // namespace rpc
