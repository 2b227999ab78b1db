#include "gateway/transfer/local_port.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <list>

#include "base/wire.h"
#include "gateway/transfer/proof.h"
#include "gateway/transfer/timed_socket.h"

namespace gateway::transfer {
namespace {

using base::Errc;
using base::fail;
using messaging::TransferChannel;
using messaging::TransferOffer;
using messaging::TransferSecret;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostAddresses = 8;
constexpr int kBacklog = 16;
constexpr int kLookAgain = 100;  // ms, for a stop

class SocketChannel final : public TransferChannel {
 public:
  SocketChannel(TimedSocket socket, ChannelKeys keys, base::Millis silence)
      : socket_(std::move(socket)), keys_(std::move(keys)), silence_(silence) {}

  base::Result<> send(base::ByteView bytes, const std::stop_token& stop) override {
    return socket_.send(bytes, silence_, stop);
  }
  base::Result<std::size_t> receive(std::span<std::uint8_t> out, base::Millis patience,
                                    const std::stop_token& stop) override {
    return socket_.receive(out, std::max(patience, silence_), stop);
  }
  const crypto::BackupKey& to_taker() const override { return keys_.to_taker; }
  const crypto::BackupKey& to_giver() const override { return keys_.to_giver; }

 private:
  TimedSocket socket_;
  const ChannelKeys keys_;
  const base::Millis silence_;
};

// A client that connected to an offer and has not proved anything yet.
struct Stranger {
  TimedSocket socket;
  Proof proof;
  std::string address;
  Clock::time_point until;
  base::Bytes in = {};
};

std::string text_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
  } else {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
  }
  return text;
}

// Addresses of this machine, the most reachable first; link-local ones have no meaning elsewhere.
std::vector<std::string> own_addresses() {
  std::vector<std::string> near;
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) == 0) {
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all(raw, ::freeifaddrs);
    for (const ifaddrs* one = raw; one != nullptr; one = one->ifa_next) {
      if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
      if ((one->ifa_flags & IFF_UP) == 0 || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
      sockaddr_storage copy{};
      std::copy_n(reinterpret_cast<const char*>(one->ifa_addr), sizeof(sockaddr_in),
                  reinterpret_cast<char*>(&copy));
      if (near.size() + 1 < kMostAddresses) near.push_back(text_of(copy));
    }
  }
  near.emplace_back("127.0.0.1");
  return near;
}

class ListeningOffer final : public TransferOffer {
 public:
  ListeningOffer(TimedSocket listener, std::uint16_t port, const TransferSecret& secret,
                 LocalPortTimes times)
      : listener_(std::move(listener)), port_(port), secret_(secret), times_(times) {}
  ~ListeningOffer() override { crypto::wipe(secret_); }

  std::vector<std::string> addresses() const override {
    std::vector<std::string> out;
    for (const std::string& host : own_addresses())
      out.push_back(host + ":" + std::to_string(port_));
    return out;
  }

  base::Result<std::unique_ptr<TransferChannel>> wait(const std::stop_token& stop) override {
    const auto end = Clock::now() + std::chrono::milliseconds(times_.offer);
    for (;;) {
      if (stop.stop_requested()) return fail(Errc::unavailable, "stopped, as asked");
      if (Clock::now() >= end) {
        return fail(Errc::unavailable,
                    "no other gateway came within the code's time; offer it again");
      }
      if (failures_ > kMostFailures) {
        return fail(Errc::unavailable,
                    "too many connections without the code's secret came; offer it again");
      }
      EDGE_CHECK(sleep_until_news());
      EDGE_CHECK(let_in());
      EDGE_TRY(auto proven, read_proofs());
      if (proven) return proven;
    }
  }

 private:
  base::Result<> sleep_until_news() {
    std::vector<pollfd> all;
    const bool room = strangers_.size() < kMostStrangers;
    all.push_back({room ? listener_.fd() : -1, POLLIN, 0});
    for (const Stranger& one : strangers_) all.push_back({one.socket.fd(), POLLIN, 0});
    if (::poll(all.data(), all.size(), kLookAgain) < 0 && errno != EINTR) {
      return base::fail_errno(Errc::io, "wait for another gateway", errno);
    }
    return {};
  }

