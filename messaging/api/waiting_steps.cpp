#include "messaging/api/waiting_steps.h"

#include <fmt/format.h>

#include "crypto/stream.h"
#include "messaging/delivery/courier.h"
#include "messaging/kernel/core.h"
#include "messaging/model/file_part.h"
#include "store/tables/blobs.h"
#include "store/tables/outbox.h"

namespace messaging {
namespace {

using store::OutboxKind;
using store::OutboxRow;
using store::OutboxState;

constexpr std::size_t kMostLines = 100;

std::string_view trouble(kernel::CarryOutcome outcome) {
  switch (outcome) {
    case kernel::CarryOutcome::stored:
      break;
    case kernel::CarryOutcome::refused:
      return "it did not admit us";
    case kernel::CarryOutcome::too_large:
      return "it takes no deposits of this size";
    case kernel::CarryOutcome::busy:
      return "it had no room or no time";
    case kernel::CarryOutcome::unreachable:
      return "it could not be reached";
  }
  return "it did not answer in time";
}

base::Result<std::string> ready_line(const View& view, const delivery::Courier& courier,
                                     const OutboxRow& row, const std::string& name) {
  std::string line = fmt::format("To {}: waits for its turn", name);
  if (row.kind == OutboxKind::file) {
    EDGE_TRY(const auto blob, store::load_blob(view.scope, row.blob_id));
    const std::uint32_t parts = part_count(crypto::sealed_size(blob.size));
    line = fmt::format("To {}: {} of {} parts of the file are sent", name, row.next_part, parts);
  }
  const delivery::RouteStanding standing = courier.standing(view.account.id, row.route_id);
  if (standing.failures == 0) return line + ".";
  return fmt::format(
      "{}; {} {} to reach the gateway failed, the last one because {}; the next one {}.", line,
      standing.failures, standing.failures == 1 ? "try" : "tries in a row", trouble(standing.last),
      standing.next_try < 1000 ? "now" : fmt::format("in {} s", (standing.next_try + 500) / 1000));
}

}  // namespace

base::Result<std::vector<std::string>> waiting_steps(const View& view,
                                                     const delivery::Courier& courier,
                                                     MsgId message) {
  std::vector<std::string> lines;
  EDGE_TRY(const auto rows, store::outbox_of_message(view.scope, message));
  std::optional<ContactId> last;
  for (const OutboxRow& row : rows) {
    // A message with a file has one line: its first row, because the message waits behind the file.
    if (!row.contact || last == row.contact) continue;
    if (row.kind == OutboxKind::file && row.state == OutboxState::stored) continue;
    last = row.contact;
    if (lines.size() == kMostLines) {
      lines.push_back("…");
      break;
    }
    EDGE_TRY(const Contact contact, load_contact_view(view, *row.contact));
    const std::string& name = contact.display_name;
    switch (row.state) {
      case OutboxState::waiting:
        lines.push_back(fmt::format("To {}: waits for a secure session.", name));
        break;
      case OutboxState::ready: {
        EDGE_TRY(auto line, ready_line(view, courier, row, name));
        lines.push_back(std::move(line));
        break;
      }
      case OutboxState::stored:
        lines.push_back(fmt::format(
            "To {}: the gateway or relay has it, the device has not acknowledged it yet.", name));
        break;
    }
  }
  return lines;
}

}  // namespace messaging
