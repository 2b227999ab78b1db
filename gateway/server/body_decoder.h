// BodyDecoder: where a request's body ends, by Content-Length or by chunks (RFC 9112, 7.1), and its
// bytes without the framing. Bounded everywhere: chunk-size lines, extensions and trailers too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/head.h"

namespace gateway {

class BodyDecoder {
 public:
  // `limit` bytes of body are accepted in all.
  static BodyDecoder of(const RequestHead& head, std::uint64_t limit);

  enum class State { more, done, refused };
  struct Step {
    State state = State::more;
    std::size_t used = 0;  // of `in`
  };
  // Appends at most `room` body bytes to `out`. `more` with used < in.size() means: room is short.
  Step feed(std::string_view in, std::string& out, std::size_t room);

  const HttpError& error() const { return error_; }  // after `refused`
  std::uint64_t total() const { return total_; }     // body bytes so far

 private:
  enum class At : std::uint8_t { plain, size, data, data_end, trailer, done };
  bool take_line(std::string_view& in, bool& complete);
  Step refuse(int status, std::string message);
  bool size_line();
  void make_room(std::string& out, std::size_t size) const;

  At at_ = At::done;
  std::uint64_t left_ = 0;  // of the body or of the chunk
  std::uint64_t limit_ = 0;
  std::uint64_t total_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::string line_;  // of a size or trailer line that came in pieces
  HttpError error_;
};

}  // namespace gateway
