#include "rpc/shapes/event.h"

#include <algorithm>

#include "messaging/model/events.h"
#include "rpc/event_json.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {
namespace {

// The kinds that get_next_event answers: those of Delta Chat (rpc/event_queue.h).
template <class Body>
constexpr bool kIsAnswered =
    !std::is_same_v<Body, messaging::ChannelEvent> && !Body::kName.starts_with("Privitty");

struct Kind {
  std::map<std::string, std::string> members;  // name to schema
  std::vector<std::string> optional;
};

std::string nullable(const std::string& schema) {
  return fmt::format(R"({{"anyOf":[{},{{"type":"null"}}]}})", schema);
}

// As core_event_json() writes it.
template <class Body>
Kind kind_of(SchemaBook& book) {
  Kind kind;
  base::for_each_field_of<Body>([&](const auto& field) {
    using Member = typename std::remove_cvref_t<decltype(field)>::type;
    const std::string name = kKeepsNames<Body> ? std::string(field.name) : camel_case(field.name);
    // 0: none, or several.
    kind.members[name] =
        IsId<Member> ? R"({"type":"integer","minimum":0})" : schema_of<Member>(book);
  });
  const auto may_be_null = [&](const std::string& name) {
    kind.members[name] = nullable(kind.members[name]);
    kind.optional.push_back(name);
  };
  if constexpr (std::is_same_v<Body, messaging::ContactsChanged> ||
                std::is_same_v<Body, messaging::LocationChanged>) {
    may_be_null("contactId");
  } else if constexpr (std::is_same_v<Body, messaging::IncomingWebxdcNotify>) {
    may_be_null("href");
  } else if constexpr (std::is_same_v<Body, messaging::ReactionsChanged>) {
    kind.members["contactId"] = R"({"type":"integer","minimum":0})";
  } else if constexpr (std::is_same_v<Body, messaging::ConfigureProgress>) {
    may_be_null("comment");
  } else if constexpr (std::is_same_v<Body, messaging::SecurejoinInviterProgress>) {
    kind.members["chatId"] = R"({"type":"integer","minimum":0})";
    kind.members["chatType"] = schema_of<messaging::ChatType>(book);
  }
  return kind;
}

std::string object_of(std::string_view name, const Kind& kind) {
  std::string properties = fmt::format(R"("kind":{{"type":"string","enum":["{}"]}})", name);
  std::string required = "\"kind\"";
  for (const auto& [member, schema] : kind.members) {
    properties += fmt::format(R"(,"{}":{})", member, schema);
    if (std::find(kind.optional.begin(), kind.optional.end(), member) != kind.optional.end()) {
      continue;
    }
    required += fmt::format(R"(,"{}")", member);
  }
  return fmt::format(R"({{"type":"object","properties":{{{}}},"required":[{}]}})", properties,
                     required);
}

template <class... Bodies>
std::string union_of(SchemaBook& book, std::type_identity<std::variant<Bodies...>>) {
  std::string all =
      object_of("EventChannelOverflow", {{{"n", R"({"type":"integer","minimum":0})"}}, {}});
  const auto add = [&]<class Body>(std::type_identity<Body>) {
    if constexpr (kIsAnswered<Body>) all += "," + object_of(Body::kName, kind_of<Body>(book));
  };
  (add(std::type_identity<Bodies>()), ...);
  return fmt::format(R"({{"oneOf":[{}]}})", all);
}

}  // namespace

std::string Event::json_schema(SchemaBook& book) {
  if (!book.contains("EventType")) {
    std::string kinds = union_of(book, std::type_identity<messaging::EventBody>());
    book.emplace("EventType", std::move(kinds));
  }
  return R"({"type":"object","properties":{"contextId":{"type":"integer","minimum":0,)"
         R"("description":"the account; 0 for the daemon"},)"
         R"("event":{"$ref":"#/components/schemas/EventType"}},"required":["contextId","event"]})";
}

}  // namespace rpc::shape
