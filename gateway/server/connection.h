// Connection: one client's HTTP/1.x connection as a state machine on the loop's thread. It costs no
// thread and, between requests, no buffer: a few hundred bytes.
//
// One request is in process at a time; the bytes of those that follow wait, first here (bounded),
// then in the kernel, because reading stops while a request runs. The socket is watched
// edge-triggered once and for all, so that a request costs no epoll_ctl.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/loop/event_loop.h"
#include "gateway/server/context.h"
#include "gateway/server/out_buffer.h"

namespace gateway {

struct DownloadState;
struct Route;
struct PartialRequest;
struct UploadState;

class Connection final : public IoHandler {
 public:
  Connection(ServerContext& context, AcceptedSocket socket);
  ~Connection();

  base::Result<> watch();
  void pump();  // does everything that is possible without waiting
  void on_io(std::uint32_t events) override;
  void on_answer(Response response);  // by way of the Exchange
  void on_download_chunk(base::Result<std::string> chunk);
  void on_judged(Request request, std::optional<Response> refusal);
  void on_upload_open(base::Result<std::unique_ptr<BodySink>> sink);
  void on_upload_written(base::Result<> result);
  std::size_t unsent() const { return unsent_; }
  void begin_stop();  // closes when idle; else after the answer
  void give_up();     // answers 503 to whatever is under way, and closes

  std::size_t place = 0;  // in ServerContext::connections

 private:
  enum class Phase : std::uint8_t { head, body, upload, running, sending, linger, closed };
  enum class Progress : std::uint8_t { made, need_input, wait };

  // The end of an answer is reported once the kernel has taken all of it.
  struct Receipt {
    std::uint64_t at = 0;  // of the bytes sent in all
    base::Lease taken;
  };

  Progress step();
  Progress step_head();
  Progress step_body();
  Progress step_upload();
  void read_some(std::size_t& budget);
  bool flush();
  void end_input();
  void probe();
  void settle();
  void on_timer();

  void judge(RequestHead head);
  bool judge_access(Request& request, const Route& route);  // false: it was refused
  void ask_judge();
  void begin_body();
  bool within_limit(base::Millis wait);  // false: it was refused
  void note_answer(Response& response);  // what every answer carries, and its figures
  void dispatch();
  void open_upload();
  void submit_upload_chunk();
  void request_download_chunk();
  std::shared_ptr<Exchange> make_exchange();
  // False when the workers take no more of this party.
  bool submit(base::UniqueFunction<void()>&& work);
  bool submit_rest(base::UniqueFunction<void()>&& work);

  void write(Response response);
  void release_socket(Response response);
  void reject(Response response);  // of a request whose body was not read
  void reject_late(Response response, base::Millis delay);
  void refuse(const HttpError& error);  // the bytes cannot be trusted any more
  void finish_answer();
  void start_linger();
  void close();
  base::Millis next_deadline() const;
  void release_body();
  void count_unsent(std::size_t size);
  void drop_upload();

  std::string_view pending() const { return std::string_view(in_).substr(in_at_); }
  void consume(std::size_t size) { in_at_ += size; }

  ServerContext& context_;
  Fd fd_;
  Slot slot_;
  const std::string peer_;
  const bool local_;  // the peer's address is this machine's loopback
  const ListenerKind kind_;
  const std::uint64_t number_;
  Phase phase_ = Phase::head;
  bool readable_ = false, writable_ = true;
  bool eof_ = false;          // read: the client sends nothing more
  bool half_closed_ = false;  // reported by epoll, maybe before eof_
  bool pumping_ = false;
  std::size_t recalled_ = 0;  // answered from memory in this pass
  bool close_after_flush_ = false, linger_after_flush_ = false;
  bool keep_alive_ = true, head_only_ = false, http_1_0_ = false;  // of the current request
  std::string in_;
  std::size_t in_at_ = 0;
  std::size_t head_seen_ = 0;  // of pending(): already scanned in vain
  OutBuffer out_;
  std::size_t unsent_ = 0;         // of out_, counted in ServerContext::unsent
  std::uint64_t sent_ = 0;         // bytes passed to the kernel in all
  std::vector<Receipt> receipts_;  // of answers in out_ that took something with them
  std::size_t held_ = 0;           // bytes of body counted in ServerContext::buffered_bodies
  base::Millis since_ = 0;         // when the present wait began
  base::Millis write_since_ = 0;
  base::Millis probed_ = 0;    // when a half-closed client was last asked whether it is there
  base::Millis deadline_ = 0;  // the timer fires no later than this; 0: none
  Timer timer_;
  // Of the request under way.
  std::shared_ptr<const rpc::Access> access_;
  std::string party_;
  const Route* route_ = nullptr;
  std::chrono::steady_clock::time_point begun_;
  AllowedOrigin origin_ = kNoOrigin;
  std::string request_id_;
  std::unique_ptr<PartialRequest> partial_;
  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<DownloadState> download_;
  std::shared_ptr<UploadState> upload_;
};

}  // namespace gateway
