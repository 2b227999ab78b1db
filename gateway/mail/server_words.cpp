#include "gateway/mail/server_words.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "gateway/mail/imap_response.h"

namespace gateway::mail {
namespace {

constexpr std::size_t kMostLine = 2'000;
constexpr std::size_t kMostAnswers = 1'000;

bool has_word(std::string_view lower_line, std::string_view word) {
  return lower_line.find(word) != std::string_view::npos;
}

int code_of(std::string_view line) {
  int code = 0;
  if (line.size() < 3) return 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + 3, code);
  return error == std::errc() && end == line.data() + 3 ? code : 0;
}

}  // namespace

std::string_view name_of(MailStep step) {
  switch (step) {
    case MailStep::connect:
      return "connecting";
    case MailStep::tls:
      return "TLS";
    case MailStep::greeting:
      return "greeting";
    case MailStep::login:
      return "login";
    case MailStep::sender:
      return "sender";
    case MailStep::recipient:
      return "recipient";
    case MailStep::content:
      return "content";
  }
  return "unknown";
}

void ServerWords::listen(CURL* easy, const CurlApi& api) {
  api.easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  api.easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &ServerWords::on_debug);
  api.easy_setopt(easy, CURLOPT_DEBUGDATA, this);
}

int ServerWords::on_debug(CURL* /*easy*/, curl_infotype type, char* data, std::size_t size,
                          void* self) {
  auto& words = *static_cast<ServerWords*>(self);
  const std::string_view bytes(data, size);
  if (type == CURLINFO_HEADER_OUT) words.on_sent(bytes);
  if (type == CURLINFO_HEADER_IN) words.on_received(bytes);
  return 0;
}

void ServerWords::on_sent(std::string_view line) {
  // IMAP's commands have a tag before them.
  const std::string lower = base::lower_ascii(line.substr(0, 40));
  const std::string_view view(lower);
  const std::string_view second = view.substr(std::min(view.find(' ') + 1, view.size()));
  if (view.starts_with("ehlo") || view.starts_with("helo") || second.starts_with("capability")) {
    step_ = MailStep::greeting;
  } else if (view.starts_with("starttls") || second.starts_with("starttls")) {
    step_ = MailStep::tls;
  } else if (view.starts_with("auth ") || second.starts_with("authenticate") ||
             second.starts_with("login")) {
    step_ = MailStep::login;
  } else if (view.starts_with("mail from")) {
    step_ = MailStep::sender;
    answers_.clear();  // of a mail before on the same connection
  } else if (view.starts_with("rcpt to")) {
    step_ = MailStep::recipient;
  } else if (view.starts_with("data")) {
    step_ = MailStep::content;
  }
  partial_.clear();
}

void ServerWords::on_received(std::string_view bytes) {
  if (step_ == MailStep::connect) step_ = MailStep::greeting;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    partial_ += bytes.substr(0, std::min(end, kMostLine - std::min(kMostLine, partial_.size())));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    on_line(partial_);
    partial_.clear();
  }
}

void ServerWords::on_line(std::string_view line) {
  last_ = plain_words(line);
  if (last_.size() < 3) return;
  const std::string lower = base::lower_ascii(last_);
  if (step_ == MailStep::greeting && has_word(lower.substr(3), "size ")) {
    const std::string_view size = std::string_view(lower).substr(lower.find("size ") + 5);
    std::from_chars(size.data(), size.data() + size.size(), smtp_size_);
  }
  const int code = code_of(last_);
  const bool last_of_answer = last_.size() == 3 || last_[3] == ' ';
  if (code == 0 || !last_of_answer || step_ < MailStep::sender) return;
  if (answers_.size() < kMostAnswers) answers_.push_back({step_, code, last_});
}

std::string failure_words(std::string_view place, CURLcode code, const ServerWords& words,
                          const char* error_buffer, const CurlApi& api) {
  std::string out(place);
  const std::string reason = plain_words(
      error_buffer != nullptr && *error_buffer != 0 ? error_buffer : api.easy_strerror(code));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return out + ", connecting: " + reason;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return out + ", TLS: " + reason;
    case CURLE_USE_SSL_FAILED:
      return out + ", TLS: the server refuses STARTTLS" +
             (words.last().empty() ? "" : ": \"" + words.last() + "\"");
    case CURLE_LOGIN_DENIED:
      return out + ", login: the user name or password was refused" +
             (words.last().empty() ? "" : ": the server answered \"" + words.last() + "\"");
    case CURLE_OPERATION_TIMEDOUT:
      return out + ", " + std::string(name_of(words.step())) + ": no answer in time";
    default:
      break;
  }
  out += ", " + std::string(name_of(words.step())) + ": ";
  if (words.last().empty()) return out + reason;
  out += "the server answered \"" + words.last() + "\"";
  if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) {
    if (words.step() < MailStep::sender) out += " and closed the connection";
  }
  return out;
}

}  // namespace gateway::mail
