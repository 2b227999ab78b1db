// Every shape against Delta Chat's own schema of it (tests/data/deltachat-schemas.json, facts of
// its JSON-RPC 2.57 and 2.65): a missing, renamed, mistyped or additional member fails.
#include "rpc/event_json.h"
#include "rpc/json_fields.h"
#include "rpc/json_write.h"
#include "rpc/shapes/account.h"
#include "rpc/shapes/chat.h"
#include "rpc/shapes/login.h"
#include "rpc/shapes/message.h"
#include "rpc/shapes/message_data.h"
#include "rpc/shapes/message_info.h"
#include "rpc/shapes/mute.h"
#include "rpc/shapes/qr.h"
#include "tests/rpc/schema_check.h"
#include "tests/support/catch.h"

using nlohmann::json;
using namespace rpc::shape;

namespace {

template <class T>
void check_shape(const T& value) {
  static const SchemaCheck reference = SchemaCheck::reference();
  const json written = json::parse(rpc::to_json(value));
  INFO(written.dump());
  CHECK(reference.fault(T::kSchema, written) == "");
  // Our own schema says the same of it.
  rpc::SchemaBook book;
  rpc::schema_of<T>(book);
  json own = json::object();
  for (const auto& [name, text] : book) own[name] = json::parse(text);
  CHECK(SchemaCheck(own, true).fault(T::kSchema, written) == "");
}

template <class E>
void check_enum() {
  static const SchemaCheck reference = SchemaCheck::reference();
  for (const auto& [value, name] : rpc::EnumNames<E>::kNames) {
    CHECK(reference.fault(rpc::EnumNames<E>::kSchema, json(std::string(name))) == "");
  }
}

}  // namespace

TEST_CASE("the check against schemas can fail") {
  const SchemaCheck reference = SchemaCheck::reference();
  json contact = json::parse(rpc::to_json(Contact{}));
  CHECK(reference.fault("Contact", contact) == "");
  json missing = contact;
  missing.erase("verifierId");  // nullable, and still always there
  CHECK(reference.fault("Contact", missing) == "Contact.verifierId: missing");
  json renamed = contact;
  renamed["addr"] = "x";
  CHECK(reference.fault("Contact", renamed) == "Contact.addr: not in the schema");
  json mistyped = contact;
  mistyped["id"] = "1";
  CHECK_FALSE(reference.fault("Contact", mistyped).empty());
}

TEST_CASE("accounts, contacts and chats have the shapes that clients know") {
  check_shape(to_shape(messaging::Account{.id = base::AccountId(1),
                                          .configured = true,
                                          .addr = "a@b",
                                          .display_name = "A",
                                          .private_tag = "",
                                          .color_seed = "a",
                                          .image = ""}));
  check_shape(Account{Unconfigured{base::AccountId(2)}});
  messaging::Contact contact;
  contact.addr = "bob@example.org";
  contact.display_name = "Bob";
  contact.verifier = messaging::kSelf;
  contact.last_seen = 1'000'000;
  const Contact shape = to_shape(contact, 1'300'000);
  check_shape(shape);
  CHECK(shape.name_and_addr == "Bob (bob@example.org)");
  CHECK(shape.was_seen_recently);
  CHECK(shape.last_seen == 1000);
  CHECK_FALSE(to_shape(contact, 1'700'000).was_seen_recently);
  check_shape(BasicChat{});
  check_shape(FullChat{});
  check_shape(ChatListItemFetchResult{ChatListItem{}});
  check_shape(ChatListItemFetchResult{ArchiveLink{3}});
  check_shape(ChatListItemFetchResult{ChatListError{"gone", 7}});
  messaging::ChatSummary summary;
  summary.last_updated = 1'795'219'200'123;
  summary.last_message = base::MsgId(5);
  summary.last_type = messaging::Viewtype::image;
  const ChatListItem item = to_list_item(summary);
  check_shape(ChatListItemFetchResult{item});
  CHECK(item.last_updated == 1'795'219'200'123);
}

TEST_CASE("messages have the shapes that clients know") {
  Message message;
  message.id = base::MsgId(17);
  check_shape(message);
  message.quote = MessageQuote{WithMessage{}};
  message.reactions = Reactions{{Reaction{1, "+", true}}, {{base::ContactId(1), {"+"}}}};
  message.vcard_contact = VcardContact{};
  check_shape(message);
  LoadedMessage loaded;
  loaded.quote = MessageQuote{JustText{"q"}};
  check_shape(MessageLoadResult{loaded});
  check_shape(MessageLoadResult{LoadingError{"gone"}});
  check_shape(MessageInfo{});
  check_shape(EphemeralTimer{EphemeralEnabled{60}});
  check_shape(MessageReadReceipt{base::ContactId(10), 5});
  check_shape(MessageListItem{ListedMessage{base::MsgId(10)}});
  check_shape(MessageListItem{DayMarker{5}});
  check_shape(MessageData{});
}

