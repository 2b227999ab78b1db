#include "rpc/event_queue.h"

#include <malloc.h>

#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "rpc/next_messages.h"
#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/support/catch.h"

using base::AccountId;
using base::ChatId;
using base::MsgId;
using nlohmann::json;

namespace {

rpc::Executor inline_executor() {
  return [](const std::string&, base::UniqueFunction<void()> task) { task(); };
}
rpc::EventQueue::FindChat no_chat() {
  return [](AccountId, base::ContactId) { return ChatId(); };
}
messaging::Event incoming(std::uint32_t msg, std::uint32_t account = 1) {
  return {base::EventId(msg), AccountId(account), 0,
          messaging::IncomingMsg{ChatId(10), MsgId(msg)}};
}
void push(rpc::EventQueue& queue, std::uint32_t msg) {
  const auto event = incoming(msg);
  queue.push(std::span(&event, 1));
}

std::shared_ptr<base::LeasedItems> taking() { return std::make_shared<base::LeasedItems>(); }

struct Read {
  std::shared_ptr<std::vector<std::string>> texts = std::make_shared<std::vector<std::string>>();
  std::shared_ptr<bool> failed = std::make_shared<bool>(false);
  rpc::EventQueue::Reader reader() {
    return [texts = texts, failed = failed](base::Result<std::vector<std::string>> result) {
      *failed = !result;
      if (result) *texts = std::move(*result);
    };
  }
};

// The tests below ask the real table, whose waiting methods need no engine.
const char* const kNextEvent = R"({"jsonrpc":"2.0","id":1,"method":"get_next_event","params":[]})";

}  // namespace

TEST_CASE("of an account that was removed only its AccountsChanged is reported") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  const std::vector<messaging::Event> events{
      incoming(1, 2),
      incoming(2, 1),
      incoming(3, 2),
      {base::EventId(4), AccountId(2), 0, messaging::AccountsChanged{}}};
  queue.push(events);
  queue.forget(AccountId(2));
  queue.forget(AccountId(3));
  Read all;
  queue.read(10, a_caller(), taking(), all.reader());
  REQUIRE(all.texts->size() == 2);
  CHECK(all.texts->at(0).find("\"msgId\":2") != std::string::npos);
  CHECK(all.texts->at(1).find("AccountsChanged") != std::string::npos);
  Read none;
  queue.read(10, a_caller(), taking(), none.reader());
  CHECK(queue.parked() == 1);  // there is nothing more
  queue.stop();
}

TEST_CASE("only kinds that Delta Chat's clients know are returned") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  const std::vector<messaging::Event> events{
      {base::EventId(1), AccountId(1), 0,
       messaging::PrivittyChatEncryptionChanged{ChatId(10), true}},
      incoming(2),
      {base::EventId(3), AccountId(1), 0, messaging::PrivittyFileDecrypted{}}};
  queue.push(events);
  Read read;
  queue.read(10, a_caller(), taking(), read.reader());
  REQUIRE(read.texts->size() == 1);
  CHECK(json::parse(read.texts->front())["event"]["kind"] == "IncomingMsg");
  Read waits;
  queue.read(10, a_caller(), taking(), waits.reader());
  CHECK(queue.parked() == 1);
  queue.stop();
}

TEST_CASE("events are taken once, in order, at most 101 at a time") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  for (std::uint32_t i = 1; i <= 150; ++i) push(queue, i);
  Read one;
  queue.read(1, a_caller(), taking(), one.reader());
  REQUIRE(one.texts->size() == 1);
  CHECK(json::parse(one.texts->front())["event"]["msgId"] == 1);
  Read many;
  queue.read(rpc::EventQueue::kMaxBatch, a_caller(), taking(), many.reader());
  REQUIRE(many.texts->size() == 101);
  CHECK(json::parse(many.texts->back())["event"]["msgId"] == 102);
  Read rest;
  queue.read(rpc::EventQueue::kMaxBatch, a_caller(), taking(), rest.reader());
  CHECK(rest.texts->size() == 48);
}

