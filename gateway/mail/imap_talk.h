// ImapTalk: one IMAP conversation behind the login: one command at a time, IDLE, and what the
// server says between. Knows no socket: bytes come by feed(), and go by ImapListener::write().
//
// A listener may call command(), idle() and end_idle() from its callbacks, but not destroy the
// talk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/function.h"
#include "base/result.h"
#include "gateway/mail/imap_response.h"

namespace gateway::mail {

class ImapListener {
 public:
  virtual void write(std::string bytes) = 0;
  virtual void on_untagged(ImapResponse response) = 0;

 protected:
  ~ImapListener() = default;
};

class ImapTalk {
 public:
  explicit ImapTalk(ImapListener& listener, ImapLimits limits = {})
      : listener_(listener), reader_(limits) {}

  using Done = base::UniqueFunction<void(const ImapResponse&)>;
  // Only while not busy(). `text` has no line end in it.
  void command(std::string_view text, Done done);
  // Until end_idle(), or until the server ends it; then `done`.
  void idle(Done done);
  // A second call does nothing.
  void end_idle();
  // A command, or IDLE, is not answered yet.
  bool busy() const { return static_cast<bool>(done_); }
  bool idling() const { return idle_ != Idle::none; }
  // A command waits for the server's answer: the line is not in IDLE.
  bool waiting() const { return busy() && idle_ != Idle::idling; }

  // An error: the connection is of no use any more. Stops reading when stop() was called.
  base::Result<> feed(std::string_view bytes);
  void stop() { stopped_ = true; }

 private:
  enum class Idle : std::uint8_t { none, asked, idling, ending };
  void on_response(ImapResponse response);

  ImapListener& listener_;
  ImapReader reader_;
  std::uint64_t last_ = 0;  // number of the last command
  std::string tag_;
  Done done_;
  Idle idle_ = Idle::none;
  bool end_wanted_ = false;  // before the server agreed to IDLE
  bool stopped_ = false;
};

}  // namespace gateway::mail
