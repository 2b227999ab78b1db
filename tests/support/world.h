// World: gateways named alice and bob in one process, each with a store of its own on disk, joined
// by a network that can lose, double, delay and reorder deposits or be cut, with a clock moved by
// hand. Everything random comes from one seed.
//
//   World world;
//   const ChatId chat = world.join(world.alice, world.bob);
//   const MsgId id = world.alice.send(chat, "hello");
//   REQUIRE(world.until([&] { return world.bob.has_text("hello"); }));
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "messaging/api/engine.h"
#include "messaging/peering/transport.h"
#include "store/store.h"
#include "tests/support/catch.h"

namespace test {

using namespace messaging;  // NOLINT: tests speak messaging's nouns

inline constexpr base::Millis kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

// A folder that is gone with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  // Writes a file below it and answers with its path.
  std::string file(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

// One answer that comes from another thread. Its templates depend on the answer's type alone, not
// on who asks: they are compiled once a program and not once a call.
template <class T>
class Answer {
 public:
  static base::Completion<T> completion(std::shared_ptr<Answer> answer) {
    return [answer = std::move(answer)](base::Result<T> result) {
      base::Lock lock(answer->mutex_);
      answer->result_.emplace(std::move(result));
      answer->came_.notify_all();
    };
  }
  base::Result<T> wait() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    base::Lock lock(mutex_);
    while (!result_ && std::chrono::steady_clock::now() < deadline) {
      came_.wait_for(mutex_, std::chrono::milliseconds(100));
    }
    if (!result_) return base::fail(base::Errc::internal, "no answer within a minute");
    return *std::move(result_);
  }

 private:
  base::Mutex mutex_;
  base::Condition came_;
  std::optional<base::Result<T>> result_ GUARDED_BY(mutex_);
};

// Calls f(Completion<T>) and waits for its answer. Fails the test after a minute.
template <class T, class F>
base::Result<T> answer(F&& f) {
  auto answer = std::make_shared<Answer<T>>();
  f(Answer<T>::completion(answer));
  return answer->wait();
}

// A gateway's own clock: the world's, with a wall time that may be moved alone.
class PeerClock final : public base::Clock {
 public:
  explicit PeerClock(base::ManualClock& world) : world_(world) {}
  base::UnixMillis now() const override { return world_.now() + off_; }
  base::Millis uptime() const override { return world_.uptime(); }
  void jump(base::Millis by) { off_ += by; }

 private:
  base::ManualClock& world_;
  std::atomic<base::Millis> off_{0};
};

// What happens to deposits. Chances are 0 to 1.
struct Weather {
  double lose_request = 0;  // the other side never gets it
  double lose_reply = 0;    // it is stored there, and we never learn it
  double duplicate = 0;     // it arrives twice
  bool reorder = false;     // deposits under way overtake each other
  bool cut = false;         // nothing goes through
};

// Where each URL leads. Safe from any thread.
class Network {
 public:
  explicit Network(unsigned seed) : random_(seed) {}

  void attach(const std::string& url, peering::Mailroom& mailroom);
  void detach(const std::string& url);  // returns when nothing calls the mailroom any more
  void set(Weather weather);
  Weather weather() const;
  double chance();
  // Keeps a copy of all that goes over the network from now on.
  void capture();
  base::Bytes captured() const;
  std::size_t deposits() const;

  // From now on deposits stay under way until released one by one, or all with the end of it.
  void hold(bool on);
  // The newest of this sender's that was held, delivered meanwhile or not; 0: none yet.
  std::uint64_t newest_held(const std::string& sender) const;
  // Waits for one of this sender's that is held after `before`; fails the test after a minute.
  std::uint64_t held_after(const std::string& sender, std::uint64_t before);
  void release(std::uint64_t held);
  // True: `deliver` is kept for release().
  bool keep(const std::string& sender, const std::function<void()>& deliver);

  // Delivers an arrival to where `url` leads; false when nobody is there.
  bool deliver(const std::string& url, peering::Arrival arrival,
               base::Completion<peering::ArrivalReply> done);

