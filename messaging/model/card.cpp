#include "messaging/model/card.h"

#include <concepts>
#include <tuple>
#include <type_traits>

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using base::WireReader;
using base::WireWriter;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxStatus = 4096;
constexpr std::size_t kMaxAddr = 320;
constexpr std::size_t kMaxUrl = 512;
constexpr std::size_t kMaxToken = 128;

base::Error malformed() { return fail(Errc::invalid_argument, "malformed handshake payload"); }

void put(WireWriter& out, const std::string& text) { out.text(text); }
void get(WireReader& in, std::string& text) { text = in.text(kMaxToken); }

void put(WireWriter& out, const crypto::X25519Public& key) { out.fixed(key.bytes); }
void get(WireReader& in, crypto::X25519Public& key) { key.bytes = in.array<32>(); }

void put(WireWriter& out, const Generation& generation) { out.u64(generation); }
void get(WireReader& in, Generation& generation) {
  generation = in.u64();
  // Stored as a signed integer. No pair of peers reaches this bound.
  if (generation < 1 || generation > (std::uint64_t{1} << 62)) in.refuse();
}

void put(WireWriter& out, const LastReceived& last_received) {
  write_last_received(out, last_received);
}
void get(WireReader& in, LastReceived& last_received) { last_received = read_last_received(in); }

void put(WireWriter& out, const Card& card) {
  out.fixed(card.identity.bytes()).text(card.addr);
  write_fields(out, card);
  out.fixed(card.tag);
}
void get(WireReader& in, Card& card) {
  const base::ByteView identity = in.fixed(32);
  card.addr = in.text(kMaxAddr);
  read_fields(in, card);
  card.tag = in.array<16>();
  if (!in.ok()) return;
  auto key = crypto::PublicKey::from_bytes(identity);
  if (!key) return in.refuse();
  card.identity = *key;
}

// The fields of the handshake payloads, in their order on the wire.
template <class T, class Payload>
concept IsA = std::same_as<std::remove_const_t<T>, Payload>;
auto fields(IsA<JoinRequest> auto& m) { return std::tie(m.invite_number, m.card, m.generation); }
auto fields(IsA<JoinAnswer> auto& m) { return std::tie(m.ratchet_key, m.card, m.generation); }
auto fields(IsA<SessionRequest> auto& m) { return std::tie(m.card, m.last_received, m.generation); }
auto fields(IsA<SessionAnswer> auto& m) {
  return std::tie(m.ratchet_key, m.card, m.last_received, m.generation);
}

// A handshake payload is a version and the fields; bytes after them belong to a later version.
template <class Payload>
base::Bytes encode_payload(const Payload& payload) {
  WireWriter out;
  out.u8(kVersion);
  std::apply([&](const auto&... field) { (put(out, field), ...); }, fields(payload));
  return out.take();
}

template <class Payload>
base::Result<Payload> decode_payload(base::ByteView bytes) {
  WireReader in(bytes);
  Payload payload;
  if (in.u8() != kVersion) return malformed();
  std::apply([&](auto&... field) { (get(in, field), ...); }, fields(payload));
  if (!in.ok()) return malformed();
  return payload;
}

}  // namespace

base::Bytes encode(const Card& card) {
  WireWriter out;
  put(out, card);
  return out.take();
}

base::Result<Card> decode_card(base::ByteView bytes) {
  WireReader in(bytes);
  Card card;
  get(in, card);
  if (!in.done()) return malformed();
  return card;
}

void write_fields(WireWriter& out, const Profile& profile) {
  out.text(profile.name).text(profile.status).boolean(profile.bot);
  out.u8(static_cast<std::uint8_t>(profile.urls.size()));
  for (const std::string& url : profile.urls) out.text(url);
  out.text(profile.mailbox).fixed(profile.token.bytes);
}

void read_fields(WireReader& in, Profile& profile) {
  profile.name = in.text(kMaxName);
  profile.status = in.text(kMaxStatus);
  profile.bot = in.boolean();
  const std::size_t urls = in.u8();
  if (urls < 1 || urls > 3) in.refuse();
  for (std::size_t i = 0; i < urls && in.ok(); ++i) profile.urls.push_back(in.text(kMaxUrl));
  profile.mailbox = in.text(kMaxToken);
  profile.token.bytes = in.array<32>();
}

void write_last_received(WireWriter& out, const LastReceived& last_received) {
  out.u64(last_received.seq).fixed(last_received.uuid);
}

LastReceived read_last_received(WireReader& in) {
  LastReceived last_received;
  last_received.seq = in.u64();
  if (last_received.seq > (std::uint64_t{1} << 62))
    in.refuse();  // it is stored as a signed integer
  last_received.uuid = in.array<16>();
  return last_received;
}

base::Bytes encode(const JoinRequest& request) { return encode_payload(request); }
base::Bytes encode(const JoinAnswer& answer) { return encode_payload(answer); }
base::Bytes encode(const SessionRequest& request) { return encode_payload(request); }
base::Bytes encode(const SessionAnswer& answer) { return encode_payload(answer); }

base::Result<JoinRequest> decode_join_request(base::ByteView bytes) {
  return decode_payload<JoinRequest>(bytes);
}
base::Result<JoinAnswer> decode_join_answer(base::ByteView bytes) {
  return decode_payload<JoinAnswer>(bytes);
}
base::Result<SessionRequest> decode_session_request(base::ByteView bytes) {
  return decode_payload<SessionRequest>(bytes);
}
base::Result<SessionAnswer> decode_session_answer(base::ByteView bytes) {
  return decode_payload<SessionAnswer>(bytes);
}

}  // namespace messaging
