// DeviceRequests: texts of contacts that ask this device for a command, from their arrival to their
// answer. What they ask for, and whether they may, is judged by who calls this (kernel/device.h).
//
// Each is decided upon once, whatever is redelivered or dies: begin() is on the disk before
// anything is run, and a request that begun() finds at a start was interrupted. The answer and the
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

  // From now on it counts as run. `name`: what the contact calls it; a request of the same name was
  // begun before: repeated.
  void begin(AccountId account, MsgId message, std::optional<std::string> name,
             base::Completion<RequestBegin> done);
  // Its answer, or nothing: it gets none. It has ended then. Where the chat takes no answer any
  // more it has ended as well.
  void end(AccountId account, MsgId message, std::optional<MessageDraft> answer,
           base::Completion<> done);

 private:
  kernel::Core& core_;
};

}  // namespace messaging
