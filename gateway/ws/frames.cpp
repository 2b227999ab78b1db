#include "gateway/ws/frames.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace gateway {
namespace {

constexpr std::size_t kMessageBytes = 128;  // that wslay takes for each message that waits
constexpr std::size_t kMaxReason = 123;     // RFC 6455, 5.5: 125 bytes with the code

}  // namespace

struct WebSocketFrames::State {
  State(std::size_t max, OnText call) : max_message(max), on_text(std::move(call)) {}
  ~State() { wslay_event_context_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static ssize_t recv(wslay_event_context_ptr context, std::uint8_t* buffer, std::size_t size,
                      int flags, void* self);
  static ssize_t send(wslay_event_context_ptr context, const std::uint8_t* data, std::size_t size,
                      int flags, void* self);
  static void on_start(wslay_event_context_ptr context,
                       const wslay_event_on_frame_recv_start_arg* frame, void* self);
  static void on_chunk(wslay_event_context_ptr context,
                       const wslay_event_on_frame_recv_chunk_arg* chunk, void* self);
  static void on_message(wslay_event_context_ptr context,
                         const wslay_event_on_msg_recv_arg* message, void* self);

  void put(std::uint8_t opcode, std::string_view bytes);
  void close(CloseCode code, std::string_view reason);

  const std::size_t max_message;
  const OnText on_text;
  wslay_event_context_ptr context = nullptr;
  std::string_view input;         // during feed()
  std::string* output = nullptr;  // during take()
  std::string message;            // so far
  bool in_control = false;        // the frame that is being received is a control frame
  bool closing = false;           // a close frame was put
};

ssize_t WebSocketFrames::State::recv(wslay_event_context_ptr context, std::uint8_t* buffer,
                                     std::size_t size, int /*flags*/, void* self) {
  std::string_view& input = static_cast<State*>(self)->input;
  if (input.empty()) {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  const std::size_t part = std::min(size, input.size());
  std::memcpy(buffer, input.data(), part);
  input.remove_prefix(part);
  return static_cast<ssize_t>(part);
}

ssize_t WebSocketFrames::State::send(wslay_event_context_ptr /*context*/, const std::uint8_t* data,
                                     std::size_t size, int /*flags*/, void* self) {
  static_cast<State*>(self)->output->append(reinterpret_cast<const char*>(data), size);
  return static_cast<ssize_t>(size);
}

// wslay bounds one frame; the message's frames are bounded here, before any of their bytes.
void WebSocketFrames::State::on_start(wslay_event_context_ptr /*context*/,
                                      const wslay_event_on_frame_recv_start_arg* frame,
                                      void* self) {
  State& state = *static_cast<State*>(self);
  state.in_control = wslay_is_ctrl_frame(frame->opcode) != 0;
  if (state.in_control) return;
  if (frame->opcode == WSLAY_BINARY_FRAME) {
    return state.close(CloseCode::unsupported, "one JSON-RPC object a text frame is expected");
  }
  if (frame->payload_length > state.max_message - state.message.size()) {
    state.close(CloseCode::too_big,
                "a message may have " + std::to_string(state.max_message) + " bytes");
  }
}

void WebSocketFrames::State::on_chunk(wslay_event_context_ptr /*context*/,
                                      const wslay_event_on_frame_recv_chunk_arg* chunk,
                                      void* self) {
  State& state = *static_cast<State*>(self);
  if (state.in_control || state.closing) return;
  state.message.append(reinterpret_cast<const char*>(chunk->data), chunk->data_length);
}

void WebSocketFrames::State::on_message(wslay_event_context_ptr /*context*/,
                                        const wslay_event_on_msg_recv_arg* whole, void* self) {
  State& state = *static_cast<State*>(self);
  if (whole->opcode != WSLAY_TEXT_FRAME || state.closing) return;
  state.on_text(std::exchange(state.message, {}));
}

void WebSocketFrames::State::put(std::uint8_t opcode, std::string_view bytes) {
  if (closing) return;
  const wslay_event_msg whole{.opcode = opcode,
                              .msg = reinterpret_cast<const std::uint8_t*>(bytes.data()),
                              .msg_length = bytes.size()};
  if (wslay_event_queue_msg(context, &whole) == WSLAY_ERR_NOMEM) throw std::bad_alloc();
}

void WebSocketFrames::State::close(CloseCode code, std::string_view reason) {
  if (closing) return;
  closing = true;
  message = {};
  reason = reason.substr(0, kMaxReason);
  wslay_event_shutdown_read(context);
  (void)wslay_event_queue_close(context, static_cast<std::uint16_t>(code),
                                reinterpret_cast<const std::uint8_t*>(reason.data()),
                                reason.size());
}

WebSocketFrames::WebSocketFrames(std::size_t max_message, OnText on_text)
    : state_(std::make_unique<State>(max_message, std::move(on_text))) {
  const wslay_event_callbacks callbacks{.recv_callback = &State::recv,
                                        .send_callback = &State::send,
                                        .genmask_callback = nullptr,
                                        .on_frame_recv_start_callback = &State::on_start,
                                        .on_frame_recv_chunk_callback = &State::on_chunk,
                                        .on_frame_recv_end_callback = nullptr,
                                        .on_msg_recv_callback = &State::on_message};
  if (wslay_event_context_server_init(&state_->context, &callbacks, state_.get()) != 0) {
    throw std::bad_alloc();
  }
  // Buffered by wslay, a frame takes the memory that its head announces before its bytes come.
  wslay_event_config_set_no_buffering(state_->context, 1);
  wslay_event_config_set_max_recv_msg_length(state_->context, max_message);
}

WebSocketFrames::~WebSocketFrames() = default;

void WebSocketFrames::feed(std::string_view bytes) {
  state_->input = bytes;
  const int result = wslay_event_recv(state_->context);
  state_->input = {};
  if (result == WSLAY_ERR_NOMEM) throw std::bad_alloc();
  if (result != 0) state_->close(CloseCode::protocol_error, "");
}

bool WebSocketFrames::reads() const {
  return !state_->closing && wslay_event_get_read_enabled(state_->context) != 0 &&
         wslay_event_get_close_received(state_->context) == 0;
}

std::size_t WebSocketFrames::partial() const { return state_->message.size(); }

void WebSocketFrames::put_text(std::string_view text) { state_->put(WSLAY_TEXT_FRAME, text); }

void WebSocketFrames::put_ping() { state_->put(WSLAY_PING, {}); }

void WebSocketFrames::close(CloseCode code, std::string_view reason) {
  state_->close(code, reason);
}

std::size_t WebSocketFrames::waiting() const {
  return wslay_event_get_queued_msg_length(state_->context) +
         wslay_event_get_queued_msg_count(state_->context) * kMessageBytes;
}

void WebSocketFrames::take(std::string& out) {
  state_->output = &out;
  const int result = wslay_event_send(state_->context);
  state_->output = nullptr;
  if (result == WSLAY_ERR_NOMEM) throw std::bad_alloc();
}

bool WebSocketFrames::close_taken() const {
  return wslay_event_get_close_sent(state_->context) != 0;
}

}  // namespace gateway
