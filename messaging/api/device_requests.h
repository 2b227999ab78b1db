// DeviceRequests: requests of contacts for a command of this device, from their arrival to their
// answer. The caller of this class (kernel/device.h) decides what a request means and whether it is
// allowed.
//
// Each request is decided once, whatever is redelivered or crashes: begin() is durable before
// anything runs, and a request that begun() finds at a start was interrupted. The answer and the
// end of the request are one transaction. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/kernel/device.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

struct OpenRequest {
  MsgId message;
  ChatId chat;
  ContactId contact;
  bool begun = false;
};

struct DeviceRequest {
  OpenRequest open;
  std::string text;
  kernel::DeviceContact contact;  // as it is now
  std::string contact_name;       // for people
};

enum class RequestBegin : std::uint8_t { begun, repeated };

class DeviceRequests {
 public:
  static constexpr std::size_t kMostOpen = 4'096;  // of one list

  explicit DeviceRequests(kernel::Core& core) : core_(core) {}

  std::vector<AccountId> accounts() const;
  // Those without an answer, oldest first.
  base::Result<std::vector<OpenRequest>> open(AccountId account) const;
  // Errc::not_found: it is answered, its message was deleted, or its contact is gone or blocked.
  base::Result<DeviceRequest> load(AccountId account, MsgId message) const;

  // Counts as run from now on. `name`: the contact's name for the request; `repeated`: a request of
  // the same name was begun before.
  void begin(AccountId account, MsgId message, std::optional<std::string> name,
             base::Completion<RequestBegin> done);
  // Answers the request, or ends it without an answer. It has ended then, even if the chat takes no
  // answer any more.
  void end(AccountId account, MsgId message, std::optional<MessageDraft> answer,
           base::Completion<> done);

 private:
  kernel::Core& core_;
};

}  // namespace messaging
