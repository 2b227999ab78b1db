#include "bench/sse_load/options.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr const char* kHelp =
    R"(usage: sse_load --sub http://127.0.0.1:PORT/PATH --pub http://127.0.0.1:PORT/PATH [options]

Opens event streams, publishes events that carry a number and a time, and prints one JSON line: how
fast streams opened, deliveries a second, their latency, what was lost or came twice, and the
server's memory and processor time. Loopback only. Exit code 1 when anything was lost or refused.

  --n N               streams (100)
  --events M          events (1000)
  --rate R            events a second, by a clock that does not wait for answers; 0: as fast as
                      four publishers get theirs (0)
  --size B            bytes of an event (200)
  --pub-header 'K: V' of each publication; repeatable
  --pub-body TEXT     its body, where {msg} stands for the event ({msg})
  --pub-expect TEXT   must stand in its answer
  --src-ips S         addresses to connect from, 127.0.0.1 to 127.0.0.S (1): one has 28,000 ports
  --pid P             the server, whose children count too
  --label L           copied to the output
)";

Url parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://127.0.0.1:";
  if (!text.starts_with(kScheme)) die("expected http://127.0.0.1:PORT/PATH: " + std::string(text));
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::uint16_t port = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + slash, port);
  if (read.ec != std::errc() || read.ptr != rest.data() + slash)
    die("no port: " + std::string(text));
  Url url;
  url.host = "127.0.0.1:" + std::to_string(port);
  url.path = slash < rest.size() ? rest.substr(slash) : "/";
  url.address.sin_family = AF_INET;
  url.address.sin_port = htons(port);
  url.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return url;
}

template <class T>
T number(const std::string& name, const std::string& text) {
  T value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < T{0}) {
    die(name + ": expected a number, not '" + text + "'");
  }
  return value;
}

}  // namespace

void die(const std::string& what) {
  std::fprintf(stderr, "sse_load: %s\n", what.c_str());
  std::exit(2);
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (i + 1 == argc) die("a value is missing after " + name);
    const std::string value = argv[++i];
    if (name == "--sub") {
      options.subscribe = parse_url(value);
    } else if (name == "--pub") {
      options.publish = parse_url(value);
    } else if (name == "--n") {
      options.subscribers = number<std::size_t>(name, value);
    } else if (name == "--events") {
      options.events = number<std::size_t>(name, value);
    } else if (name == "--rate") {
      options.rate = number<double>(name, value);
    } else if (name == "--size") {
      options.size = number<std::size_t>(name, value);
    } else if (name == "--pub-header") {
      options.headers.push_back(value);
    } else if (name == "--pub-body") {
      options.body = value;
    } else if (name == "--pub-expect") {
      options.expect = value;
    } else if (name == "--src-ips") {
      options.sources = number<std::size_t>(name, value);
    } else if (name == "--pid") {
      options.pid = number<int>(name, value);
    } else if (name == "--label") {
      options.label = value;
    } else {
      die("there is no option " + name);
    }
  }
  if (options.subscribe.host.empty() || options.publish.host.empty())
    die("--sub and --pub are needed");
  if (options.sources == 0) options.sources = 1;
  return options;
}
