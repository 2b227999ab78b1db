#include "gateway/daemon/peer_port.h"

#include <charconv>
#include <fstream>
#include <optional>

#include "base/log.h"
#include "crypto/random.h"
#include "store/whole_file.h"

namespace gateway {
namespace {

constexpr std::uint16_t kFirstPort = 10'000;
constexpr std::uint16_t kEndPort = 32'768;  // where the ports of outgoing connections begin
constexpr int kTries = 200;

std::optional<std::uint16_t> read_port(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text;
  std::getline(in, text);
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0) return std::nullopt;
  return port;
}

base::Result<std::string> listen_at(HttpServer& server, std::uint16_t port) {
  return server.listen(HostPort{"127.0.0.1", port}, ListenerKind::peer);
}

}  // namespace

base::Result<std::string> listen_at_kept_port(HttpServer& server,
                                              const std::filesystem::path& accounts) {
  const std::filesystem::path file = accounts / "peer_port";
  if (const auto kept = read_port(file)) {
    auto bound = listen_at(server, *kept);
    if (bound) return bound;
    base::log::warning(
        "{}; peers are given another port now, and invite links from before do not work",
        bound.error().message);
  }
  for (int tries = 0; tries < kTries; ++tries) {
    const auto port =
        static_cast<std::uint16_t>(kFirstPort + crypto::random_u64() % (kEndPort - kFirstPort));
    auto bound = listen_at(server, port);
    if (!bound) continue;
    const std::string text = std::to_string(port) + "\n";
    EDGE_CHECK(store::replace_file(file.string(), base::as_bytes(text)));
    return bound;
  }
  return base::fail(base::Errc::io,
                    "no free port on loopback was found for peers; --peer-listen HOST:PORT names "
                    "one");
}

}  // namespace gateway
