#include "gateway/peer/http_transport.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include "base/ascii.h"
#include "base/log.h"
#include "gateway/peer/curl_loop.h"
#include "gateway/peer/deposit_wire.h"
#include "gateway/peer/judged_socket.h"
#include "gateway/peer/peer_memory.h"

namespace gateway {
namespace {

using messaging::peering::Deposit;
using messaging::peering::DepositOutcome;
using messaging::peering::DepositReply;
using Done = base::Completion<DepositReply>;

constexpr std::size_t kMaxAnswerHead = 64 * 1024;
constexpr base::Millis kDownFor = 60'000;
constexpr std::size_t kMaxUrls = 8;
constexpr std::size_t kLarge = 64 * 1024;  // a body that takes a while

// One deposit under way: what is sent, where it was tried and what came back. Its address stays the
// same while libcurl has it.
struct Job {
  Deposit deposit;
  Done done;
  std::vector<PeerUrl> urls;
  std::size_t next = 0;
  bool is_large() const { return deposit.body.bytes.size() > kLarge; }
  bool clock_retried = false;
  PeerMemory::Entry own;  // of an unreached deposit, instead of what is remembered
  DepositReply best;      // of the URLs tried so far
  bool answered_once = false;

  // Of the transfer that runs now.
  std::string url;
  CurlList headers;
  std::size_t head_bytes = 0;
  std::size_t answer_bytes = 0;
  std::size_t max_answer = 0;
  std::string retry_after;
  std::string peer_time;
  AddressPolicy addresses;
  bool head_ended = false;  // libcurl takes a head that breaks off for a whole one
  bool forbidden = false;
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool is_header(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(),
                    [](char a, char b) { return base::lower_ascii(a) == base::lower_ascii(b); });
}

// The answer's body is counted and dropped: no gateway says anything in it.
std::size_t on_body(char* /*bytes*/, std::size_t size, std::size_t count, void* at) {
  auto& job = *static_cast<Job*>(at);
  job.answer_bytes += size * count;
  return job.answer_bytes > job.max_answer ? 0 : size * count;
}

std::size_t on_head(char* bytes, std::size_t size, std::size_t count, void* at) {
  auto& job = *static_cast<Job*>(at);
  const std::string_view line(bytes, size * count);
  job.head_bytes += line.size();
  if (job.head_bytes > kMaxAnswerHead) return 0;
  if (line.rfind("HTTP/", 0) == 0) {  // of the answer that counts, not of a 100 before it
    job.retry_after.clear();
    job.peer_time.clear();
    job.head_ended = false;
  }
  if (trimmed(line).empty()) job.head_ended = true;
  if (is_header(line, "Retry-After")) job.retry_after = trimmed(line.substr(12));
  if (is_header(line, kDepositTimeHeader)) {
    job.peer_time = trimmed(line.substr(kDepositTimeHeader.size() + 1));
  }
  return line.size();
}

curl_socket_t on_open(void* at, curlsocktype purpose, curl_sockaddr* address) {
  auto& job = *static_cast<Job*>(at);
  return open_judged_socket(job.addresses, purpose, *address, job.forbidden);
}

}  // namespace

class HttpTransport::Impl {
 public:
  Impl(EventLoop& loop, HttpTransportOptions options)
      : options_(std::move(options)), loop_(loop), curl_(loop) {}
  ~Impl() { close(); }

  void close() {
    closed_ = true;
    auto waiting = std::move(waiting_);
    auto running = std::move(running_);
    waiting_.clear();
    running_.clear();
    for (Job* job : running) job->done(DepositReply{});  // its transfer ends with libcurl
    for (auto& job : waiting) job->done(DepositReply{});
  }

  void take(Deposit deposit, Done done) {
    if (closed_) {
      done(DepositReply{});
      return;
    }
    auto job = std::make_unique<Job>();
    for (const std::string& text : deposit.urls) {
      const auto url = parse_peer_url(text);
      if (url.ok() && job->urls.size() < kMaxUrls) job->urls.push_back(*url);
    }
    if (job->urls.empty() || !is_mailbox(deposit.mailbox) || deposit.body.envelopes == 0) {
      base::log::debug("a deposit names no URL or mailbox that may be asked");
      done(DepositReply{});
      return;
    }
    if (!deposit.unreached) {
      job->urls = memory_.order(std::move(job->urls), loop_.clock().uptime());
    }
    job->deposit = std::move(deposit);
    job->done = std::move(done);
    waiting_.push_back(std::move(job));
    fill();
  }

