#include "gateway/cli/run_command.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/clock.h"
#include "gateway/cli/json_members.h"
#include "gateway/cli/output.h"
#include "gateway/cli/print.h"
#include "gateway/commands/words.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kInputChunk = 256 * 1024;
constexpr long kBusy = 429;
constexpr base::Millis kPatience = 60'000;  // with a daemon that no longer answers
constexpr int kInterruptedExit = 130;

volatile std::sig_atomic_t interrupts = 0;

void count_interrupt(int /*signal*/) { interrupts = interrupts + 1; }

// So that a system call under way ends.
void watch_interrupts() {
  struct sigaction action {};
  action.sa_handler = count_interrupt;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // The terminal is gone, and with it the person who could cancel the command, unless nohup was
  // used.
  struct sigaction before {};
  ::sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
}

// The part of a run that was shown so far.
struct Shown {
  bool writable = true;
  std::optional<int> exit_code;  // once it is over
  std::string failure;

  void write(std::FILE* to, std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), to) != text.size()) writable = false;
  }

  void take(const SseEvent& event) {
    const auto data = Json::parse(event.data, nullptr, false);
    if (event.type == "lag") write(stderr, "privitty-edge: output is missing here\n");
    if (!data.is_object()) return;
    if (event.type == "output") {
      std::string line = text_member(data, "line");
      if (flag_member(data, "progress")) {
        line += '\r';
      } else if (!flag_member(data, "more")) {
        line += '\n';
      }
      write(text_member(data, "stream") == "stderr" ? stderr : stdout, line);
    } else if (event.type == "complete") {
      const auto code = number_member(data, "exit_code");
      const bool known = data.contains("exit_code") && code >= 0 && code <= 255;
      exit_code = known ? static_cast<int>(code) : kExitNotRun;
      failure = text_member(data, "message");
    } else if (event.type == "error") {
      exit_code = kExitNotRun;
      failure = text_member(data, "message");
    }
  }
};

Result<> send_input(Client& client, const std::string& place) {
  std::string chunk(kInputChunk, '\0');
  for (;;) {
    const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), stdin);
    if (interrupts > 0) return {};
    const bool last = size < chunk.size();
    const std::string target = place + (last ? "?close=1" : "");
    for (;;) {
      EDGE_TRY(const HttpAnswer answer,
               client.post(target, chunk.substr(0, size), "application/octet-stream"));
      // The command reads more slowly than we write.
      if (answer.status == kBusy && interrupts == 0) {
        ::poll(nullptr, 0, 100);
        continue;
      }
      // 409: the command has ended; its output gives the reason.
      if (answer.status != 204 && answer.status != 409) return refusal(answer);
      if (answer.status != 204) return {};
      break;
    }
    if (last) return {};
  }
}

Result<> follow(const Context& context, const std::string& id, const std::string& target,
                Shown& shown) {
  SseLines lines([&](const SseEvent& event) { shown.take(event); });
  const base::SystemClock clock;
  base::Millis received_at = clock.uptime();  // the last of the daemon
  bool cancelled = false;
  int pause_ms = 200;
  const auto wanted = [&] {
    if (output_has_no_reader()) shown.writable = false;
    return shown.writable && interrupts <= (cancelled ? 1 : 0);
  };
  while (!shown.exit_code) {
    const auto ended = context.client.stream(
        target, lines.last_id(),
        [&](std::string_view bytes) {
          received_at = clock.uptime();
          pause_ms = 200;
          lines.feed(bytes);
          // At once: the reader is often a person, or a pipe.
          if (std::fflush(stdout) != 0) shown.writable = false;
          return shown.writable && !shown.exit_code;
        },
        wanted);
    if (shown.exit_code) return {};
    if (!wanted()) {
      if (interrupts > 1 || (cancelled && !shown.writable)) return {};
      cancelled = true;
      // A command that has ended meanwhile is no failure.
      (void)context.client.call("cancel_command", Json::array({id}));
      if (!shown.writable) return {};
      continue;
    }
    // A restarting daemon is back within seconds, and then reports the command's end.
    if (!ended && clock.uptime() - received_at > kPatience) return ended.error();
    lines.reset();
    ::poll(nullptr, 0, pause_ms);
    pause_ms = std::min(pause_ms * 2, 5'000);
  }
  return {};
}

}  // namespace

std::string command_line(const std::vector<std::string>& words) {
  return words.size() == 1 ? words.front() : commands::quote_words(words);
}

Result<int> run_command(const Context& context, const RunRequest& request) {
  watch_interrupts();
  EDGE_TRY(const Json run,
           context.client.call("run_command",
                               Json::array({request.project, command_line(request.words)})));
  const std::string id = text_member(run, "id");
  if (id.empty()) return fail(Errc::internal, "the daemon answered without the command's id");
  const std::string project = "/projects/" + percent_encode(request.project);
  if (flag_member(run, "input")) {
    const std::string place = project + "/commands/" + id + "/stdin";
    if (request.input) {
      EDGE_CHECK(send_input(context.client, place));
    } else {
      EDGE_TRY(const HttpAnswer closed,
               context.client.post(place + "?close=1", "", "application/octet-stream"));
      if (closed.status != 204 && closed.status != 409) return refusal(closed);
    }
  } else if (request.input) {
    std::fprintf(stderr, "privitty-edge: this command takes no input\n");
  }
  Shown shown;
  EDGE_CHECK(follow(context, id, project + "/events?stream_id=" + id, shown));
  if (!shown.writable) {
    return fail(Errc::io, "standard output cannot be written; the command is cancelled");
  }
  if (!shown.failure.empty()) {
    std::fprintf(stderr, "privitty-edge: %s\n", plain(shown.failure).c_str());
  }
  return shown.exit_code.value_or(kInterruptedExit);
}

}  // namespace gateway::cli
