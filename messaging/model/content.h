// Content: what travels inside a ratchet message. This is the innermost wire form; docs/protocol.md
// has it byte for byte.
//
//   content = version u8 (1) | kind u8 | uuid 16 | fields by kind
//
// Every field is bounded and length-checked when read. Content of an unknown kind is read as
// UnknownContent: acknowledged and otherwise ignored, so that a newer peer can talk to an older
// one.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/model/avatar_content.h"
#include "messaging/model/call_content.h"
#include "messaging/model/card.h"
#include "messaging/model/change_content.h"
#include "messaging/model/chat_timer.h"
#include "messaging/model/content_kind.h"
#include "messaging/model/device_manifest.h"
#include "messaging/model/group_content.h"
#include "messaging/model/location_content.h"
#include "messaging/model/protected_content.h"
#include "messaging/model/realtime_content.h"
#include "messaging/model/receipt_content.h"
#include "messaging/model/text_content.h"
#include "messaging/model/webxdc_content.h"

namespace messaging {

struct UnknownContent {};
inline void write_fields(base::WireWriter&, const UnknownContent&) {}
inline void read_fields(base::WireReader&, UnknownContent&) {}

// The first content on a session that its sender began: it proves an invite's secret (decision 8).
struct Hello {};
inline void write_fields(base::WireWriter&, const Hello&) {}
inline void read_fields(base::WireReader&, Hello&) {}

// The structs of the kinds, in no particular order. Their table is in content.cpp.
using ContentBody =
    std::variant<UnknownContent, Hello, TextMessage, Receipts, Profile, MessageChange, GroupText,
                 GroupUpdate, FileDecision, FileRequest, FileReport, FileOffer, FileNotice,
                 DeviceManifest, ChatTimer, CallOffer, Locations, WebxdcNews, RealtimeNote, Avatar>;
using AnyContentKind = ContentKind<ContentBody>;

struct Content {
  Uuid uuid{};
  ContentBody body;
};

std::span<const AnyContentKind> content_kinds();
const AnyContentKind& kind_of(const ContentBody& body);

crypto::WipingBytes encode(const Content& content);
base::Result<Content> decode_content(base::ByteView bytes);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const UnknownContent& unknown);
base::Result<bool> apply(const Received& received, const Hello& hello);
}  // namespace messaging::receiving