  HttpTransportOptions options_;

 private:
  // Starts the transfers that may run now, in order, so that no peer takes every place.
  void fill() {
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (!has_place(**it)) {
        ++it;
        continue;
      }
      enter((*it)->urls[(*it)->next], **it);
      auto job = std::move(*it);
      it = waiting_.erase(it);
      start(std::move(job));
    }
  }

  bool has_place(const Job& job) const {
    const auto found = per_host_.find(job.urls[job.next].text());
    const Places taken = found == per_host_.end() ? Places{} : found->second;
    if (job.deposit.unreached) {
      return unreached_ < options_.unreached_at_once &&
             taken.unreached < options_.unreached_per_host;
    }
    return reached_ < options_.at_once && taken.all < options_.at_once_per_host &&
           (!job.is_large() || taken.large < options_.large_per_host);
  }
  void enter(const PeerUrl& peer, const Job& job) {
    Places& taken = per_host_[peer.text()];
    if (job.deposit.unreached) {
      ++taken.unreached;
      ++unreached_;
      return;
    }
    ++taken.all;
    ++reached_;
    if (job.is_large()) ++taken.large;
  }
  void leave(const PeerUrl& peer, const Job& job) {
    const auto found = per_host_.find(peer.text());
    if (found == per_host_.end()) return;
    Places& taken = found->second;
    if (job.deposit.unreached) {
      --taken.unreached;
      --unreached_;
    } else {
      --taken.all;
      --reached_;
      if (job.is_large()) --taken.large;
    }
    if (taken.all == 0 && taken.unreached == 0) per_host_.erase(found);
  }
  PeerMemory::Entry& known(Job& job, const PeerUrl& peer) {
    return job.deposit.unreached ? job.own : memory_.of(peer);
  }

  void start(std::unique_ptr<Job> job) {
    const PeerUrl& peer = job->urls[job->next];
    CurlEasy easy = curl_.make_easy();
    if (!easy) {
      leave(peer, *job);
      job->done(DepositReply{});
      return;
    }
    if (!job->deposit.unreached) warn_of_plain(peer);
    prepare(*job, peer, easy.get());
    running_.push_back(job.get());
    curl_.run(std::move(easy), [this, job = std::move(job)](CurlEasy used, CURLcode code) mutable {
      std::erase(running_, job.get());
      finish(std::move(job), std::move(used), code);
    });
  }

  void prepare(Job& job, const PeerUrl& peer, CURL* easy) {
    const auto proof = messaging::prove_deposit(job.deposit.token, job.deposit.mailbox,
                                                loop_.clock().now() + known(job, peer).clock_offset,
                                                job.deposit.body);
    const base::Bytes& body = job.deposit.body.bytes;
    job.url = peer.text() + deposit_path(job.deposit.mailbox);
    job.headers = CurlList(nullptr, {&curl_.api()});
    const auto header = [&](std::string_view name, const std::string& value) {
      append(job.headers, (std::string(name) + ": " + value).c_str());
    };
    header("Content-Type", "application/octet-stream");
    header(kDepositKeyHeader, base::to_hex(proof.key_id));
    header(kDepositTimeHeader, format_time(proof.time));
    header(kDepositMacHeader, base::to_hex(proof.mac));
    append(job.headers, "Expect:");  // never waits
    job.head_bytes = job.answer_bytes = 0;
    job.retry_after.clear();
    job.peer_time.clear();
    job.head_ended = job.forbidden = false;
    job.max_answer = options_.max_answer;
    job.addresses = options_.addresses;

    const auto for_body = static_cast<base::Millis>(body.size() * 1000 / options_.slowest);
    const base::Millis patience =
        job.deposit.unreached ? options_.unreached_timeout : options_.answer_timeout;
    const auto set = curl_.api().easy_setopt;
    set(easy, CURLOPT_URL, job.url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_PROXY, "");  // a proxy would choose the address for us
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(easy, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(body.data()));
    set(easy, CURLOPT_HTTPHEADER, job.headers.get());
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(patience + for_body));
    set(easy, CURLOPT_MAXAGE_CONN, 60L);  // the other side closes after 75 s
    set(easy, CURLOPT_WRITEFUNCTION, &on_body);
    set(easy, CURLOPT_WRITEDATA, &job);
    set(easy, CURLOPT_HEADERFUNCTION, &on_head);
    set(easy, CURLOPT_HEADERDATA, &job);
    set(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open);
    set(easy, CURLOPT_OPENSOCKETDATA, &job);
    if (!options_.ca_file.empty()) {
      set(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    }
  }

