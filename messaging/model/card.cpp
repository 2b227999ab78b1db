#include "messaging/model/card.h"

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

void write_card(WireWriter& out, const Card& card) {
  out.fixed(card.identity.bytes()).text(card.addr);
  write_profile(out, card);
  out.fixed(card.tag);
}

// Stored as a signed integer; nobody renews a session that often.
Generation read_generation(WireReader& in) {
  const Generation generation = in.u64();
  if (generation < 1 || generation > (std::uint64_t{1} << 62)) in.refuse();
  return generation;
}

base::Result<Card> read_card(WireReader& in) {
  Card card;
  const base::ByteView identity = in.fixed(32);
  card.addr = in.text(kMaxAddr);
  static_cast<Profile&>(card) = read_profile(in);
  card.tag = in.array<16>();
  if (!in.ok()) return malformed();
  EDGE_TRY(card.identity, crypto::PublicKey::from_bytes(identity));
  return card;
}

}  // namespace

base::Bytes encode(const Card& card) {
  WireWriter out;
  write_card(out, card);
  return out.take();
}

base::Result<Card> decode_card(base::ByteView bytes) {
  WireReader in(bytes);
  EDGE_TRY(Card card, read_card(in));
  if (!in.done()) return malformed();
  return card;
}

void write_profile(WireWriter& out, const Profile& profile) {
  out.text(profile.name).text(profile.status).boolean(profile.bot);
  out.u8(static_cast<std::uint8_t>(profile.urls.size()));
  for (const std::string& url : profile.urls) out.text(url);
  out.text(profile.mailbox).fixed(profile.token.bytes);
}

Profile read_profile(WireReader& in) {
  Profile profile;
  profile.name = in.text(kMaxName);
  profile.status = in.text(kMaxStatus);
  profile.bot = in.boolean();
  const std::size_t urls = in.u8();
  if (urls < 1 || urls > 3) in.refuse();
  for (std::size_t i = 0; i < urls && in.ok(); ++i) profile.urls.push_back(in.text(kMaxUrl));
  profile.mailbox = in.text(kMaxToken);
  profile.token.bytes = in.array<32>();
  return profile;
}

void write_heard(WireWriter& out, const Heard& heard) { out.u64(heard.seq).fixed(heard.uuid); }

Heard read_heard(WireReader& in) {
  Heard heard;
  heard.seq = in.u64();
  if (heard.seq > (std::uint64_t{1} << 62)) in.refuse();  // it is stored as a signed integer
  heard.uuid = in.array<16>();
  return heard;
}

base::Bytes encode(const JoinRequest& request) {
  WireWriter out;
  out.u8(kVersion).text(request.invite_number);
  write_card(out, request.card);
  out.u64(request.generation);
  return out.take();
}

base::Bytes encode(const JoinAnswer& answer) {
  WireWriter out;
  out.u8(kVersion).fixed(answer.ratchet_key.bytes);
  write_card(out, answer.card);
  out.u64(answer.generation);
  return out.take();
}

base::Result<JoinRequest> decode_join_request(base::ByteView bytes) {
  WireReader in(bytes);
  JoinRequest request;
  if (in.u8() != kVersion) return malformed();
  request.invite_number = in.text(kMaxToken);
  EDGE_TRY(request.card, read_card(in));
  request.generation = read_generation(in);
  if (!in.ok()) return malformed();
  return request;  // left-over bytes are a later version's fields
}

base::Result<JoinAnswer> decode_join_answer(base::ByteView bytes) {
  WireReader in(bytes);
  JoinAnswer answer;
  if (in.u8() != kVersion) return malformed();
  answer.ratchet_key.bytes = in.array<32>();
  EDGE_TRY(answer.card, read_card(in));
  answer.generation = read_generation(in);
  if (!in.ok()) return malformed();
  return answer;
}

base::Bytes encode(const SessionRequest& request) {
  WireWriter out;
  out.u8(kVersion);
  write_card(out, request.card);
  write_heard(out, request.heard);
  out.u64(request.generation);
  return out.take();
}

base::Bytes encode(const SessionAnswer& answer) {
  WireWriter out;
  out.u8(kVersion).fixed(answer.ratchet_key.bytes);
  write_card(out, answer.card);
  write_heard(out, answer.heard);
  out.u64(answer.generation);
  return out.take();
}

base::Result<SessionRequest> decode_session_request(base::ByteView bytes) {
  WireReader in(bytes);
  SessionRequest request;
  if (in.u8() != kVersion) return malformed();
  EDGE_TRY(request.card, read_card(in));
  request.heard = read_heard(in);
  request.generation = read_generation(in);
  if (!in.ok()) return malformed();
  return request;
}

base::Result<SessionAnswer> decode_session_answer(base::ByteView bytes) {
  WireReader in(bytes);
  SessionAnswer answer;
  if (in.u8() != kVersion) return malformed();
  answer.ratchet_key.bytes = in.array<32>();
  EDGE_TRY(answer.card, read_card(in));
  answer.heard = read_heard(in);
  answer.generation = read_generation(in);
  if (!in.ok()) return malformed();
  return answer;
}

}  // namespace messaging