  base::Result<> let_in() {
    while (strangers_.size() < kMostStrangers) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      const int fd = ::accept4(listener_.fd(), reinterpret_cast<sockaddr*>(&address), &size,
                               SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) return {};
      TimedSocket socket(fd);
      const std::string from = text_of(address);
      const auto of_address =
          std::count_if(strangers_.begin(), strangers_.end(),
                        [&](const Stranger& one) { return one.address == from; });
      if (static_cast<std::size_t>(of_address) >= kMostOfAnAddress) {
        ++failures_;
        continue;
      }
      EDGE_TRY(auto proof, Proof::start(crypto::NoiseRole::responder, secret_));
      strangers_.push_back({std::move(socket), std::move(proof), from,
                            Clock::now() + std::chrono::milliseconds(times_.proof)});
    }
    return {};
  }

  base::Result<std::unique_ptr<TransferChannel>> read_proofs() {
    for (auto one = strangers_.begin(); one != strangers_.end();) {
      const auto proven = read_proof(*one);
      if (proven && *proven) {
        EDGE_TRY(ChannelKeys keys, one->proof.keys());
        if (auto said = one->socket.send(proof_seen(keys), times_.proof, {}); !said) {
          one = strangers_.erase(one);
          continue;
        }
        return std::unique_ptr<TransferChannel>(std::make_unique<SocketChannel>(
            std::move(one->socket), std::move(keys), times_.silence));
      }
      const bool gone = !proven || Clock::now() >= one->until;
      if (gone) ++failures_;
      one = gone ? strangers_.erase(one) : std::next(one);
    }
    return std::unique_ptr<TransferChannel>();
  }

  // True: it proved the secret. An error: drop it.
  static base::Result<bool> read_proof(Stranger& one) {
    std::array<std::uint8_t, 2 + kMaxProof> piece{};
    // Reads only the message's bytes: later ones belong to the channel.
    for (;;) {
      const std::size_t needed = missing(one.in);
      if (needed == 0) {
        EDGE_CHECK(one.proof.read(base::ByteView(one.in).subspan(2)));
        one.in.clear();
        if (one.proof.finished()) return true;
        EDGE_TRY(const base::Bytes answer, one.proof.write());
        EDGE_CHECK(one.socket.send(answer, 0, {}));
        continue;
      }
      if (needed > kMaxProof + 2) return fail(Errc::sealed, "no proof");
      EDGE_TRY(const auto got, one.socket.receive_now(std::span(piece).first(needed)));
      if (!got) return false;
      if (*got == 0) return fail(Errc::unavailable, "it left");
      one.in.insert(one.in.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*got));
    }
  }

  // Bytes until the message is whole.
  static std::size_t missing(const base::Bytes& in) {
    if (in.size() < 2) return 2 - in.size();
    const std::size_t size = std::size_t{in[0]} << 8 | in[1];
    if (size > kMaxProof) return kMaxProof + 3;
    return size + 2 - in.size();
  }

  TimedSocket listener_;
  const std::uint16_t port_;
  TransferSecret secret_;
  const LocalPortTimes times_;
  std::list<Stranger> strangers_;
  std::size_t failures_ = 0;
};

base::Result<ChannelKeys> prove(TimedSocket& socket, const TransferSecret& secret,
                                base::Millis patience, const std::stop_token& stop) {
  EDGE_TRY(Proof proof, Proof::start(crypto::NoiseRole::initiator, secret));
  for (;;) {
    EDGE_TRY(const base::Bytes message, proof.write());
    EDGE_CHECK(socket.send(message, patience, stop));
    if (proof.finished()) {
      EDGE_TRY(ChannelKeys keys, proof.keys());
      ProofSeen seen{};
      EDGE_TRY(const std::size_t got, socket.receive(seen, patience, stop));
      if (got == seen.size() && crypto::equal_ct(seen, proof_seen(keys))) return keys;
      return fail(Errc::unavailable, "it does not know this code, or not any more");
    }
    std::array<std::uint8_t, 2> head{};
    EDGE_TRY(const std::size_t got, socket.receive(head, patience, stop));
    const std::size_t size = std::size_t{head[0]} << 8 | head[1];
    if (got != head.size() || size > kMaxProof) {
      return fail(Errc::unavailable, "who answers there does not know the code");
    }
    base::Bytes answer(size);
    EDGE_TRY(const std::size_t rest, socket.receive(answer, patience, stop));
    if (rest != size || !proof.read(answer)) {
      return fail(Errc::unavailable, "who answers there does not know the code");
    }
  }
}

}  // namespace

base::Result<std::unique_ptr<TransferOffer>> LocalPort::offer(const TransferSecret& secret) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return base::fail_errno(Errc::io, "make a socket", errno);
  TimedSocket listener(fd);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof any;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
      ::listen(fd, kBacklog) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&any), &size) != 0) {
    return base::fail_errno(Errc::io, "listen for another gateway", errno);
  }
  return std::unique_ptr<TransferOffer>(
      std::make_unique<ListeningOffer>(std::move(listener), ntohs(any.sin_port), secret, times_));
}

base::Result<std::unique_ptr<TransferChannel>> LocalPort::take(
    const std::vector<std::string>& addresses, const TransferSecret& secret,
    const std::stop_token& stop) {
  base::Error last = fail(Errc::invalid_argument, "the code names no address");
  for (const std::string& address : addresses) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) continue;
    auto socket = TimedSocket::connect(address.substr(0, colon), address.substr(colon + 1),
                                       times_.connect, stop);
    if (stop.stop_requested()) return fail(Errc::unavailable, "stopped, as asked");
    if (!socket) {
      last = std::move(socket).error();
      continue;
    }
    auto keys = prove(*socket, secret, times_.proof, stop);
    if (!keys) {
      last = std::move(keys).error();
      continue;
    }
    return std::unique_ptr<TransferChannel>(
        std::make_unique<SocketChannel>(*std::move(socket), *std::move(keys), times_.silence));
  }
  return fail(Errc::unavailable,
              "the other gateway is not reached at any address of the code (" + last.message +
                  "); both have to be in one network, and the code is good once and for a quarter"
                  " of an hour");
}

}  // namespace gateway::transfer
