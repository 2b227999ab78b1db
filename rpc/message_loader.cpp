#include "rpc/message_loader.h"

#include <unordered_map>

namespace rpc {
namespace {

using base::AccountId;
using base::ContactId;
using base::MsgId;
using base::Result;
using messaging::Message;

using People = std::unordered_map<ContactId, messaging::Contact>;
using Quoted = std::unordered_map<MsgId, Message>;

Result<Quoted> load_quoted(messaging::Engine& engine, AccountId account,
                           const std::vector<Result<Message>>& messages) {
  std::vector<MsgId> ids;
  for (const auto& message : messages) {
    if (message && message->quote && message->quote->message) {
      ids.push_back(*message->quote->message);
    }
  }
  Quoted quoted;
  if (ids.empty()) return quoted;
  EDGE_TRY(auto found, engine.messages().get_many(account, ids));
  for (auto& message : found) {
    if (message) quoted.emplace(message->id, std::move(*message));
  }
  return quoted;
}

Result<People> load_people(messaging::Engine& engine, AccountId account,
                           const std::vector<Result<Message>>& messages, const Quoted& quoted) {
  People people;
  for (const auto& message : messages) {
    if (message) people.try_emplace(message->from);
  }
  for (const auto& [id, message] : quoted) people.try_emplace(message.from);
  std::vector<ContactId> ids;
  ids.reserve(people.size());
  for (const auto& [id, contact] : people) ids.push_back(id);
  EDGE_TRY(auto contacts, engine.contacts().get_many(account, ids));
  people.clear();  // those that do not open are missing
  for (auto& contact : contacts) {
    const ContactId id = contact.id;
    people.emplace(id, std::move(contact));
  }
  return people;
}

shape::MessageQuote quote_of(messaging::Quote quote, const Quoted& quoted, const People& people) {
  const auto found = quote.message ? quoted.find(*quote.message) : quoted.end();
  if (found == quoted.end()) return {shape::JustText{std::move(quote.text)}};
  const Message& message = found->second;
  const auto person = people.find(message.from);
  if (person == people.end()) return {shape::JustText{std::move(quote.text)}};
  const messaging::Contact& author = person->second;
  shape::WithMessage with;
  with.author_display_color = shape::color_of(author.color_seed);
  with.author_display_name = author.display_name;
  with.chat_id = message.chat;
  with.is_forwarded = message.is_forwarded;
  with.message_id = message.id;
  with.override_sender_name = shape::unless_empty(message.sender_name);
  with.text = std::move(quote.text);
  with.view_type = message.type;
  return {std::move(with)};
}

}  // namespace

Result<std::vector<Result<shape::Message>>> complete_messages(messaging::Engine& engine,
                                                              AccountId account,
                                                              base::UnixMillis now,
                                                              std::vector<Result<Message>> messages,
                                                              FileShelf* files) {
  EDGE_TRY(const Quoted quoted, load_quoted(engine, account, messages));
  EDGE_TRY(const People people, load_people(engine, account, messages, quoted));
  std::unordered_map<ContactId, shape::Contact> senders;
  std::vector<Result<shape::Message>> shapes;
  shapes.reserve(messages.size());
  for (auto& message : messages) {
    if (!message) {
      shapes.emplace_back(std::move(message).error());
      continue;
    }
    const auto person = people.find(message->from);
    if (person == people.end()) {
      shapes.emplace_back(base::fail(base::Errc::sealed, "the sender's record does not open"));
      continue;
    }
    auto sender = senders.find(message->from);
    if (sender == senders.end()) {
      sender = senders.emplace(message->from, shape::to_shape(person->second, now)).first;
    }
    std::optional<messaging::Quote> quote = std::move(message->quote);
    shape::Message made = shape::to_shape(std::move(*message), sender->second);
    if (quote) made.quote = quote_of(std::move(*quote), quoted, people);
    if (made.file_name && made.file_name->ends_with(".prv")) {
      auto info = engine.protected_files().info(account, made.id);
      if (info && *info) made.privitty_file_info.value = shape::to_shape(**std::move(info));
    }
    if (files != nullptr && made.file) {
      auto plain = files->lay_out(account, made.id, made.file_name.value_or(""));
      if (plain) made.file = *std::move(plain);
    }
    shapes.emplace_back(std::move(made));
  }
  return shapes;
}

Result<shape::Message> complete_message(messaging::Engine& engine, AccountId account,
                                        base::UnixMillis now, Message message, FileShelf* files) {
  std::vector<Result<Message>> one;
  one.emplace_back(std::move(message));
  EDGE_TRY(auto shapes, complete_messages(engine, account, now, std::move(one), files));
  return std::move(shapes.front());
}

}  // namespace rpc
