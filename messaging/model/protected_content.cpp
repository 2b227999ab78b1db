#include "messaging/model/protected_content.h"

namespace messaging {
namespace {

using base::WireReader;
using base::WireWriter;
using store::FileState;

constexpr std::size_t kMaxLabel = 1024;
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 62;  // stored as a signed integer
constexpr std::string_view kContext = "privitty-edge file decision v1";

void write_unsigned(WireWriter& out, const FileDecision& d) {
  out.fixed(d.file).fixed(d.holder).u64(d.rev).u8(static_cast<std::uint8_t>(d.state));
  out.boolean(d.download).boolean(d.forward).i64(d.expires_at).boolean(d.share.has_value());
  if (d.share) out.fixed(d.share->view());
  out.text(d.name).boolean(d.group.has_value());
  if (d.group) out.fixed(*d.group);
}

base::Bytes signed_bytes(const FileDecision& decision) {
  WireWriter out;
  out.text(kContext);
  write_unsigned(out, decision);
  return out.take();
}

std::uint64_t read_number(WireReader& in) {
  const std::uint64_t number = in.u64();
  if (number > kMaxNumber) in.refuse();
  return number;
}

FileState read_state(WireReader& in) {
  const std::uint8_t state = in.u8();
  if (state > static_cast<std::uint8_t>(FileState::deleted)) in.refuse();
  return static_cast<FileState>(state);
}

}  // namespace

void write_fields(WireWriter& out, const FileDecision& decision) {
  write_unsigned(out, decision);
  out.fixed(decision.signature);
}

void write_fields(WireWriter& out, const FileRequest& request) {
  out.fixed(request.file).fixed(request.holder).text(request.holder_name);
  out.text(request.holder_addr).u64(request.asked);
}

void write_fields(WireWriter& out, const FileReport& report) {
  out.fixed(report.file).fixed(report.holder).u64(report.rev);
  out.u8(static_cast<std::uint8_t>(report.state));
}

void write_fields(WireWriter& out, const FileOffer& offer) {
  out.fixed(offer.file).fixed(offer.owner).text(offer.owner_name).text(offer.owner_addr);
  out.text(offer.name);
}

void write_fields(WireWriter& out, const FileNotice& notice) {
  out.fixed(notice.file).fixed(notice.holder).text(notice.holder_name).text(notice.holder_addr);
}

void read_fields(WireReader& in, FileDecision& decision) {
  decision.file = in.array<16>();
  decision.holder = in.array<32>();
  decision.rev = read_number(in);
  decision.state = read_state(in);
  decision.download = in.boolean();
  decision.forward = in.boolean();
  decision.expires_at = in.i64();
  if (in.boolean()) {
    const base::ByteView share = in.fixed(32);
    if (share.size() == 32) decision.share = crypto::PrvShare(share.first<32>());
  }
  decision.name = in.text(crypto::kMaxPrvName);
  if (in.boolean()) decision.group = in.array<16>();
  decision.signature = in.array<64>();
  if (decision.share.has_value() != (decision.state == FileState::active)) in.refuse();
  if (decision.expires_at < 0 || decision.rev == 0) in.refuse();
}

void read_fields(WireReader& in, FileRequest& request) {
  request.file = in.array<16>();
  request.holder = in.array<32>();
  request.holder_name = in.text(kMaxLabel);
  request.holder_addr = in.text(kMaxLabel);
  request.asked = read_number(in);
}

void read_fields(WireReader& in, FileReport& report) {
  report.file = in.array<16>();
  report.holder = in.array<32>();
  report.rev = read_number(in);
  report.state = read_state(in);
  if (report.state != FileState::expired && report.state != FileState::deleted) in.refuse();
}

void read_fields(WireReader& in, FileOffer& offer) {
  offer.file = in.array<16>();
  offer.owner = in.array<32>();
  offer.owner_name = in.text(kMaxLabel);
  offer.owner_addr = in.text(kMaxLabel);
  offer.name = in.text(crypto::kMaxPrvName);
}

void read_fields(WireReader& in, FileNotice& notice) {
  notice.file = in.array<16>();
  notice.holder = in.array<32>();
  notice.holder_name = in.text(kMaxLabel);
  notice.holder_addr = in.text(kMaxLabel);
}

void sign(FileDecision& decision, const crypto::Identity& owner) {
  base::Bytes bytes = signed_bytes(decision);
  decision.signature = owner.sign(bytes);
  crypto::wipe(bytes);
}

bool signed_by(const FileDecision& decision, const crypto::PublicKey& owner) {
  base::Bytes bytes = signed_bytes(decision);
  const bool good = owner.verify(bytes, decision.signature);
  crypto::wipe(bytes);
  return good;
}

}  // namespace messaging
