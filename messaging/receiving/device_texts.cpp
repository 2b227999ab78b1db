#include "messaging/receiving/device_texts.h"

#include "messaging/kernel/device.h"
#include "store/tables/device_requests.h"

namespace messaging::receiving {

base::Result<> note_device_text(const kernel::WriteContext& write, const store::ChatRow& chat,
                                const store::MessageRow& row) {
  const kernel::Device* const device = write.core.device;
  if (device == nullptr || chat.blocked != store::ChatBlocked::no || !row.encrypted) return {};
  switch (device->kind_of(row.text)) {
    case kernel::DeviceText::ordinary:
      return {};
    case kernel::DeviceText::answer:
      return write.emit(PrivittyDeviceCmdResponse{chat.id, row.id});
    case kernel::DeviceText::request:
      break;
  }
  if (row.blob_id) return {};
  EDGE_CHECK(store::insert_device_request(
      write.scope, {.message = row.id, .chat = chat.id, .contact = row.from}));
  write.signal(&kernel::Signals::device_asked);
  return {};
}

}  // namespace messaging::receiving