 private:
  struct Place {
    peering::Mailroom* mailroom = nullptr;
    int calls = 0;
  };
  mutable base::Mutex mutex_;
  base::Condition idle_;
  base::Condition kept_;
  std::map<std::string, Place> places_ GUARDED_BY(mutex_);
  Weather weather_ GUARDED_BY(mutex_);
  std::mt19937 random_ GUARDED_BY(mutex_);
  bool capturing_ GUARDED_BY(mutex_) = false;
  base::Bytes captured_ GUARDED_BY(mutex_);
  std::size_t deposits_ GUARDED_BY(mutex_) = 0;
  bool holding_ GUARDED_BY(mutex_) = false;
  std::uint64_t last_held_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::uint64_t> newest_held_ GUARDED_BY(mutex_);
  std::map<std::uint64_t, std::function<void()>> held_ GUARDED_BY(mutex_);
};

// One gateway's way into the network, with a thread of its own.
class LossyTransport final : public peering::DepositTransport {
 public:
  LossyTransport(Network& network, const base::Clock& clock, std::string sender);
  ~LossyTransport() override;  // close()

  void deposit(peering::Deposit deposit, base::Completion<peering::DepositReply> done) override;
  // Everything under way is answered as unreachable; nothing is called back afterwards.
  void close();

 private:
  struct Reply;
  struct Job {
    peering::Deposit deposit;
    std::shared_ptr<Reply> reply;  // nothing: nobody waits for it
    bool lose_reply = false;
  };
  void run();
  void carry(Job job);
  // Outlives the transport: a deposit may be held while its sender restarts.
  static bool attempt(Network& network, const base::Clock& clock, const Job& job,
                      base::Millis clock_offset);

  Network& network_;
  const base::Clock& clock_;
  const std::string sender_;
  base::Mutex mutex_;
  base::Condition news_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Reply>> open_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// One gateway. start() after stop() opens the same directory again.
class Peer {
 public:
  Peer(Network& network, base::ManualClock& clock, std::string name);
  ~Peer();

  void start();
  void stop();
  void restart() {
    stop();
    start();
  }

  Engine& engine() { return *engine_; }
  store::Store& store() { return *store_; }
  const std::string& dir() const { return dir_.path(); }
  const std::string& name() const { return name_; }
  PeerClock& clock() { return clock_; }
  // It is reached elsewhere after its next start.
  void move_to(std::string url) { url_ = std::move(url); }

  // What it does for contacts, from its next start.
  void set_device(kernel::Device& device) { device_ = &device; }

  // What carries its mails, from its next start; its receiver is set before it starts.
  void set_mails(mail::MailTransport* mails) { mails_ = mails; }

  // Shorthands for account 1; they fail the test on errors.
  std::string invite();
  MsgId send(ChatId chat, const std::string& text);
  MsgId send(ChatId chat, MessageDraft draft);
  void mark_seen(std::vector<MsgId> messages);
  Message message(MsgId id);
  MsgState state(MsgId id) { return message(id).state; }
  // The texts of a chat without info messages, in order.
  std::vector<std::string> texts(ChatId chat);
  // A message with this text in any chat of the list. Reads see a commit a moment before its
  // events.
  std::optional<MsgId> find_text(const std::string& text);
  bool has_text(const std::string& text) { return find_text(text).has_value(); }
  // As search_messages() answers.
  std::vector<MsgId> search(const std::string& text, std::optional<ChatId> chat = std::nullopt);
  ChatId chat_with_peer();  // the one chat with a real contact
  ChatId saved_messages();
  void set_config(const std::string& key, std::optional<std::string> value);

  // All events since the first start, as the listener got them; those of writes that were accepted
  // before the call are waited for.
  std::vector<Event> events() const;
  template <class E>
  std::vector<E> events_of() const {
    std::vector<E> found;
    for (const Event& event : events()) {
      if (const E* body = std::get_if<E>(&event.body)) found.push_back(*body);
    }
    return found;
  }
  void forget_events();

  static constexpr AccountId kAccount{1};

 private:
  Network& network_;
  PeerClock clock_;
  std::string name_;
  std::string url_ = "http://" + name_ + ".test";
  kernel::Device* device_ = nullptr;
  mail::MailTransport* mails_ = nullptr;
  std::string attached_;
  TempDir dir_;
  mutable base::Mutex mutex_;
  std::vector<Event> events_ GUARDED_BY(mutex_);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<LossyTransport> transport_;
  std::unique_ptr<Engine> engine_;
};
inline constexpr AccountId kAccount = Peer::kAccount;

class World {
 public:
  explicit World(unsigned seed = 1);

  base::ManualClock clock;
  Network network;
  Peer alice;
  Peer bob;

  // Moves the clock on and looks again, until it holds or a minute of real time is over.
  bool until(const std::function<bool()>& holds);
  // The joiner scans the inviter's invite; answers with the joiner's chat once both are done.
  ChatId join(Peer& joiner, Peer& inviter);
};

}  // namespace test
