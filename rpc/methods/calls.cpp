// Calls: the data that the two programs of a call exchange. Sound and pictures go directly between
// them, by WebRTC.
#include "rpc/methods/params.h"
#include "rpc/shapes/call.h"

namespace rpc {
namespace {

struct Place : OfChat {
  std::string place_call_info;
  bool has_video = false;
  static constexpr auto fields() {
    return base::with_fields(
        OfChat::fields("a chat with one contact"),
        base::field("place_call_info", &Place::place_call_info,
                    "for the callee's program, such as an SDP offer; at most 32 KiB"),
        base::field("has_video", &Place::has_video, "a video call"));
  }
};

void place_outgoing_call(Context& context, Place p, Completion<MsgId> done) {
  engine_of(context).calls().place(p.account_id, p.chat_id, std::move(p.place_call_info),
                                   p.has_video, std::move(done));
}

struct OfCall : OfAccount {
  MsgId msg_id;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("msg_id", &OfCall::msg_id, "the call's message"));
  }
};

struct Accept : OfCall {
  std::string accept_call_info;
  static constexpr auto fields() {
    return base::with_fields(
        OfCall::fields(),
        base::field("accept_call_info", &Accept::accept_call_info,
                    "for the caller's program, such as an SDP answer; at most 32 KiB"));
  }
};

void accept_incoming_call(Context& context, Accept p, Completion<> done) {
  engine_of(context).calls().accept(p.account_id, p.msg_id, std::move(p.accept_call_info),
                                    std::move(done));
}

void end_call(Context& context, OfCall p, Completion<> done) {
  engine_of(context).calls().end(p.account_id, p.msg_id, std::move(done));
}

Result<shape::CallInfo> call_info(Context& context, const OfCall& p) {
  EDGE_TRY(messaging::Call call, engine_of(context).calls().get(p.account_id, p.msg_id));
  return shape::to_shape(std::move(call));
}

Result<std::string> ice_servers(Context& context, const OfAccount& p) {
  EDGE_CHECK(engine_of(context).accounts().get(p.account_id));
  return engine_of(context).calls().ice_servers();
}

}  // namespace

void add_call_methods(std::vector<Method>& table) {
  const Row write{.scope = KeyScope::write,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden}};
  const Row read{.scope = KeyScope::read,
                 .fuzz = Fuzz::safe,
                 .errors = {Errc::not_found, Errc::invalid_argument}};
  table.push_back(method<&place_outgoing_call>(
      "place_outgoing_call", "Calls a contact; answers with the call's message.", write));
  table.push_back(method<&accept_incoming_call>(
      "accept_incoming_call",
      "Accepts a call, and the contact if it was a request. One that rings no longer stays as it "
      "is.",
      write));
  table.push_back(method<&end_call>("end_call", "Declines, cancels or hangs up a call.", write));
  table.push_back(
      method<&call_info>("call_info", "How a call stands, and what was offered.", read));
  table.push_back(method<&ice_servers>(
      "ice_servers",
      "The STUN and TURN servers of the setting ice-servers, as JSON for RTCPeerConnection.",
      read));
}

}  // namespace rpc
