// The holder's calls: requesting access, and forwarding a file so that its recipient may request
// access.
#include <fmt/format.h>

#include "messaging/api/protected_files.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/files/prv_file.h"
#include "messaging/kernel/core.h"
#include "messaging/protected/protected_access.h"
#include "messaging/protected/protected_sending.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

base::Result<std::string> own_name(const kernel::WriteContext& write) {
  EDGE_TRY(const auto name, store::find_config_value(write.scope, "displayname"));
  return name.value_or(std::string());
}

base::Result<> ask(const kernel::WriteContext& write, const FileTarget& target) {
  EDGE_CHECK(store::load_chat(write.scope, target.chat));
  EDGE_TRY(const ProtectedFileRow file, protection::load_file(write.scope, target.file));
  if (protection::is_own(file)) {
    return fail(Errc::invalid_argument, protection::file_label(file) +
                                            " is this account's own; its owner may always open it");
  }
  EDGE_TRY(const auto known, store::find_file_access(write.scope, file.id, kSelf));
  FileAccessRow access = known.value_or(FileAccessRow{});
  switch (access.state) {
    case FileState::active:
      if (!protection::window_over(access, write.core.steady->wall().now)) {
        return fail(Errc::already_exists,
                    "access to " + protection::file_label(file) + " is still active");
      }
      EDGE_CHECK(protection::end_share(write, file));
      break;
    case FileState::revoked:
    case FileState::denied:
      return fail(Errc::forbidden,
                  fmt::format("access to {} was {} by its owner, who alone can grant it again",
                              protection::file_label(file),
                              access.state == FileState::revoked ? "revoked" : "denied"));
    default:
      break;
  }
  access.file = file.id;
  access.contact = kSelf;
  access.chat = file.chat;
  access.state = FileState::requested;
  ++access.asked;
  access.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, access));
  FileRequest request;
  request.file = file.uuid;
  request.holder = write.account.identity.public_key().bytes();
  EDGE_TRY(request.holder_name, own_name(write));
  request.holder_addr = write.account.addr();
  request.asked = access.asked;
  EDGE_CHECK(protection::send_note(write, file.source, std::move(request)));
  return write.emit(PrivittyFileAccessChanged{file.chat, file.id});
}

base::Result<> check_may_forward(const kernel::WriteContext& write, const ProtectedFileRow& file) {
  if (protection::is_own(file)) {
    return fail(Errc::invalid_argument,
                protection::file_label(file) +
                    " is this account's own: give the other contact access with "
                    "privitty_send_file_access, or protect it for that chat");
  }
  EDGE_CHECK(
      protection::usable_share(write.scope, file, *write.core.steady, protection::FileUse::view));
  EDGE_TRY(const auto access, store::find_file_access(write.scope, file.id, kSelf));
  EDGE_TRY(const store::ContactRow source, store::load_contact(write.scope, file.source));
  if (chats::key_of(source) != file.owner) {
    return fail(Errc::forbidden, protection::file_label(file) +
                                     " was forwarded to this account already; it "
                                     "can be forwarded once only");
  }
  if (!access || !access->forward) {
    return fail(Errc::forbidden,
                "the owner of " + protection::file_label(file) + " does not allow forwarding");
  }
  return {};
}

base::Result<> offer(const kernel::WriteContext& write, ChatId source, ChatId target,
                     const crypto::PrvId& uuid) {
  EDGE_TRY(const store::ChatRow from, store::load_chat(write.scope, source));
  EDGE_TRY(const store::ChatRow to, store::load_chat(write.scope, target));
  EDGE_TRY(const auto found, protection::choose_file(write.scope, uuid, from.contact));
  if (!found) {
    return fail(Errc::not_found,
                "prv_path: nothing about this protected file ever reached this "
                "account");
  }
  const ProtectedFileRow& file = *found;
  EDGE_CHECK(check_may_forward(write, file));
  if (!to.contact || to.contact->value < kFirstId || !to.encrypted) {
    return fail(Errc::invalid_argument,
                fmt::format("chat {} is no end-to-end encrypted chat with one contact; files are "
                            "forwarded to one",
                            target.value));
  }
  EDGE_TRY(const store::ContactRow holder, store::load_contact(write.scope, *to.contact));
  const auto holder_key = chats::key_of(holder);
  if (!holder_key) {
    return fail(Errc::invalid_argument,
                fmt::format("contact {} has no key to grant anything to", holder.id.value));
  }
  if (*holder_key == file.owner) {
    return fail(Errc::invalid_argument,
                fmt::format("contact {} owns {}", holder.id.value, protection::file_label(file)));
  }
  EDGE_TRY(const auto known, store::find_file_access(write.scope, file.id, holder.id));
  if (!known) {
    FileAccessRow access;
    access.file = file.id;
    access.contact = holder.id;
    access.chat = target;
    access.changed_at = write.tx.now();
    EDGE_CHECK(store::put_file_access(write.scope, access));
  }
  FileOffer offer;
  offer.file = file.uuid;
  offer.owner = file.owner;
  offer.owner_name = file.owner_name;
  offer.owner_addr = file.owner_addr;
  offer.name = file.name;
  EDGE_CHECK(protection::send_note(write, holder.id, std::move(offer)));
  FileNotice notice;
  notice.file = file.uuid;
  notice.holder = *holder_key;
  notice.holder_name = holder.name.empty() ? holder.auth_name : holder.name;
  notice.holder_addr = holder.addr;
  EDGE_CHECK(protection::send_note(write, file.source, std::move(notice)));
  return write.emit(PrivittyFileAccessChanged{file.chat, file.id});
}

}  // namespace

void ProtectedFiles::request(AccountId account, FileTarget target, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, target](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return ask({core_, tx, scope, state}, target);
      },
      std::move(done));
}

void ProtectedFiles::forward(AccountId account, ChatId source, ChatId target, std::string prv_path,
                             base::Completion<> done) {
  base::Result<crypto::PrvOutside> outside = [&]() -> base::Result<crypto::PrvOutside> {
    EDGE_TRY(auto read, core_.read(account));
    EDGE_TRY(auto container,
             protection::open_container_at(core_, read.scope(), *read.account, prv_path));
    EDGE_TRY(const base::Bytes head, files::read_prv_head(*container));
    return crypto::PrvOutside::parse(head).with_context("prv_path");
  }();
  if (!outside) return done(std::move(outside).error());
  core_.write<void>(
      account,
      [this, source, target, uuid = outside->id](store::Tx& tx, const store::Scope& scope,
                                                 const kernel::AccountState& state) {
        return offer({core_, tx, scope, state}, source, target, uuid);
      },
      std::move(done));
}

}  // namespace messaging