TEST_CASE("a message has a member for its protected file only when it carries one") {
  Message message;
  CHECK_FALSE(json::parse(rpc::to_json(message)).contains("privittyFileInfo"));
  message.privitty_file_info.value.emplace().owner_name = "A";
  const json written = json::parse(rpc::to_json(message));
  CHECK(written["privittyFileInfo"]["ownerName"] == "A");
  CHECK(written["privittyFileInfo"]["shared"].is_null());
  rpc::SchemaBook book;
  rpc::schema_of<Message>(book);
  json own = json::object();
  for (const auto& [name, text] : book) own[name] = json::parse(text);
  CHECK(SchemaCheck(own, true).fault("Message", written) == "");
  CHECK(SchemaCheck::reference().fault("Message", written) ==
        "Message.privittyFileInfo: not in the schema");
}

TEST_CASE("a message is shown in seconds, with its file and its state's number") {
  messaging::Message message;
  message.id = base::MsgId(17);
  message.state = messaging::MsgState::out_delivered;
  message.sent_at = 1'795'245'168'999;
  message.sort_at = message.sent_at;
  message.file = messaging::MessageFile{"/blobs/x", "report.csv", "text/csv", 12};
  message.encrypted = true;
  const Message shape = to_shape(message, rpc::written(Contact{}));
  check_shape(shape);
  CHECK(shape.timestamp == 1'795'245'168);
  CHECK(shape.state == 26);
  CHECK(shape.file == "/blobs/x");
  CHECK(shape.file_bytes == 12);
  CHECK(shape.show_padlock);
  CHECK_FALSE(shape.has_deviating_timestamp);
}

TEST_CASE("scanned texts, logins and mutes have the shapes that clients know") {
  const std::string link =
      "OPENPGP4FPR:" + std::string(64, 'A') + "#a=x%40y&n=X&i=num&s=secret-value&u=u&v=1";
  messaging::InviteCheck check;
  check.kind = messaging::InviteCheck::Kind::ask_verify_contact;
  check.fingerprint = std::string(64, 'A');
  check.invite_number = "num";
  const Qr ask = to_shape(check, link);
  check_shape(ask);
  const auto& asked = std::get<AskVerifyContact>(ask.value);
  CHECK(asked.authcode == "secret-value");
  CHECK(asked.fingerprint.size() == 64 + 15);
  CHECK(asked.fingerprint.substr(35, 10) == "AAAA\nAAAA ");
  using Kind = messaging::InviteCheck::Kind;
  for (const Kind kind :
       {Kind::withdraw_contact, Kind::revive_contact, Kind::url, Kind::text, Kind::addr}) {
    check.kind = kind;
    check_shape(to_shape(check, link));
  }
  check_shape(EnteredLoginParam{});
  check_shape(TransportListEntry{});
  check_shape(MuteDuration{MutedUntil{5}});
  check_shape(MuteDuration{NotMuted{}});
}

TEST_CASE("every listed name of an enum is one that clients know") {
  check_enum<messaging::Viewtype>();
  check_enum<messaging::ChatType>();
  check_enum<messaging::Visibility>();
  check_enum<messaging::DownloadState>();
  check_enum<messaging::SystemMessage>();
  check_enum<Socket>();
  check_enum<CertificateChecks>();
}

namespace {
// One event of each kind that the variant holds, but those only this gateway knows.
template <std::size_t kIndex = 0>
void check_events(const SchemaCheck& reference) {
  if constexpr (kIndex < std::variant_size_v<messaging::EventBody>) {
    using Body = std::variant_alternative_t<kIndex, messaging::EventBody>;
    if (!Body::kName.starts_with("Privitty") && Body::kName != "ChannelEvent") {
      const messaging::Event event{base::EventId(1), base::AccountId(1), 0, Body{}};
      const json written = json::parse(rpc::core_event_json(event, base::ChatId(10)));
      INFO(written.dump());
      CHECK(reference.fault("Event", written) == "");
    }
    check_events<kIndex + 1>(reference);
  }
}
}  // namespace

TEST_CASE("every core event has the shape that clients know") {
  const SchemaCheck reference = SchemaCheck::reference();
  check_events(reference);
  CHECK(reference.fault("Event", json::parse(rpc::overflow_event_json(4))) == "");
}

TEST_CASE("colours are stable and of the right form") {
  CHECK(color_of("alice") == color_of("alice"));
  CHECK(color_of("alice") != color_of("bob"));
  for (const char* seed : {"", "a", "bob@example.org", "0123"}) {
    const std::string color = color_of(seed);
    REQUIRE(color.size() == 7);
    CHECK(color.front() == '#');
    CHECK(color.find_first_not_of("0123456789abcdef", 1) == std::string::npos);
  }
}
