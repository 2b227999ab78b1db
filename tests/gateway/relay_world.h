// A relay behind a real server with a real database, and an owner who speaks to it byte by byte.
#pragma once

#include <sys/socket.h>

#include "gateway/peer/deposit_wire.h"
#include "gateway/relay/relay_part.h"
#include "messaging/peering/relay_choice.h"
#include "store/relay/admissions.h"
#include "tests/gateway/http_world.h"
#include "tests/store/world.h"

namespace gateway::test {

class NoAccounts final : public messaging::peering::Mailroom {
 public:
  void accept(messaging::peering::Arrival,
              base::Completion<messaging::peering::ArrivalReply> done) override {
    done(messaging::peering::ArrivalReply{messaging::peering::ArrivalVerdict::unproven, 0, 0});
  }
};

struct RelayWorld {
  static constexpr const char* kUrl = "http://relay.test";
  ::test::World store;
  NoAccounts accounts;
  base::ManualClock clock;  // the relay's
  RelayOptions options;
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<RelayPart> part;
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
  std::thread thread;

  explicit RelayWorld(RelayLimits limits = {}, bool open = true) {
    store.open();
    options.url = kUrl;
    options.dir = store.dir.path();
    options.open = open;
    options.limits = limits;
    start();
  }
  ~RelayWorld() { stop(); }

  void start() {
    loop = std::move(*EventLoop::create(clock));
    workers = std::make_unique<WorkerPool>(2);
    part = ::test::must(RelayPart::open({*store.store, *loop, *workers, accounts, clock}, options));
    server = std::make_unique<HttpServer>(*loop, *workers, HttpOptions{});
    part->add_routes(server->routes(), clock);
    const std::string bound = ::test::must(server->listen({"127.0.0.1", 0}));
    port = static_cast<std::uint16_t>(std::stoi(bound.substr(bound.rfind(':') + 1)));
    ::test::must(server->start());
    thread = std::thread([this] { loop->run(); });
  }
  void stop() {
    if (!thread.joinable()) return;
    loop->post([this] {
      part->stop_streams();
      server->stop(1000, [this] { loop->stop(); });
    });
    thread.join();
    workers->stop();
    part->stop();
    server.reset();
    part.reset();
    workers.reset();
    loop.reset();
  }
  void restart() {
    stop();
    start();
  }
};

// A device, as a second implementation would be.
struct Device {
  RelayWorld& world;
  crypto::Identity owner = crypto::Identity::generate();
  std::string mailbox = messaging::peering::relay_mailbox_name(owner.public_key());
  std::string url = RelayWorld::kUrl;
  OwnerProof proof;
  std::string address;  // that a proxy on this machine names; "": none does

  explicit Device(RelayWorld& of, std::string from = "") : world(of), address(std::move(from)) {}

