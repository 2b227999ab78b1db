// AnswerReader: one HTTP/1.1 answer taken apart as it arrives: head, then a body by its length, in
// chunks, or until the connection ends. For answers of servers under test, not for hostile ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

class AnswerReader {
 public:
  // Calls sink(std::string_view) with pieces of the body, which are valid during the call.
  template <class Sink>
  void feed(std::string_view bytes, Sink&& sink) {
    while (!bytes.empty() && at_ != At::end && at_ != At::broken) {
      if (at_ == At::body) {
        const std::string_view piece = bytes.substr(0, left_);
        sink(piece);
        bytes.remove_prefix(piece.size());
        if (left_ != kUntilClose) left_ -= piece.size();
        if (left_ == 0) at_ = chunked_ ? At::chunk_end : At::end;
      } else {
        take_line(bytes);
      }
    }
  }
  bool has_head() const { return at_ > At::head; }
  int status() const { return status_; }
  bool done() const { return at_ == At::end; }
  bool broken() const { return at_ == At::broken; }
  bool closes() const { return closes_; }  // the connection ends with it

 private:
  enum class At : std::uint8_t { status, head, body, chunk_size, chunk_end, trailer, end, broken };
  static constexpr std::size_t kUntilClose = ~std::size_t{0};

  void take_line(std::string_view& bytes);
  void on_line(std::string_view line);
  void on_field(std::string_view line);
  void on_head();

  At at_ = At::status;
  std::string line_;
  int status_ = 0;
  bool chunked_ = false;
  bool closes_ = false;
  std::size_t left_ = kUntilClose;
};
