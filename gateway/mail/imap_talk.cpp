#include "gateway/mail/imap_talk.h"

#include <utility>

namespace gateway::mail {

void ImapTalk::command(std::string_view text, Done done) {
  // libcurl's tags, before the login, are of another form.
  tag_ = "E" + std::to_string(++last_);
  done_ = std::move(done);
  listener_.write(tag_ + " " + std::string(text) + "\r\n");
}

void ImapTalk::idle(Done done) {
  idle_ = Idle::asked;
  end_wanted_ = false;
  command("IDLE", std::move(done));
}

void ImapTalk::end_idle() {
  if (idle_ == Idle::asked) end_wanted_ = true;
  if (idle_ != Idle::idling) return;
  idle_ = Idle::ending;
  listener_.write("DONE\r\n");
}

base::Result<> ImapTalk::feed(std::string_view bytes) {
  EDGE_CHECK(reader_.feed(bytes));
  while (!stopped_) {
    auto raw = reader_.next();
    if (!raw) return {};
    on_response(parse_imap(std::move(*raw)));
  }
  return {};
}

void ImapTalk::on_response(ImapResponse response) {
  if (response.kind == ImapKind::continuation) {
    if (idle_ != Idle::asked) return;
    idle_ = Idle::idling;
    if (end_wanted_) end_idle();
    return;
  }
  if (response.kind != ImapKind::tagged) return listener_.on_untagged(std::move(response));
  if (!done_ || response.tag != tag_) return;
  idle_ = Idle::none;
  Done done = std::exchange(done_, nullptr);
  done(response);
}

}  // namespace gateway::mail
