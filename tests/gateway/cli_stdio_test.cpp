#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

#include "gateway/process/stdio.h"
#include "tests/support/catch.h"

namespace {

using gateway::Fd;
using gateway::Stdio;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  Fd read;
  Fd write;
};

// Echoes; "later" is answered when the test says so, "quiet" not at all.
class Echo final : public rpc::Dispatcher {
 public:
  void handle(std::string body, const rpc::Caller& caller, rpc::Answer answer) override {
    if (body == "wait") {  // for news, which do not come
      base::Lock lock(mutex_);
      parked_ = std::move(answer);
      hook_ = caller.input_ended.on_cancel([this] {
        rpc::Answer parked;
        {
          base::Lock inner(mutex_);
          parked = std::move(parked_);
        }
        parked(rpc::Reply{"<the input ended>"});
      });
      return;
    }
    if (body == "take") {
      const auto leased = std::make_shared<base::LeasedItems>();
      leased->add([this] { ++put_back; });
      answer(rpc::Reply{"<taken>", base::Lease(leased)});
      return;
    }
    if (body == "later") {
      base::Lock lock(mutex_);
      parked_ = std::move(answer);
      return;
    }
    answer(rpc::Reply{body == "quiet" ? "" : "<" + body + ">"});
  }
  void answer_later() {
    base::Lock lock(mutex_);
    parked_(rpc::Reply{"<later>"});
  }
  std::atomic<int> put_back{0};

 private:
  base::Mutex mutex_;
  rpc::Answer parked_ GUARDED_BY(mutex_);
  base::Cancellation::Hook hook_;
};

struct Talk {
  Pipe in;
  Pipe out;
  Echo echo;
  base::Mutex mutex;
  base::Condition ended_changed;
  bool ended GUARDED_BY(mutex) = false;
  Stdio stdio{echo, {}, in.read.get(), out.write.get(), [this] {
                base::Lock lock(mutex);
                ended = true;
                ended_changed.notify_all();
              }};

  // From any thread: no assertions in here.
  void say(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::write(in.write.get(), text.data(), text.size());
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string line() {
    std::string text;
    char c = 0;
    pollfd ready{out.read.get(), POLLIN, 0};
    while (::poll(&ready, 1, 20'000) > 0 && ::read(out.read.get(), &c, 1) == 1 && c != '\n') {
      text += c;
    }
    return text;
  }
  void wait_for_end() {
    base::Lock lock(mutex);
    for (int i = 0; i < 200 && !ended; ++i) {
      ended_changed.wait_for(mutex, std::chrono::milliseconds(100));
    }
    CHECK(ended);
  }
};

}  // namespace

TEST_CASE("each line is a call and each answer a line, whenever it comes") {
  Talk talk;
  talk.say("one\r\n\n  \nquiet\nlater\ntw");
  CHECK(talk.line() == "<one\r>");
  talk.say("o\n");
  CHECK(talk.line() == "<two>");
  talk.echo.answer_later();
  CHECK(talk.line() == "<later>");
}

TEST_CASE("the last line needs no end, and then the end is reported") {
  Talk talk;
  talk.say("last");
  talk.in.write.reset();
  CHECK(talk.line() == "<last>");
  talk.wait_for_end();
}

TEST_CASE("a call that waits for news ends with the input") {
  Talk talk;
  talk.say("wait\n");
  talk.in.write.reset();
  CHECK(talk.line() == "<the input ended>");
  talk.wait_for_end();
}

TEST_CASE("what a line took is put back when nobody can read it, and only then") {
  std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  Talk talk;
  talk.say("take\n");
  CHECK(talk.line() == "<taken>");
  talk.say("next\n");  // whose answer is written after the first is done with
  CHECK(talk.line() == "<next>");
  CHECK(talk.echo.put_back == 0);
  talk.out.read.reset();
  talk.say("take\n");
  talk.wait_for_end();
  CHECK(talk.echo.put_back == 1);
}

TEST_CASE("a line without end is refused and what follows it is served") {
  Talk talk;
  std::thread sender([&] {
    talk.say(std::string(17 * 1024 * 1024, 'x'));
    talk.say("\nnext\n");
  });
  CHECK(talk.line().find("longer than 16 MiB") != std::string::npos);
  CHECK(talk.line() == "<next>");
  sender.join();
}

TEST_CASE(
    "an answer after the end is dropped, and output that nobody reads does not hold the end") {
  auto talk = std::make_unique<Talk>();
  talk->say("later\n" + std::string(200'000, 'y') + "\n");  // more than a pipe holds
  pollfd ready{talk->out.read.get(), POLLIN, 0};
  REQUIRE(::poll(&ready, 1, 20'000) == 1);
  talk->stdio.finish();
  talk->echo.answer_later();
}

TEST_CASE("a reader that has gone ends the conversation") {
  std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  Talk talk;
  talk.out.read.reset();
  talk.say("one\n");
  talk.wait_for_end();
}