TEST_CASE("a full queue drops the oldest and says how many") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  for (std::uint32_t i = 1; i <= 10'007; ++i) push(queue, i);
  Read first;
  queue.read(2, a_caller(), taking(), first.reader());
  REQUIRE(first.texts->size() == 2);
  CHECK(first.texts->front() == R"({"contextId":0,"event":{"kind":"EventChannelOverflow","n":7}})");
  CHECK(json::parse(first.texts->back())["event"]["msgId"] == 8);
}

TEST_CASE("parked readers are served in turn, and one whose caller is gone takes nothing") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  Leaving caller;
  Read left;
  Read stays;
  queue.read(1, caller.caller(), taking(), left.reader());
  queue.read(1, a_caller(), taking(), stays.reader());
  CHECK(queue.parked() == 2);
  caller.input_ended.cancel();
  CHECK(queue.parked() == 1);  // at once
  CHECK(*left.failed);
  push(queue, 5);
  CHECK(left.texts->empty());
  REQUIRE(stays.texts->size() == 1);
  CHECK(queue.parked() == 0);
  push(queue, 6);
  Read late;
  queue.read(1, caller.caller(), taking(), late.reader());  // its input has ended before
  CHECK(*late.failed);
  Read next;
  queue.read(1, a_caller(), taking(), next.reader());
  CHECK(next.texts->size() == 1);
}

TEST_CASE("ten thousand abandoned polls leave every place to the living") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  std::deque<Leaving> callers(rpc::Parking::kMost);
  for (std::size_t i = 0; i < callers.size(); ++i) {
    queue.read(1, callers[i].caller(std::to_string(i)), taking(), Read().reader());
  }
  Read refused;
  queue.read(1, a_caller(), taking(), refused.reader());
  CHECK(*refused.failed);
  for (Leaving& caller : callers) caller.close();
  CHECK(queue.parked() == 0);
  Read living;
  queue.read(1, a_caller(), taking(), living.reader());
  push(queue, 1);
  CHECK(living.texts->size() == 1);
}

TEST_CASE("one caller's polls do not take the places of others") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  const Leaving callers;
  for (std::size_t i = 0; i < rpc::Parking::kMostEach; ++i) {
    queue.read(1, callers.caller("greedy"), taking(), Read().reader());
  }
  Read refused;
  queue.read(1, callers.caller("greedy"), taking(), refused.reader());
  CHECK(*refused.failed);
  Read other;
  queue.read(1, callers.caller("other"), taking(), other.reader());
  CHECK_FALSE(*other.failed);
  CHECK(queue.parked() == rpc::Parking::kMostEach + 1);
  queue.stop();
}

TEST_CASE("events whose answer was lost come back to where they were") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  for (std::uint32_t i = 1; i <= 6; ++i) push(queue, i);
  const auto ids = [](const Read& read) {
    std::vector<int> out;
    for (const auto& text : *read.texts) out.push_back(json::parse(text)["event"]["msgId"]);
    return out;
  };
  auto first = taking();
  auto second = taking();
  auto third = taking();
  Read read;
  queue.read(2, a_caller(), first, read.reader());
  CHECK(ids(read) == std::vector{1, 2});
  queue.read(2, a_caller(), second, read.reader());
  CHECK(ids(read) == std::vector{3, 4});
  queue.read(1, a_caller(), third, read.reader());
  base::Lease(first).lost();
  base::Lease(third).arrived();
  base::Lease(second).lost();
  base::Lease(second).lost();  // once
  queue.read(101, a_caller(), taking(), read.reader());
  CHECK(ids(read) == std::vector{1, 2, 3, 4, 6});
}

TEST_CASE(
    "a parked reader gets what another's lost answer had taken, and what was dropped counts") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  for (std::uint32_t i = 1; i <= 10'003; ++i) push(queue, i);
  auto taken = taking();
  Read first;
  queue.read(2, a_caller(), taken, first.reader());
  REQUIRE(first.texts->size() == 2);
  const auto all = *first.texts;
  base::Lease(taken).lost();
  Read again;
  queue.read(2, a_caller(), taking(), again.reader());
  CHECK(*again.texts == all);
  rpc::EventQueue other(inline_executor(), no_chat());
  push(other, 7);
  auto lost = taking();
  other.read(1, a_caller(), lost, first.reader());
  Read parked;
  other.read(1, a_caller(), taking(), parked.reader());
  CHECK(other.parked() == 1);
  base::Lease(lost).lost();
  CHECK(parked.texts->size() == 1);
}

