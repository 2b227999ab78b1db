#include "messaging/protected/protected_sending.h"

#include <fmt/format.h>

#include "messaging/chats/abilities.h"
#include "messaging/files/blob_files.h"
#include "messaging/files/prv_file.h"
#include "messaging/model/media_type.h"
#include "messaging/protected/protected_access.h"
#include "store/tables/groups.h"

namespace messaging::protection {
namespace {

using base::Errc;
using base::fail;
using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

// The container in a message of ours, when its file is one.
struct Carried {
  store::BlobRow blob;
  std::unique_ptr<AttachmentReader> container;
  crypto::PrvId uuid{};
};

base::Result<std::optional<Carried>> carried_by(const kernel::WriteContext& write,
                                                const store::MessageRow& row) {
  if (!row.blob_id) return std::optional<Carried>();
  EDGE_TRY(store::BlobRow blob, store::load_blob(write.scope, *row.blob_id));
  EDGE_TRY(Attachment attachment, files::open_attachment(write.core, write.account, blob));
  EDGE_TRY(const base::Bytes head, files::read_prv_head(*attachment.reader));
  if (!crypto::looks_like_prv(head)) {
    if (!blob.file_name.ends_with(".prv")) return std::optional<Carried>();
    return fail(Errc::invalid_argument,
                blob.file_name +
                    " is not a protected file although it is called so; protect a "
                    "file with privitty_send_file");
  }
  auto outside = crypto::PrvOutside::parse(head);
  if (!outside) return std::move(outside).error().with_context(blob.file_name);
  return std::optional<Carried>(
      Carried{std::move(blob), std::move(attachment.reader), outside->id});
}

// The container's name in a message, whatever the local file's name.
std::string prv_name(std::string_view name) {
  constexpr std::string_view kEnding = ".prv";
  return plain_file_name(name.substr(0, crypto::kMaxPrvName - kEnding.size())) +
         std::string(kEnding);
}

// The record through which this account may send the container to the chat: of its contact, or of
// the members of its group.
struct Standing {
  ProtectedFileRow file;
  std::vector<FileAccessRow> holders;  // never empty
};

base::Result<std::vector<FileAccessRow>> holders_in(const kernel::WriteContext& write,
                                                    const ProtectedFileRow& file,
                                                    const store::ChatRow& chat) {
  std::vector<FileAccessRow> holders;
  if (is_single(chat)) {
    if (!chat.contact) return holders;
    EDGE_TRY(const auto access,
             store::find_file_access_in(write.scope, file.id, *chat.contact, std::nullopt));
    if (access) holders.push_back(*access);
    return holders;
  }
  if (!is_own(file)) return holders;  // forwarding is to one contact
  EDGE_TRY(const auto group, store::find_group(write.scope, chat.id));
  EDGE_TRY(const auto all, store::file_accesses(write.scope, file.id));
  for (const FileAccessRow& access : all) {
    if (group && access.group == group->uuid) holders.push_back(access);
  }
  return holders;
}

base::Error not_for_chat(const store::ChatRow& chat, const ProtectedFileRow& file,
                         const std::string& name) {
  const bool single = is_single(chat);
  if (!is_own(file)) {
    return fail(Errc::forbidden,
                single
                    ? fmt::format("{} is {} of somebody else; call privitty_init_forward_peer_add "
                                  "for chat {} first, if its owner lets you forward it",
                                  name, file_label(file), chat.id.value)
                    : fmt::format("{} is {} of somebody else, which can be forwarded to a single "
                                  "contact, not to a group",
                                  name, file_label(file)));
  }
  return fail(Errc::forbidden,
              fmt::format("{} was protected for chat {}, not for chat {}; protect it anew with {}, "
                          "or give {} access to {} first (privitty_send_file_access)",
                          name, file.chat.value, chat.id.value,
                          single ? "privitty_send_file" : "privitty_send_group_file",
                          single ? "this chat's contact" : "its members", file_label(file)));
}

base::Result<Standing> standing_of(const kernel::WriteContext& write, const store::ChatRow& chat,
                                   const Carried& carried) {
  const std::string& name = carried.blob.file_name;
  EDGE_TRY(const auto files, store::find_protected_files(write.scope, carried.uuid));
  if (files.empty()) {
    return fail(Errc::forbidden,
                name +
                    " was protected by somebody else and never granted to this account; only "
                    "its owner, or somebody who may forward it, can send it");
  }
  for (const ProtectedFileRow& file : files) {
    EDGE_TRY(auto holders, holders_in(write, file, chat));
    if (!holders.empty()) return Standing{file, std::move(holders)};
  }
  return not_for_chat(chat, files.front(), name);
}

// The holders to send the container to: those of our file who have access and were not sent it yet.
base::Result<std::vector<FileAccessRow>> to_be_sent(const kernel::WriteContext& write,
                                                    const store::ChatRow& chat,
                                                    const Standing& standing,
                                                    const std::string& name) {
  const auto ended = [&](const FileAccessRow& access) {
    return is_own(standing.file) &&
           (access.state == FileState::revoked || access.state == FileState::denied);
  };
  std::vector<FileAccessRow> open;
  std::optional<store::MessageMark> sent;
  for (const FileAccessRow& access : standing.holders) {
    if (ended(access)) continue;
    EDGE_TRY(const auto mark, store::find_message_mark(write.scope, access.message));
    const bool failed = mark && mark->state == MsgState::out_failed;
    if (mark && !failed) {
      sent = mark;
    } else {
      open.push_back(access);
    }
  }
  if (!open.empty()) return open;
  if (sent) {
    return fail(Errc::already_exists, fmt::format("{} was sent to chat {} already, as message {}",
                                                  name, sent->chat.value, sent->id.value));
  }
  const FileAccessRow& first = standing.holders.front();
  const std::string label = file_label(standing.file);
  return fail(
      Errc::forbidden,
      is_single(chat)
          ? fmt::format("contact {} has no access to {} any more ({}); grant it again first "
                        "(privitty_send_file_access)",
                        first.contact.value, label, state_word(first, write.tx.now(), true))
          : fmt::format("no member of chat {} has access to {} any more; grant it again "
                        "first (privitty_send_file_access)",
                        chat.id.value, label));
}

}  // namespace

base::Error clock_not_believed() {
  return fail(
      Errc::unavailable,
      "this machine's clock is not believed, because it was moved, so that no time limit "
      "can be set; set it right and receive something from a contact, or grant without a limit");
}

base::Result<std::unique_ptr<AttachmentReader>> open_container_at(
    const kernel::Core& core, const store::Scope& scope, const kernel::AccountState& account,
    const std::string& path) {
  const auto place = core.store.blobs().place_of(path);
  if (!place) {
    EDGE_TRY(kernel::OpenFile file, core.paths.open_to_read(path));
    return files::read_plain_file(std::move(file));
  }
  if (place->account != account.uuid) {
    return fail(Errc::not_found, path + " is no file of this account");
  }
  EDGE_TRY(auto blob, store::find_blob_by_name(scope, place->name));
  if (!blob) return fail(Errc::not_found, path + " is not there any more");
  EDGE_TRY(Attachment attachment, files::open_attachment(core, account, *std::move(blob)));
  return std::move(attachment.reader);
}

base::Result<std::vector<FileAccessRow>> judge_protected(const kernel::WriteContext& write,
                                                         const store::ChatRow& chat,
                                                         const store::MessageRow& row) {
  EDGE_TRY(auto carried, carried_by(write, row));
  if (!carried) return std::vector<FileAccessRow>();
  EDGE_CHECK(chats::check_able(write, chat, {.protected_file = true}));
  store::BlobRow blob = carried->blob;
  EDGE_TRY(const Standing standing, standing_of(write, chat, *carried));
  EDGE_TRY(auto accesses, to_be_sent(write, chat, standing, blob.file_name));
  std::string name = prv_name(standing.file.name);
  EDGE_TRY(const auto share, store::find_file_share(write.scope, standing.file.id));
  if (share) {
    auto prv = files::PrvReader::open(std::move(carried->container), *share);
    if (!prv) {
      return fail(Errc::corrupt, blob.file_name +
                                     " is damaged or was cut short; protect the "
                                     "file again (privitty_send_file)");
    }
    name = prv_name((*prv)->header().name);
  }
  if (blob.uses == 0 && blob.file_name != name) {
    blob.file_name = std::move(name);
    EDGE_CHECK(store::rename_blob(write.scope, blob));
  }
  return accesses;
}

void watch_windows(const kernel::WriteContext& write) {
  write.signal(&kernel::Signals::windows_changed);
}

}  // namespace messaging::protection