  void finish(std::unique_ptr<Job> job, CurlEasy easy, CURLcode code) {
    if (closed_) return;  // answered
    const PeerUrl peer = job->urls[job->next];
    leave(peer, *job);
    auto& remembered = known(*job, peer);
    DepositReply reply;
    long status = 0;
    if (code == CURLE_OK && job->head_ended) {
      curl_.api().easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
      reply.outcome = outcome_of_status(status);
      reply.peer_time = read_time(job->peer_time);
      if (reply.outcome == DepositOutcome::busy) {
        reply.retry_after = read_retry_after(job->retry_after);
      }
    }
    easy.reset();  // it points into the job
    const bool down = reply.outcome == DepositOutcome::unreachable;
    remembered.down_until = down ? loop_.clock().uptime() + kDownFor : 0;
    if (down) {
      base::log::debug(
          "a deposit did not arrive: {}, status {}",
          job->forbidden ? "the address is not allowed" : curl_.api().easy_strerror(code), status);
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION && !remembered.warned_untrusted &&
        !job->deposit.unreached) {
      remembered.warned_untrusted = true;
      base::log::warning(
          "nothing is sent to {}: its certificate is not trusted here; where a private authority "
          "signed it, name that authority's file in SSL_CERT_FILE",
          peer.text());
    }
    if (status == 401 && reply.peer_time && !job->clock_retried) {
      job->clock_retried = true;  // once: a peer that reports another time again is refused
      remembered.clock_offset = *reply.peer_time - loop_.clock().now();
    } else {
      job->best = job->answered_once ? more_hopeful(job->best, reply) : reply;
      job->answered_once = true;
      ++job->next;
      const bool taken = reply.outcome == DepositOutcome::stored;
      if (taken || job->next == job->urls.size()) {
        job->done(job->best);
        fill();
        return;
      }
    }
    waiting_.push_front(std::move(job));
    fill();
  }

  void warn_of_plain(const PeerUrl& peer) {
    auto& known = memory_.of(peer);
    if (peer.https || known.warned_plain || is_loopback_host(peer.host)) return;
    known.warned_plain = true;
    base::log::warning(
        "a peer is reached over plain http: the messages stay sealed, but whoever watches the link "
        "sees when and how much; an https URL there (--public-url) hides that");
  }

  EventLoop& loop_;
  bool closed_ = false;
  PeerMemory memory_;
  std::deque<std::unique_ptr<Job>> waiting_;
  std::vector<Job*> running_;
  struct Places {
    std::size_t all = 0;  // but the unreached
    std::size_t large = 0;
    std::size_t unreached = 0;
  };
  std::size_t reached_ = 0;  // running
  std::size_t unreached_ = 0;
  std::unordered_map<std::string, Places> per_host_;
  CurlLoop curl_;  // last: its destruction ends the jobs before the other members
};

HttpTransport::HttpTransport(EventLoop& loop, HttpTransportOptions options)
    : loop_(loop), impl_(std::make_unique<Impl>(loop, std::move(options))) {}

HttpTransport::~HttpTransport() = default;

void HttpTransport::set_addresses(AddressPolicy policy) { impl_->options_.addresses = policy; }

void HttpTransport::close() {
  {
    base::Lock lock(mutex_);
    closed_ = true;
  }
  impl_->close();
}

void HttpTransport::deposit(Deposit deposit, Done done) {
  {
    // Posted under the lock: what came before close() is in the loop's queue when it returns.
    base::Lock lock(mutex_);
    if (!closed_) {
      loop_.post([this, deposit = std::move(deposit), done = std::move(done)]() mutable {
        impl_->take(std::move(deposit), std::move(done));
      });
      return;
    }
  }
  done(DepositReply{});
}

}  // namespace gateway