TEST_CASE("what comes back of an account that was removed meanwhile is not returned") {
  auto queue = std::make_unique<rpc::EventQueue>(inline_executor(), no_chat());
  const auto event = incoming(3, 2);
  queue->push(std::span(&event, 1));
  auto taken = taking();
  Read read;
  queue->read(1, a_caller(), taken, read.reader());
  queue->forget(AccountId(2));
  base::Lease(taken).lost();
  Read parked;
  queue->read(1, a_caller(), taking(), parked.reader());
  CHECK(queue->parked() == 1);
  push(*queue, 4);
  auto late = taking();
  push(*queue, 5);
  queue->read(1, a_caller(), late, read.reader());
  queue->stop();
  queue.reset();
  base::Lease(late).lost();  // the queue is gone: nothing happens
}

TEST_CASE("stopping answers every parked reader and refuses new ones") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  Read parked;
  queue.read(1, a_caller(), taking(), parked.reader());
  queue.stop();
  CHECK(*parked.failed);
  Read late;
  queue.read(1, a_caller(), taking(), late.reader());
  CHECK(*late.failed);
}

TEST_CASE("where all places are taken, further readers are refused and displace nobody") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  const Leaving callers;
  for (std::size_t i = 0; i < rpc::EventQueue::kMaxParked; ++i) {
    queue.read(1, callers.caller(std::to_string(i)), taking(), Read().reader());
  }
  Read late;
  for (int i = 0; i < 400; ++i) {
    queue.read(1, a_caller(), taking(), late.reader());
    CHECK(*late.failed);
  }
  CHECK(queue.parked() == rpc::EventQueue::kMaxParked);
  queue.stop();
}

TEST_CASE("a thousand parked polls cost under a KiB each, no thread, and all are answered") {
  base::ManualClock clock;
  rpc::Service service(nullptr, clock);
  std::vector<Pending> polls(1000);
  const auto before = mallinfo2().uordblks;
  for (Pending& poll : polls) service.handle(kNextEvent, a_caller(), poll.answer());
  const auto each = (mallinfo2().uordblks - before) / polls.size();
  CHECK(service.parked() == 1000);
#ifdef EDGE_SANITIZED  // its own heap shows nothing here
  (void)each;
#else
  CHECK(each > 0);
  CHECK(each < 1024);
#endif
  std::vector<messaging::Event> events;
  for (std::uint32_t i = 1; i <= 1000; ++i) events.push_back(incoming(i));
  service.on_events(events);
  std::vector<bool> seen(1001);
  for (const Pending& poll : polls) {
    const auto answer = json::parse(poll.wait());
    seen[answer["result"]["event"]["msgId"].get<std::size_t>()] = true;
  }
  CHECK(std::count(seen.begin(), seen.end(), true) == 1000);
  CHECK(service.parked() == 0);
}

TEST_CASE("readers and writers on many threads neither lose nor double an event") {
  rpc::EventQueue queue(inline_executor(), no_chat());
  constexpr std::uint32_t kEvents = 4000;
  std::mutex mutex;
  std::multiset<int> got;
  std::atomic<std::uint32_t> count{0};
  std::vector<std::jthread> threads;
  for (std::uint32_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 1; i <= kEvents / 2; ++i) push(queue, t * kEvents / 2 + i);
    });
    threads.emplace_back([&] {
      while (count < kEvents) {
        const auto done = std::make_shared<std::atomic<bool>>(false);
        queue.read(7, a_caller(), taking(),
                   [&, done](base::Result<std::vector<std::string>> result) {
                     if (result) {
                       const std::lock_guard lock(mutex);
                       for (const auto& text : *result)
                         got.insert(json::parse(text)["event"]["msgId"].get<int>());
                       count += static_cast<std::uint32_t>(result->size());
                       if (count == kEvents) queue.stop();
                     }
                     *done = true;
                     done->notify_one();
                   });
        done->wait(false);
      }
    });
  }
  threads.clear();
  CHECK(got.size() == kEvents);
  CHECK(std::set<int>(got.begin(), got.end()).size() == kEvents);
}

