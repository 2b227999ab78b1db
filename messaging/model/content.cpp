#include "messaging/model/content.h"

#include <algorithm>

#include "base/wire.h"

namespace messaging {
namespace {

constexpr std::uint8_t kVersion = 1;

template <class Body>
constexpr AnyContentKind kind(std::uint8_t number, std::string_view name, KindTraits traits = {}) {
  AnyContentKind row;
  row.number = number;
  row.name = name;
  row.traits = traits;
  row.is = [](const ContentBody& body) { return std::holds_alternative<Body>(body); };
  row.write = [](base::WireWriter& out, const ContentBody& body) {
    write_fields(out, std::get<Body>(body));
  };
  row.read = [](base::WireReader& in) -> ContentBody {
    Body body;
    read_fields(in, body);
    return body;
  };
  row.file = [](const ContentBody& body) -> const FileNote* {
    if constexpr (requires(const Body& one) { file_of(one); }) return file_of(std::get<Body>(body));
    static_cast<void>(body);
    return nullptr;
  };
  row.apply = [](const receiving::Received& received, const ContentBody& body) {
    return apply(received, std::get<Body>(body));
  };
  if constexpr (requires(const receiving::Received& received, const Body& one) {
                  apply_some(received, one);
                }) {
    row.apply_some = [](const receiving::Received& received, const ContentBody& body) {
      return apply_some(received, std::get<Body>(body));
    };
  }
  return row;
}

// One row for each kind of content. Never reuse a number.
constexpr AnyContentKind kKinds[] = {
    kind<UnknownContent>(0, "unknown"),  // and every number not listed below
    kind<Hello>(1, "hello", {.on_any_link = true}),
    kind<TextMessage>(2, "text"),
    kind<Receipts>(3, "receipts", {.on_any_link = true}),
    kind<Profile>(4, "profile"),
    kind<MessageChange>(5, "message change"),
    kind<ChatTimer>(6, "chat timer"),
    kind<Avatar>(7, "avatar", {.from_strangers = false}),
    kind<GroupText>(10, "group text", {.held_for_groups = true}),
    kind<GroupUpdate>(11, "group update", {.held_for_groups = true}),
    kind<FileDecision>(20, "file decision", {.held_for_groups = true}),
    kind<FileRequest>(21, "file request"),
    kind<FileReport>(22, "file report"),
    kind<FileOffer>(23, "file offer"),
    kind<FileNotice>(24, "file notice"),
    kind<DeviceManifest>(30, "device manifest"),
    kind<CallOffer>(40, "call"),
    kind<Locations>(41, "locations"),
    kind<WebxdcNews>(42, "webxdc update"),
    kind<RealtimeNote>(43, "realtime"),
};
static_assert(std::size(kKinds) == std::variant_size_v<ContentBody>,
              "each struct of ContentBody has a row");

const AnyContentKind& kind_numbered(std::uint8_t number) {
  const auto* const row =
      std::find_if(std::begin(kKinds), std::end(kKinds),
                   [number](const AnyContentKind& one) { return one.number == number; });
  return row == std::end(kKinds) ? kKinds[0] : *row;
}

base::Error malformed() { return base::fail(base::Errc::invalid_argument, "malformed content"); }

}  // namespace

std::span<const AnyContentKind> content_kinds() { return kKinds; }

const AnyContentKind& kind_of(const ContentBody& body) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds),
                       [&](const AnyContentKind& row) { return row.is(body); });
}

crypto::WipingBytes encode(const Content& content) {
  const AnyContentKind& row = kind_of(content.body);
  base::WireWriter out;
  out.u8(kVersion).u8(row.number).fixed(content.uuid);
  row.write(out, content.body);
  base::Bytes bytes = out.take();
  crypto::WipingBytes wiped(bytes.begin(), bytes.end());
  crypto::wipe(bytes);
  return wiped;
}

base::Result<Content> decode_content(base::ByteView bytes) {
  base::WireReader in(bytes);
  Content content;
  if (in.u8() != kVersion) return malformed();
  const AnyContentKind& row = kind_numbered(in.u8());
  content.uuid = in.array<16>();
  content.body = row.read(in);
  if (!in.ok()) return malformed();
  return content;
}

}  // namespace messaging
