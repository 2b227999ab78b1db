#include "rpc/message_loader.h"

#include <unordered_map>

#include "rpc/json_write.h"

namespace rpc {
namespace {

using base::Result;
using messaging::Message;
using messaging::MessagePage;

shape::MessageQuote quote_of(messaging::Quote quote, const MessagePage& page) {
  const auto found = quote.message ? page.quoted.find(*quote.message) : page.quoted.end();
  if (found == page.quoted.end()) return {shape::JustText{std::move(quote.text)}};
  const Message& message = found->second;
  const auto person = page.people.find(message.from);
  if (person == page.people.end()) return {shape::JustText{std::move(quote.text)}};
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

std::vector<Result<shape::Message>> to_shapes(MessagePage page, base::AccountId account,
                                              base::UnixMillis now, FileShelf* files) {
  std::unordered_map<base::ContactId, Written<shape::Contact>> senders;
  std::vector<Result<shape::Message>> shapes;
  shapes.reserve(page.messages.size());
  for (auto& message : page.messages) {
    if (!message) {
      shapes.emplace_back(std::move(message).error());
      continue;
    }
    const auto person = page.people.find(message->from);
    if (person == page.people.end()) {
      shapes.emplace_back(base::fail(base::Errc::sealed, "the sender's record does not open"));
      continue;
    }
    auto sender = senders.find(message->from);
    if (sender == senders.end()) {
      sender = senders.emplace(message->from, written(shape::to_shape(person->second, now))).first;
    }
    std::optional<messaging::Quote> quote = std::move(message->quote);
    shape::Message made = shape::to_shape(std::move(*message), sender->second);
    if (quote) made.quote = quote_of(std::move(*quote), page);
    if (const auto access = page.access.find(made.id); access != page.access.end()) {
      made.privitty_file_info.value = shape::to_shape(std::move(access->second));
    }
    if (const auto card = page.cards.find(made.id); card != page.cards.end()) {
      made.vcard_contact = shape::to_shape(card->second);
    }
    if (files != nullptr && made.file) {
      auto plain = files->lay_out(account, made.id, made.file_name.value_or(""));
      if (plain) made.file = *std::move(plain);
    }
    shapes.emplace_back(std::move(made));
  }
  return shapes;
}

Result<shape::Message> to_shape(MessagePage page, base::AccountId account, base::UnixMillis now,
                                FileShelf* files) {
  return std::move(to_shapes(std::move(page), account, now, files).front());
}

}  // namespace rpc
