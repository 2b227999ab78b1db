// Requests for device commands: messages of contacts that ask for one, and how far each has come. A
// row says nothing that would have to be sealed: what was asked for is in the message.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "store/tables/scope.h"

namespace store {

enum class RequestState : std::uint8_t {
  waiting = 1,   // nothing was decided yet
  begun = 2,     // it is run, once; when the daemon finds it so at a start, it was interrupted
  answered = 3,  // kept for its mark alone
};

struct DeviceRequestRow {
  base::MsgId message;
  base::ChatId chat;
  base::ContactId contact;
  RequestState state = RequestState::waiting;
};

base::Result<> insert_device_request(const Scope& scope, const DeviceRequestRow& row);
base::Result<std::optional<DeviceRequestRow>> find_device_request(const Scope& scope,
                                                                  base::MsgId message);
// Those that are not answered, oldest first.
base::Result<std::vector<DeviceRequestRow>> open_device_requests(const Scope& scope,
                                                                 std::size_t limit);
// `mark`: a keyed hash of the name that the contact gave it; another request of the contact's had
// it: false, and nothing is written.
base::Result<bool> begin_device_request(const Scope& scope, const DeviceRequestRow& row,
                                        std::optional<base::ByteView> mark);
// Of a contact's answered requests with a mark the newest `kept` are kept.
base::Result<> end_device_request(const Scope& scope, const DeviceRequestRow& row,
                                  std::size_t kept);

}  // namespace store