  Reply raw(std::string_view method, std::string_view what, std::string_view body,
            const std::string& headers) {
    return ask(world.port, request(method, what, body, headers));
  }
  std::string request(std::string_view method, std::string_view what, std::string_view body,
                      const std::string& headers) const {
    return std::string(method) + " " + relay_path(mailbox, what) +
           " HTTP/1.1\r\nHost: localhost\r\n" + headers +
           (address.empty() ? "" : "X-Forwarded-For: " + address + "\r\n") +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  std::string prove(std::string_view method, std::string_view what, base::ByteView body) {
    ++proof.count;
    proof.signature = owner.sign(owner_statement(url, mailbox, proof, method, what, body));
    return "Relay-Nonce: " + base::to_hex(proof.nonce) +
           "\r\nRelay-Expiry: " + format_time(proof.expiry) +
           "\r\nRelay-Count: " + std::to_string(proof.count) +
           "\r\nRelay-Signature: " + base::to_hex(proof.signature) + "\r\n";
  }
  Reply call(std::string_view method, std::string_view what, const base::Bytes& body = {}) {
    return raw(method, what, base::as_text(body), prove(method, what, body));
  }
  void challenge() {
    const Reply reply = raw("POST", "challenge", "", "");
    REQUIRE(reply.status == 200);
    const auto got = ::test::must(decode_challenge(base::as_bytes(reply.body)));
    proof = {got.nonce, got.expiry, 0, {}};
  }
  int open(const std::string& token = "") {
    challenge();
    return call("POST", "open", encode(OpenRequest{owner.public_key(), token})).status;
  }
  int add_key(const messaging::DepositToken& token, std::uint8_t pseudonym,
              KeyPurpose purpose = KeyPurpose::contact) {
    KeyAddition added;
    added.key_id = messaging::deposit_key_id(token);
    added.key = messaging::deposit_key(token);
    added.purpose = purpose;
    added.pseudonym.fill(pseudonym);
    return call("POST", "keys", encode(std::vector<KeyChange>{added})).status;
  }
  int remove_key(const messaging::DepositToken& token) {
    return call("POST", "keys", encode(std::vector<KeyChange>{messaging::deposit_key_id(token)}))
        .status;
  }
  std::string deposit_request(const messaging::DepositToken& token,
                              const std::vector<base::Bytes>& envelopes) const {
    const auto body = messaging::join_body(envelopes);
    const auto by = messaging::prove_deposit(token, mailbox, world.clock.now(), body);
    return request("POST", "envelopes", base::as_text(body),
                   "Deposit-Key: " + base::to_hex(by.key_id) + "\r\nDeposit-Time: " +
                       format_time(by.time) + "\r\nDeposit-Mac: " + base::to_hex(by.mac) + "\r\n");
  }
  Reply deposit(const messaging::DepositToken& token, const std::vector<base::Bytes>& envelopes) {
    return ask(world.port, deposit_request(token, envelopes));
  }
  std::vector<EnvelopeFrame> poll() {
    const Reply reply = call("GET", "envelopes");
    REQUIRE(reply.status == 200);
    FrameReader reader;
    std::vector<EnvelopeFrame> out;
    for (Frame& frame : ::test::must(reader.feed(base::as_bytes(reply.body)))) {
      if (auto* one = std::get_if<EnvelopeFrame>(&frame)) out.push_back(std::move(*one));
    }
    return out;
  }
  int acknowledge(const std::vector<std::int64_t>& ids) {
    return call("POST", "acks", encode_acks(ids)).status;
  }
};

inline base::Bytes envelope(std::uint8_t n, std::size_t size = 100) { return base::Bytes(size, n); }

// Up to the blank line and no further: what follows is frames.
inline std::string read_head(const Client& client) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    REQUIRE(::recv(client.fd(), &byte, 1, 0) == 1);
    head += byte;
  }
  return head;
}

// A stream as it is read from the socket.
struct Stream {
  Client client;
  FrameReader reader;
  std::vector<Frame> frames;
  std::size_t at = 0;

  explicit Stream(Device& device) : client(device.world.port) {
    client.send("GET " + relay_path(device.mailbox, "stream") + " HTTP/1.1\r\nHost: localhost\r\n" +
                device.prove("GET", "stream", {}) + "\r\n");
    REQUIRE(read_head(client).find(" 200 ") != std::string::npos);
  }
  Frame next() {
    while (at == frames.size()) {
      char byte = 0;
      REQUIRE(::recv(client.fd(), &byte, 1, 0) == 1);
      for (Frame& frame : ::test::must(reader.feed(base::as_bytes(std::string_view(&byte, 1))))) {
        frames.push_back(std::move(frame));
      }
    }
    return frames[at++];
  }
  EnvelopeFrame next_envelope() {
    for (;;) {
      Frame frame = next();
      if (auto* one = std::get_if<EnvelopeFrame>(&frame)) return *one;
    }
  }
};

// A relay with one device whose mailbox is open, and a contact whose key is registered there.
struct OpenMailbox {
  RelayWorld world;
  Device device{world};
  const messaging::DepositToken contact = messaging::DepositToken::generate();

  OpenMailbox() {
    REQUIRE(device.open() == 200);
    REQUIRE(device.add_key(contact, 1) == 204);
  }
};

}  // namespace gateway::test