TEST_CASE("wait_next_msgs is answered by a message of its account, or when delivery is switched") {
  std::map<std::uint32_t, std::vector<MsgId>> next;
  rpc::NextMessages waiters(
      inline_executor(),
      [&](AccountId account) -> base::Result<std::vector<MsgId>> { return next[account.value]; });
  std::vector<MsgId> got;
  int answers = 0;
  const auto reader = [&] {
    return rpc::NextMessages::Reader([&](base::Result<std::vector<MsgId>> result) {
      ++answers;
      got = result.value_or(std::vector<MsgId>());
    });
  };
  waiters.wait(AccountId(1), a_caller(), reader());
  CHECK(waiters.parked() == 1);
  const auto other = incoming(5, 2);
  next[2] = {MsgId(5)};
  waiters.push(std::span(&other, 1));
  CHECK(answers == 0);
  const auto mine = incoming(12, 1);
  next[1] = {MsgId(12)};
  waiters.push(std::span(&mine, 1));
  CHECK(answers == 1);
  CHECK(got == std::vector{MsgId(12)});
  waiters.wait(AccountId(1), a_caller(), reader());  // there are some already
  CHECK(answers == 2);
  next[1] = {};
  waiters.wait(AccountId(1), a_caller(), reader());
  CHECK(answers == 2);
  waiters.wake(AccountId(1));
  CHECK(answers == 3);
  CHECK(got.empty());
  Leaving caller;
  waiters.wait(AccountId(1), caller.caller(), reader());
  waiters.wait(AccountId(1), caller.caller(), reader());
  CHECK(waiters.parked() == 2);
  caller.input_ended.cancel();
  CHECK(waiters.parked() == 0);
  CHECK(answers == 5);
}

TEST_CASE("however many calls of wait_next_msgs wait, a burst of commits costs one look") {
  std::vector<base::UniqueFunction<void()>> due;
  std::vector<MsgId> next;
  int looks = 0;
  rpc::NextMessages waiters(
      [&](const std::string&, base::UniqueFunction<void()> task) {
        due.push_back(std::move(task));
      },
      [&](AccountId) -> base::Result<std::vector<MsgId>> {
        ++looks;
        return next;
      });
  const auto run = [&] {
    for (auto& task : std::exchange(due, {})) task();
  };
  int answers = 0;
  for (int i = 0; i < 100; ++i) {
    waiters.wait(
        AccountId(1), a_caller(),
        rpc::NextMessages::Reader([&](const base::Result<std::vector<MsgId>>&) { ++answers; }));
  }
  CHECK(looks == 100);  // before each parked
  run();
  CHECK(looks == 101);
  next = {MsgId(12)};
  const auto event = incoming(12, 1);
  for (int i = 0; i < 50; ++i) waiters.push(std::span(&event, 1));
  run();
  CHECK(looks == 102);
  CHECK(answers == 100);
  // Nobody waits: nothing is looked for.
  waiters.push(std::span(&event, 1));
  run();
  CHECK(looks == 102);
}

TEST_CASE("sleep answers after its time without a thread of its own, and at once when stopping") {
  base::ManualClock clock;
  rpc::Service service(nullptr, clock);
  const auto body = [](double delay) {
    return json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "sleep"}, {"params", {delay}}}.dump();
  };
  CHECK(json::parse(ask(service, body(0.01)))["result"].is_null());
  CHECK(json::parse(ask(service, body(-1)))["error"]["code"] == -32602);
  Pending pending;
  service.handle(body(3600), a_caller(), pending.answer());
  CHECK_FALSE(pending.came());
  service.stop();
  CHECK(json::parse(pending.wait())["error"]["code"] == -32603);
}
