// Copies of messages: Messages::forward, forward_to (another account's chat) and save.
#include <fmt/format.h>

#include <algorithm>

#include "messaging/api/chat_sending.h"
#include "messaging/api/messages.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/chats/saved_copies.h"
#include "messaging/files/blob_files.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/kernel/protocol.h"
#include "store/tables/blobs.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMostForwarded = 1000;  // in one transaction

base::Result<> check_count(std::size_t count, std::string_view what) {
  if (count <= kMostForwarded) return {};
  return fail(Errc::invalid_argument,
              fmt::format("{} messages are too many for one call; {} at most {}", count, what,
                          kMostForwarded));
}

base::Result<> check_copied(const store::MessageRow& original, std::string_view what) {
  if (original.state == MsgState::out_draft) {
    return fail(
        Errc::invalid_argument,
        fmt::format("Msg#{} is a draft; send it instead (misc_send_draft)", original.id.value));
  }
  if (original.is_info) {
    return fail(Errc::invalid_argument,
                fmt::format("Msg#{}: cannot {} info messages", original.id.value, what));
  }
  if (original.type == Viewtype::call) {
    return fail(Errc::invalid_argument,
                fmt::format("Msg#{}: cannot {} calls", original.id.value, what));
  }
  return {};
}

// Ordered by their times.
base::Result<std::vector<store::MessageRow>> originals_of(const store::Scope& scope,
                                                          const std::vector<MsgId>& messages,
                                                          std::string_view what) {
  std::vector<store::MessageRow> originals;
  for (const MsgId message : messages) {
    EDGE_TRY(store::MessageRow row, store::load_message(scope, message));
    EDGE_CHECK(check_copied(row, what));
    originals.push_back(std::move(row));
  }
  std::stable_sort(originals.begin(), originals.end(), [](const auto& one, const auto& other) {
    return std::pair(one.sort_at, one.id) < std::pair(other.sort_at, other.id);
  });
  return originals;
}

// A forwarded copy has no sender, quote or receipts: those belong to the original's chat.
base::Result<store::MessageRow> forwarded(const kernel::WriteContext& write, ChatId chat,
                                          const store::MessageRow& original) {
  EDGE_TRY(store::MessageRow row, chats::own_row(write.tx, write.scope, chat));
  row.type = original.type;
  row.text = original.text;
  row.blob_id = original.blob_id;
  row.is_forwarded = true;  // our own too, as Delta Chat marks them
  return row;
}

// A message on its way to another account, with its file.
struct Parcel {
  store::MessageRow original;
  std::optional<store::BlobRow> blob;       // of the account that it comes from
  std::optional<files::SealedFile> sealed;  // of the account that it goes to
};

base::Result<std::vector<Parcel>> parcels_of(kernel::Core& core, AccountId account,
                                             const std::vector<MsgId>& messages) {
  EDGE_TRY(auto read, core.read(account));
  EDGE_TRY(auto originals, originals_of(read.scope(), messages, "forward"));
  std::vector<Parcel> parcels;
  for (store::MessageRow& original : originals) {
    Parcel parcel;
    if (original.blob_id) {
      EDGE_TRY(parcel.blob, store::load_blob(read.scope(), *original.blob_id));
      if (parcel.blob->is_container) {
        return fail(Errc::forbidden,
                    fmt::format("Msg#{} is a protected file, which is given to people and not to "
                                "accounts: privitty_forward_file forwards it",
                                original.id.value));
      }
    }
    parcel.original = std::move(original);
    parcels.push_back(std::move(parcel));
  }
  return parcels;
}

base::Result<std::vector<MsgId>> send_parcels(const kernel::WriteContext& write, ChatId chat,
                                              std::vector<Parcel>& parcels) {
  EDGE_TRY(const store::ChatRow to, store::load_chat(write.scope, chat));
  EDGE_CHECK(check_can_send(write.scope, write.account, to));
  std::vector<MsgId> sent;
  for (Parcel& parcel : parcels) {
    EDGE_TRY(store::MessageRow row, forwarded(write, chat, parcel.original));
    row.blob_id.reset();
    if (parcel.sealed) {
      EDGE_TRY(const store::BlobRow blob, parcel.sealed->insert(write.tx, write.scope));
      row.blob_id = blob.id;
    }
    EDGE_TRY(const MsgId id, send_to_chat(write, to, std::move(row)));
    sent.push_back(id);
  }
  return sent;
}

