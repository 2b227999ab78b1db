#include "messaging/peering/arriving_parts.h"

#include <fmt/format.h>

#include "messaging/chats/requests.h"
#include "messaging/model/file_part.h"
#include "store/disk_room.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

using base::Errc;
using base::fail;

std::optional<std::string> BegunFiles::find(AccountId account,
                                            const store::TransferId& transfer) const {
  base::Lock lock(mutex_);
  const auto found = names_.find({account, transfer});
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

std::string BegunFiles::begin(AccountId account, const store::TransferId& transfer,
                              std::string name) {
  base::Lock lock(mutex_);
  return names_.try_emplace({account, transfer}, std::move(name)).first->second;
}

void BegunFiles::committed(AccountId account, const std::vector<StoredPart>& parts) {
  base::Lock lock(mutex_);
  for (const StoredPart& part : parts) names_.erase({account, part.transfer.id});
}

base::Result<bool> ArrivingParts::write(const crypto::EnvelopeTag& tag, base::ByteView body) {
  const auto part = decode_part(body);
  if (!part) return false;
  EDGE_TRY(auto read, core_.read(account_->id));
  const store::Scope scope = read.scope();
  EDGE_TRY(const auto session, store::find_session_by_tag(scope, tag));
  if (!session || !session->contact) return false;
  EDGE_TRY(auto transfer, store::find_transfer(scope, part->transfer));
  if (transfer && transfer->session_id != session->id) {
    // A transfer continues after a renewal of its session, but only for the same contact.
    EDGE_TRY(const auto begun_on, store::find_session(scope, transfer->session_id));
    if (begun_on && begun_on->contact != session->contact) return false;
  }
  if (transfer && transfer->size != part->sealed_size) return false;
  const bool first = !transfer;
  if (first) {
    EDGE_TRY(const bool taken, chats::takes_file(scope, *session->contact, part->sealed_size));
    if (!taken) {
      return fail(Errc::exhausted, "files of people who were not accepted take too much room");
    }
    EDGE_TRY(transfer, begin(part->transfer, session->id, part->sealed_size));
  }
  EDGE_CHECK(open(*transfer));
  EDGE_CHECK(file_->write_at(std::uint64_t{part->index} * kFilePart, part->bytes));
  parts_.push_back({*std::move(transfer), part->index, first});
  return true;
}

base::Result<store::TransferRow> ArrivingParts::begin(const store::TransferId& id,
                                                      std::int64_t session,
                                                      std::uint64_t sealed_size) {
  if (!store::has_room(core_.store.dir(), sealed_size)) {
    return fail(Errc::exhausted, fmt::format("no room for a file of {} bytes", sealed_size));
  }
  auto name = begun_.find(account_->id, id);
  if (!name) {
    EDGE_TRY(const auto file, core_.store.blobs().receive(account_->uuid, sealed_size));
    name = begun_.begin(account_->id, id, file.name());
    if (*name != file.name()) {
      EDGE_CHECK(core_.store.blobs().remove(account_->uuid, file.name()));
    }
  }
  return store::TransferRow{id, session, sealed_size, *std::move(name), core_.steady->now()};
}

base::Result<> ArrivingParts::open(const store::TransferRow& transfer) {
  if (file_ && file_->name() == transfer.name) return {};
  if (auto before = unsynced()) EDGE_CHECK(before->sync());
  EDGE_TRY(file_, core_.store.blobs().resume(account_->uuid, transfer.name, transfer.size));
  return {};
}

}  // namespace messaging::peering
