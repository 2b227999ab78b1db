// OutBuffer: bytes that wait for room in a socket. A large body is moved in, not copied behind its
// head; both leave in one system call.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

class OutBuffer {
 public:
  std::string& tail() { return second_.empty() ? first_ : second_; }  // to append to
  void append_body(std::string body);

  enum class Write { all, blocked, broken };
  // Sends until all is sent or the socket is full. `written` says whether anything left.
  Write write_to(int fd, bool& written);

  std::size_t size() const { return first_.size() - sent_ + second_.size(); }
  bool empty() const { return size() == 0; }
  std::string take();

 private:
  std::string first_;  // of which sent_ bytes are gone
  std::string second_;
  std::size_t sent_ = 0;
};

}  // namespace gateway
