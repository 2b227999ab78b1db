// Moving: an account goes from one gateway to another, and lives there alone; contacts notice
// nothing, and a copy of the old one that comes back disturbs nothing.
#include <filesystem>
#include <thread>

#include "messaging/api/transfers.h"
#include "messaging/model/transfer_code.h"
#include "tests/messaging/talk.h"
#include "tests/support/eventually.h"

using namespace test;

namespace {

// Two ends of bytes in memory; each may be cut after a number of bytes.
struct Pipe {
  base::Mutex mutex;
  base::Condition news;
  base::Bytes bytes GUARDED_BY(mutex);
  bool ended GUARDED_BY(mutex) = false;
  std::size_t left GUARDED_BY(mutex) = SIZE_MAX;
};

class MemoryChannel final : public TransferChannel {
 public:
  MemoryChannel(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ~MemoryChannel() override {
    for (const auto& pipe : {in_, out_}) {
      base::Lock lock(pipe->mutex);
      pipe->ended = true;
      pipe->news.notify_all();
    }
  }
  base::Result<> send(base::ByteView bytes, const std::stop_token&) override {
    base::Lock lock(out_->mutex);
    if (out_->ended || bytes.size() > out_->left) {
      out_->ended = true;
      out_->news.notify_all();
      return base::fail(base::Errc::unavailable, "the line was cut");
    }
    out_->left -= bytes.size();
    out_->bytes.insert(out_->bytes.end(), bytes.begin(), bytes.end());
    out_->news.notify_all();
    return {};
  }
  base::Result<std::size_t> receive(std::span<std::uint8_t> out, base::Millis,
                                    const std::stop_token&) override {
    base::Lock lock(in_->mutex);
    while (in_->bytes.size() < out.size() && !in_->ended) in_->news.wait(in_->mutex);
    const std::size_t size = std::min(out.size(), in_->bytes.size());
    std::copy_n(in_->bytes.begin(), size, out.begin());
    in_->bytes.erase(in_->bytes.begin(), in_->bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
  const crypto::BackupKey& to_taker() const override { return keys_[0]; }
  const crypto::BackupKey& to_giver() const override { return keys_[1]; }

 private:
  std::shared_ptr<Pipe> in_, out_;
  const std::array<crypto::BackupKey, 2> keys_{crypto::BackupKey::of_transfer(base::Bytes(32, 1)),
                                               crypto::BackupKey::of_transfer(base::Bytes(32, 2))};
};

class MemoryPort final : public TransferPort {
 public:
  struct Meeting {
    base::Mutex mutex;
    base::Condition news;
    std::unique_ptr<TransferChannel> giver GUARDED_BY(mutex);
  };
  class Offer final : public TransferOffer {
   public:
    explicit Offer(std::shared_ptr<Meeting> meeting) : meeting_(std::move(meeting)) {}
    std::vector<std::string> addresses() const override { return {"10.0.0.1:1"}; }
    base::Result<std::unique_ptr<TransferChannel>> wait(const std::stop_token& stop) override {
      base::Lock lock(meeting_->mutex);
      while (!meeting_->giver) {
        if (stop.stop_requested()) return base::fail(base::Errc::unavailable, "stopped, as asked");
        meeting_->news.wait_for(meeting_->mutex, std::chrono::milliseconds(20));
      }
      return std::move(meeting_->giver);
    }

   private:
    std::shared_ptr<Meeting> meeting_;
  };
  base::Result<std::unique_ptr<TransferOffer>> offer(const TransferSecret&) override {
    meeting_ = std::make_shared<Meeting>();
    return std::unique_ptr<TransferOffer>(std::make_unique<Offer>(meeting_));
  }
  base::Result<std::unique_ptr<TransferChannel>> take(const std::vector<std::string>&,
                                                      const TransferSecret&,
                                                      const std::stop_token&) override {
    if (before_taking) before_taking();
    auto down = std::make_shared<Pipe>();
    auto up = std::make_shared<Pipe>();
    {
      base::Lock lock(down->mutex);
      down->left = cut_down;
    }
    {
      base::Lock lock(up->mutex);
      up->left = cut_up;
    }
    base::Lock lock(meeting_->mutex);
    meeting_->giver = std::make_unique<MemoryChannel>(up, down);
    meeting_->news.notify_all();
    return std::unique_ptr<TransferChannel>(std::make_unique<MemoryChannel>(down, up));
  }
  std::function<void()> before_taking;
  std::size_t cut_down = SIZE_MAX, cut_up = SIZE_MAX;

 private:
  std::shared_ptr<Meeting> meeting_;
};

struct Move : Talk {
  Move() : dora(world.network, world.clock, "dora") {
    alice_sends(2);
    bob_sends(2);
    REQUIRE(arrived());
    world.alice.engine().set_transfer_port(port);
    dora.engine().set_transfer_port(port);
  }
  // Both answers.
  std::pair<base::Result<>, base::Result<>> move() {
    std::optional<base::Result<>> given;
    std::thread giver([&] {
      given = answer<void>([&](auto done) {
        world.alice.engine().transfers().provide(Peer::kAccount, std::move(done));
      });
    });
    base::Result<std::string> code = base::fail(base::Errc::not_found, "");
    eventually([&] {
      code = answer<std::string>([&](auto done) {
        world.alice.engine().transfers().code(Peer::kAccount, std::move(done));
      });
      return code.has_value();
    });
    auto taken = code ? answer<void>([&](auto done) {
      dora.engine().transfers().take(Peer::kAccount, *code, std::move(done));
    })
                      : base::Result<>(code.error());
    giver.join();
    return {*std::move(given), std::move(taken)};
  }
  bool both_ways(Peer& peer, const std::string& word) {
    peer.send(alices, "from " + word);
    world.bob.send(bobs, "to " + word);
    return world.until(
        [&] { return world.bob.has_text("from " + word) && peer.has_text("to " + word); });
  }
  MemoryPort port;
  Peer dora;
};

}  // namespace

TEST_CASE("an account moves to another gateway and lives there alone") {
  Move move;
  Peer& alice = move.world.alice;
  const auto [given, taken] = move.move();
  if (!given) FAIL(given.error().message);
  if (!taken) FAIL(taken.error().message);
  CHECK(alice.events_of<ImexProgress>().back().progress == 1000);
  CHECK(move.dora.events_of<ImexProgress>().back().progress == 1000);
  CHECK(move.both_ways(move.dora, "dora"));
  // The old one says why it does nothing more, after a restart too.
  for (int start = 0; start < 2; ++start) {
    CHECK_FALSE(alice.engine().accounts().io_running(Peer::kAccount));
    const auto refused = answer<void>(
        [&](auto done) { alice.engine().accounts().start_io(Peer::kAccount, std::move(done)); });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("lives on another gateway") != std::string::npos);
    CHECK(answer<void>([&](auto done) {
            alice.engine().accounts().start_io_of_those_here(Peer::kAccount, std::move(done));
          }).ok());
    CHECK_FALSE(alice.engine().accounts().io_running(Peer::kAccount));
    if (start == 0) alice.restart();
  }
  MessageDraft lost;
  lost.text = "lost";
  CHECK_FALSE(answer<MsgId>([&](auto done) {
                alice.engine().messages().send(Peer::kAccount, move.alices, lost, std::move(done));
              }).ok());
  CHECK(alice.has_text(
      "This account moved to another gateway. Nothing is sent or received here any more; "
      "remove_account removes what is left of it here."));
  CHECK_FALSE(move.dora.has_text(
      "This account moved to another gateway. Nothing is sent or received here any more; "
      "remove_account removes what is left of it here."));
  CHECK(move.dora.engine().accounts().io_running(Peer::kAccount));
  CHECK(said(move.world.bob, move.bobs, 'a') == numbered("a", 0, 2));
}

TEST_CASE("an old copy of an account that moved comes back and breaks no session") {
  Move move;
  Peer& alice = move.world.alice;
  alice.stop();
  const TempDir copy;
  std::filesystem::copy(alice.dir(), copy.path() + "/alice",
                        std::filesystem::copy_options::recursive);
  alice.start();
  alice.engine().set_transfer_port(move.port);
  REQUIRE(move.move().second.ok());
  REQUIRE(move.both_ways(move.dora, "dora"));
  alice.stop();
  std::filesystem::remove_all(alice.dir());
  std::filesystem::copy(copy.path() + "/alice", alice.dir(),
                        std::filesystem::copy_options::recursive);
  alice.start();  // it knows nothing of the move
  alice.send(move.alices, "a ghost speaks");
  // Bob refuses what it deposits, and its requests for a session too, however long it tries.
  const auto asked = [&] {
    auto reader = alice.store().read();
    REQUIRE(reader);
    return (*reader)->integer("SELECT count(*) FROM pending_join WHERE role = 3")->value_or(0) > 0;
  };
  REQUIRE(move.world.until(asked));
  int steps = 0;
  REQUIRE(move.world.until([&] { return ++steps > 300; }));
  CHECK(asked());
  REQUIRE(move.both_ways(move.dora, "dora again"));
  REQUIRE(move.both_ways(move.dora, "dora once more"));
  CHECK_FALSE(alice.has_text("to dora again"));
}

TEST_CASE("a line that is cut before the end leaves the account where it was") {
  Move move;
  move.port.cut_down = 5'000;
  const auto [given, taken] = move.move();
  CHECK_FALSE(given.ok());
  CHECK_FALSE(taken.ok());
  CHECK(move.world.alice.engine().accounts().io_running(Peer::kAccount));
  CHECK(move.both_ways(move.world.alice, "alice"));
  CHECK_FALSE(move.dora.has_text("a0"));
  // And it can be tried again.
  move.port.cut_down = SIZE_MAX;
  const auto again = move.move();
  if (!again.second) FAIL(again.second.error().message);
  CHECK(move.both_ways(move.dora, "dora"));
}

TEST_CASE("a gateway that cannot take the account says so, and the account stays where it was") {
  Move move;
  // Dora's account comes into use while the account is under way.
  move.port.before_taking = [&] {
    const auto contact = answer<ContactId>([&](auto done) {
      move.dora.engine().contacts().create(Peer::kAccount, "pump@plant.example", "Pump",
                                           std::move(done));
    });
    CHECK(contact);
  };
  const auto [given, taken] = move.move();
  REQUIRE_FALSE(taken.ok());
  REQUIRE_FALSE(given.ok());
  CHECK(given.error().code == base::Errc::unavailable);
  CHECK(move.world.alice.engine().accounts().io_running(Peer::kAccount));
  CHECK(move.both_ways(move.world.alice, "alice"));
}

TEST_CASE("when the last word is lost the old gateway stays stopped, and says what to do") {
  Move move;
  move.port.cut_up = 0;
  const auto [given, taken] = move.move();
  CHECK_FALSE(given.ok());
  CHECK(taken.ok());
  Peer& alice = move.world.alice;
  CHECK_FALSE(alice.engine().accounts().io_running(Peer::kAccount));
  bool says = false;
  for (const Error& error : alice.events_of<Error>()) {
    says = says || error.msg.find("has not said that it has it") != std::string::npos;
  }
  CHECK(says);
  alice.restart();
  CHECK_FALSE(alice.engine().accounts().io_running(Peer::kAccount));
  CHECK(move.both_ways(move.dora, "dora"));
  // Somebody who knows that the other one has it not goes on here.
  move.dora.stop();
  CHECK(answer<void>([&](auto done) {
          alice.engine().accounts().start_io(Peer::kAccount, std::move(done));
        }).ok());
  CHECK(alice.engine().accounts().io_running(Peer::kAccount));
}

TEST_CASE("an offer is one at a time, ends when it is stopped, and its code with it") {
  Move move;
  Transfers& transfers = move.world.alice.engine().transfers();
  CHECK(answer<std::string>([&](auto done) { transfers.code(Peer::kAccount, std::move(done)); })
            .error()
            .message.find("call provide_backup first") != std::string::npos);
  std::optional<base::Result<>> given;
  std::thread giver([&] {
    given = answer<void>([&](auto done) { transfers.provide(Peer::kAccount, std::move(done)); });
  });
  base::Result<std::string> code = base::fail(base::Errc::not_found, "");
  REQUIRE(move.world.until([&] {
    code = answer<std::string>([&](auto done) { transfers.code(Peer::kAccount, std::move(done)); });
    return code.ok();
  }));
  CHECK(is_transfer_code(*code));
  CHECK(answer<void>([&](auto done) { transfers.provide(Peer::kAccount, std::move(done)); })
            .error()
            .message.find("already another ongoing process") != std::string::npos);
  CHECK(move.world.alice.engine().backups().stop_ongoing(Peer::kAccount));
  giver.join();
  CHECK_FALSE(given->ok());
  CHECK(move.world.alice.engine().accounts().io_running(Peer::kAccount));
  CHECK_FALSE(answer<std::string>([&](auto done) {
                transfers.code(Peer::kAccount, std::move(done));
              }).ok());
}

TEST_CASE("codes of transfers are read as they are written, and nothing else is") {
  TransferCode code;
  code.secret[3] = 9;
  code.addresses = {"10.0.0.1:1234", "127.0.0.1:1234"};
  const std::string text = write_transfer_code(code);
  CHECK(text.starts_with("PRIVITTYBACKUP1:"));
  const auto back = parse_transfer_code(text);
  REQUIRE(back);
  CHECK(back->secret == code.secret);
  CHECK(back->addresses == code.addresses);
  for (std::size_t size = 0; size < text.find('&') + 2; ++size) {
    CHECK_FALSE(parse_transfer_code(text.substr(0, size)).has_value());
  }
  CHECK(parse_transfer_code("PRIVITTYBACKUP2:x&y").error().code == base::Errc::forbidden);
  CHECK(parse_transfer_code("DCBACKUP2:x&y").error().message.find("Delta Chat's") !=
        std::string::npos);
  CHECK_FALSE(parse_transfer_code(text + std::string(2000, ',')).has_value());
}
