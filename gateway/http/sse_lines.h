// SseLines: a stream of events taken apart, byte by byte as they arrive (WHATWG HTML, "server-sent
// events"): line endings \n, \r\n and \r, comments, several data lines, an id that stays.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace gateway {

struct SseEvent {
  std::string type;  // of an `event:` line; "" without one
  std::string data;
};

class SseLines {
 public:
  using OnEvent = std::function<void(const SseEvent&)>;
  explicit SseLines(OnEvent on_event) : on_event_(std::move(on_event)) {}

  // A frame is bounded by 16 MiB; what is longer is dropped.
  void feed(std::string_view bytes);
  // Where to resume; "" before the first id.
  const std::string& last_id() const { return last_id_; }
  // A frame that the connection broke off in is forgotten.
  void reset();

 private:
  void take_line(std::string_view line);

  OnEvent on_event_;
  std::string line_;
  bool after_cr_ = false;
  bool has_data_ = false;
  SseEvent event_;
  std::string pending_id_;
  std::string last_id_;
};

}  // namespace gateway
