// Requests for device commands: messages of contacts that ask for one, and the state of each. A row
// holds nothing that needs sealing: the request itself is in the message.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "store/tables/scope.h"

namespace store {

enum class RequestState : std::uint8_t {
  waiting = 1,   // nothing was decided yet
  begun = 2,     // it is run, once; a start that finds this state reports it as interrupted
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
// `mark`: a keyed hash of the contact's name for the request. False: another request of the contact
// has it, and nothing is written.
base::Result<bool> begin_device_request(const Scope& scope, const DeviceRequestRow& row,
                                        std::optional<base::ByteView> mark);
// Of a contact's answered requests with a mark, keeps the newest `kept`.
base::Result<> end_device_request(const Scope& scope, const DeviceRequestRow& row,
                                  std::size_t kept);

}  // namespace store
