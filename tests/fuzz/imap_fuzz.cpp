// room: gateway
// Bytes as an IMAP server may send them: what comes in pieces is read as what comes at once, and
// the bounds hold. The same bytes are read as an autoconfig document.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mail/imap_response.h"
#include "gateway/mail/server_guesses.h"

namespace {

using gateway::mail::ImapLimits;
using gateway::mail::ImapReader;
using gateway::mail::ImapResponse;

constexpr ImapLimits kLimits{.lines = 3'000, .literals = 4'000, .most_literals = 5};

void require(bool holds) {
  if (!holds) std::abort();
}

std::string written(const ImapResponse& seen) {
  std::string out = std::to_string(static_cast<int>(seen.kind)) + seen.tag + seen.code + seen.text +
                    std::to_string(seen.number);
  for (const auto& word : seen.words) out += word;
  for (const auto uid : seen.uids) {
    require(uid != 0);
    out += std::to_string(uid);
  }
  if (seen.fetch.uid) out += std::to_string(*seen.fetch.uid);
  if (seen.fetch.body) out += base::as_text(*seen.fetch.body);
  if (seen.fetch.header) out += base::as_text(*seen.fetch.header);
  return out;
}

struct Seen {
  std::vector<std::string> all;
  bool ok = true;
};

Seen run(std::string_view bytes, std::size_t piece) {
  Seen out;
  ImapReader reader(kLimits);
  while (!bytes.empty() && out.ok) {
    out.ok = reader.feed(bytes.substr(0, piece)).ok();
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto raw = reader.next()) {
      require(raw->lines.size() == raw->literals.size() + 1);
      std::size_t in_lines = 0;
      std::size_t in_literals = 0;
      for (const auto& line : raw->lines) in_lines += line.size();
      for (const auto& literal : raw->literals) in_literals += literal.size();
      require(in_lines <= kLimits.lines && in_literals <= kLimits.literals);
      const ImapResponse response = gateway::mail::parse_imap(std::move(*raw));
      require(response.text.size() <= 300);
      out.all.push_back(written(response));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Seen whole = run(bytes, bytes.size() + 1);
  const Seen pieces = run(bytes, 1 + data[0] % 64);
  require(whole.ok == pieces.ok && whole.all == pieces.all);
  const auto servers =
      gateway::mail::read_autoconfig(gateway::mail::MailService::imap, bytes, "a@b.c");
  require(servers.size() <= 4);
  for (const auto& server : servers) require(server.port != 0 && server.host.size() <= 253);
  return 0;
}
