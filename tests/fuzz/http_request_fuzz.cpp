// room: gateway
// Bytes as a client may send them: head scanner, body framing, routing and the parser of
// queries, up to a dispatcher that does nothing. Whatever comes in pieces must be read as what
// comes at once.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/http/path.h"
#include "gateway/http/query.h"
#include "gateway/http/range.h"
#include "gateway/http/route.h"
#include "gateway/hub/filter.h"
#include "gateway/server/body_decoder.h"
#include "gateway/server/guard.h"

namespace {

using namespace gateway;

const RouteTable& table() {
  static const RouteTable routes = [] {
    RouteTable t;
    for (const char* path : {"/rpc", "/file", "/relay/v1/:mailbox/deposit"}) {
      t.add({.method = "POST", .path = path, .body_limit = 4096});
    }
    for (const char* path : {"/events", "/health", "/file/:msg_id"})
      t.add({.method = "GET", .path = path});
    return t;
  }();
  return routes;
}

void require(bool holds) {
  if (!holds) std::abort();
}

// One request at the front of `in`; true when another may follow.
bool one_request(std::string_view& in) {
  static const Guard guard({.hosts = {"gate.example.org"}});
  const HeadScan scan = scan_head(in);
  // Read byte by byte to the same end it must come to the same verdict.
  if (in.size() < 512) {
    HeadScan slow;
    for (std::size_t size = 0; size <= in.size() && slow.state == HeadScan::State::need_more;
         ++size) {
      slow = scan_head(in.substr(0, size), size > 0 ? size - 1 : 0);
    }
    require((slow.state == HeadScan::State::complete) == (scan.state == HeadScan::State::complete));
    require(slow.used == scan.used || scan.state != HeadScan::State::complete);
  }
  if (scan.state != HeadScan::State::complete) return false;
  require(scan.used <= in.size() && scan.used <= kMaxHeadBytes + 2);
  in.remove_prefix(scan.used);

  const RequestHead& head = scan.head;
  const auto path = decode_path(head.target());
  const auto match =
      path ? table().find(head.method(), *path, ListenerKind::main) : RouteTable::Match{};
  (void)guard.judge(head, match.route);
  (void)choose_range(head.field("Range"), head.field("If-Range"), "\"t\"", 100);
  if (match.route != nullptr && query_escapes_are_plain(head.target())) {
    for (const std::string& capture : match.captures) {
      require(!capture.empty() && capture.find('/') == std::string::npos);
    }
    if (const auto query = parse_query(head.target())) {
      for (const auto& [name, value] : *query) {
        require(name.size() + value.size() < head.target().size());
      }
      (void)parse_stream_options(*query, head.field("Last-Event-ID"));
    }
  }

  BodyDecoder whole = BodyDecoder::of(head, 4096);
  BodyDecoder pieces = BodyDecoder::of(head, 4096);
  std::string at_once, bit_by_bit;
  const auto end = whole.feed(in, at_once, SIZE_MAX);
  BodyDecoder::Step step;
  std::size_t used = 0;
  do {
    step = pieces.feed(in.substr(used, 1), bit_by_bit, 1);
    used += step.used;
  } while (step.state == BodyDecoder::State::more && used < in.size());
  require(step.state == end.state);
  if (end.state != BodyDecoder::State::refused) require(at_once == bit_by_bit && used == end.used);
  require(at_once.size() <= 4096 || head.content_length());
  if (end.state != BodyDecoder::State::done) return false;
  in.remove_prefix(end.used);
  return !in.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view in(reinterpret_cast<const char*>(data), size);
  for (int i = 0; i < 16 && one_request(in); ++i) {
  }
  return 0;
}
