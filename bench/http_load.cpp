// http_load: POSTs bodies over N keep-alive connections for some seconds and reports the results.
//
//   http_load PORT PATH CONNECTIONS SECONDS FILE [RATE]
//
// FILE holds one body a line; they are sent in turn. Each connection has one request under way. An
// answer that is not a 200 with "result" in it counts as failed. With RATE so many requests begin a
// second, on connections that are free; without it each one begins when the last was answered. One
// thread, loopback only; prints one JSON line:
// {"requests":…,"failed":…,"per_s":…,"p50_us":…,"p99_us":…,"max_us":…}.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Connection {
  int fd = -1;
  std::string_view request;
  std::size_t sent = 0;
  std::string answer;
  Clock::time_point begun;
};

struct Totals {
  std::vector<float> micros;
  std::size_t failed = 0;
};

// The length of the whole answer once its head is there.
std::optional<std::size_t> answer_size(std::string_view answer) {
  const std::size_t head = answer.find("\r\n\r\n");
  if (head == std::string_view::npos) return {};
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = answer.find(kLength);
  if (at == std::string_view::npos || at > head) {
    std::fputs("http_load: an answer without Content-Length\n", stderr);
    std::exit(1);
  }
  std::size_t length = 0;
  std::from_chars(answer.data() + at + kLength.size(), answer.data() + head, length);
  return head + 4 + length;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    die("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

class Load {
 public:
  Load(std::vector<std::string> requests, std::uint16_t port, std::size_t connections)
      : requests_(std::move(requests)), connections_(connections), poll_(::epoll_create1(0)) {
    for (Connection& connection : connections_) {
      connection.fd = connect_to(port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.fd, &event);
    }
  }

  Totals run(double seconds, double rate) {
    Totals totals;
    const auto begun = Clock::now();
    const auto end = begun + std::chrono::duration<double>(seconds);
    for (Connection& connection : connections_) free_.push_back(&connection);
    std::vector<epoll_event> events(connections_.size());
    while (Clock::now() < end) {
      int wait = 1000;
      while (!free_.empty()) {
        if (rate > 0) {
          const double due = static_cast<double>(next_) / rate -
                             std::chrono::duration<double>(Clock::now() - begun).count();
          wait = std::max(0, static_cast<int>(due * 1000 + 1));
          if (due > 0) break;
        }
        Connection* const connection = free_.back();
        free_.pop_back();
        send_next(*connection);
      }
      const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), wait);
      for (int i = 0; i < count; ++i) {
        auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (receive(connection, totals)) free_.push_back(&connection);
      }
    }
    return totals;
  }

 private:
  void send_next(Connection& connection) {
    connection.request = requests_[next_++ % requests_.size()];
    connection.answer.clear();
    connection.begun = Clock::now();
    for (connection.sent = 0; connection.sent < connection.request.size();) {
      const auto rest = connection.request.substr(connection.sent);
      const ssize_t wrote = ::send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (wrote <= 0) die("send");
      connection.sent += static_cast<std::size_t>(wrote);
    }
  }

  // Whether the answer is whole.
  bool receive(Connection& connection, Totals& totals) {
    const ssize_t got = ::recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) die("recv");
    connection.answer.append(buffer_.data(), static_cast<std::size_t>(got));
    const auto size = answer_size(connection.answer);
    if (!size || connection.answer.size() < *size) return false;
    totals.micros.push_back(
        std::chrono::duration<float, std::micro>(Clock::now() - connection.begun).count());
    const bool good = connection.answer.starts_with("HTTP/1.1 200 ") &&
                      connection.answer.find("\"result\"") != std::string::npos;
    if (!good && totals.failed++ == 0) {
      std::fprintf(stderr, "http_load: %.300s\n", connection.answer.c_str());
    }
    return true;
  }

  std::vector<std::string> requests_;
  std::vector<Connection> connections_;
  std::vector<Connection*> free_;  // without a request under way
  int poll_;
  std::size_t next_ = 0;
  std::string buffer_ = std::string(256 * 1024, '\0');
};

std::vector<std::string> read_requests(const char* file, const std::string& path) {
  std::vector<std::string> requests;
  std::ifstream in(file);
  for (std::string body; std::getline(in, body);) {
    requests.push_back("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
                       "Content-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  return requests;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    std::fputs("usage: http_load PORT PATH CONNECTIONS SECONDS FILE [RATE]\n", stderr);
    return 2;
  }
  auto requests = read_requests(argv[5], argv[2]);
  const int connections = std::stoi(argv[3]);
  if (requests.empty() || connections < 1) {
    std::fputs("http_load: no bodies in the file, or no connections\n", stderr);
    return 2;
  }
  Load load(std::move(requests), static_cast<std::uint16_t>(std::stoi(argv[1])),
            static_cast<std::size_t>(connections));
  const auto begun = Clock::now();
  Totals totals = load.run(std::stod(argv[4]), argc == 7 ? std::stod(argv[6]) : 0);
  const double took = std::chrono::duration<double>(Clock::now() - begun).count();
  auto& micros = totals.micros;
  if (micros.empty()) {
    std::fputs("http_load: nothing was answered\n", stderr);
    return 1;
  }
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double share) {
    return static_cast<double>(
        micros[static_cast<std::size_t>(share * static_cast<double>(micros.size() - 1))]);
  };
  std::printf(
      "{\"requests\":%zu,\"failed\":%zu,\"per_s\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,"
      "\"max_us\":%.0f}\n",
      micros.size(), totals.failed, static_cast<double>(micros.size()) / took, at(0.5), at(0.99),
      at(1));
  return totals.failed == 0 ? 0 : 1;
}