base::Result<> save_message(const kernel::WriteContext& write, const store::ChatRow& saved,
                            const store::MessageRow& original) {
  if (original.original.valid()) {
    return fail(Errc::invalid_argument, fmt::format("Msg#{} is saved already", original.id.value));
  }
  const store::Uuid copy = store::random_uuid();
  EDGE_CHECK(chats::save_copy(write, saved, original, copy));
  return write.protocol().sync_devices(write, {kernel::SavedNews{original.uuid, copy}});
}

}  // namespace

void Messages::forward(AccountId account, std::vector<MsgId> messages, ChatId chat,
                       base::Completion<> done) {
  if (auto few = check_count(messages.size(), "forward"); !few) return done(std::move(few));
  core_.write<void>(
      account,
      [this, messages = std::move(messages), chat](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const store::ChatRow to, store::load_chat(scope, chat));
        EDGE_CHECK(check_can_send(scope, state, to));
        EDGE_TRY(const auto originals, originals_of(scope, messages, "forward"));
        for (const store::MessageRow& original : originals) {
          EDGE_TRY(store::MessageRow row, forwarded(write, chat, original));
          EDGE_CHECK(send_to_chat(write, to, std::move(row)));
        }
        return {};
      },
      std::move(done));
}

void Messages::forward_to(AccountId from, std::vector<MsgId> messages, AccountId to, ChatId chat,
                          base::Completion<> done) {
  if (from == to) return forward(from, std::move(messages), chat, std::move(done));
  if (auto few = check_count(messages.size(), "forward"); !few) return done(std::move(few));
  auto source = core_.directory.get(from);
  if (!source) return done(std::move(source).error());
  auto target = core_.directory.get(to);
  if (!target) return done(std::move(target).error());
  auto parcels = parcels_of(core_, from, messages);
  if (!parcels) return done(std::move(parcels).error());
  auto shared = std::make_shared<std::vector<Parcel>>(*std::move(parcels));
  auto answer = std::make_shared<base::Completion<>>(std::move(done));
  auto send = [this, to, chat, shared, answer] {
    core_.write<void>(
        to,
        [this, chat, shared](store::Tx& tx, const store::Scope& scope,
                             const kernel::AccountState& state) -> base::Result<> {
          EDGE_CHECK(send_parcels({core_, tx, scope, state}, chat, *shared));
          return {};
        },
        std::move(*answer));
  };
  const bool files = std::any_of(shared->begin(), shared->end(),
                                 [](const Parcel& parcel) { return parcel.blob.has_value(); });
  if (!files) return send();
  auto posted = core_.file_worker->post([core = &core_, source = *std::move(source),
                                         target = *std::move(target), shared, answer,
                                         send](const std::stop_token& stop) {
    for (Parcel& parcel : *shared) {
      if (!parcel.blob) continue;
      auto sealed = files::copy_blob(*core, *source, *parcel.blob, target, stop);
      if (!sealed) return (*answer)(std::move(sealed).error());
      parcel.sealed.emplace(*std::move(sealed));
    }
    send();
  });
  if (!posted) (*answer)(std::move(posted).error());
}

void Messages::save(AccountId account, std::vector<MsgId> messages, base::Completion<> done) {
  if (auto few = check_count(messages.size(), "save"); !few) return done(std::move(few));
  core_.write<void>(
      account,
      [this, messages = std::move(messages)](store::Tx& tx, const store::Scope& scope,
                                             const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const store::ChatRow saved,
                 chats::ensure_single_chat(tx, scope, kSelf, store::ChatBlocked::no));
        EDGE_TRY(const auto originals, originals_of(scope, messages, "save"));
        for (const store::MessageRow& original : originals) {
          EDGE_CHECK(save_message(write, saved, original));
        }
        return {};
      },
      std::move(done));
}

}  // namespace messaging
