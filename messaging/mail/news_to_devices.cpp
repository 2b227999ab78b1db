#include "messaging/mail/news_to_devices.h"

#include <utility>

#include "messaging/chats/group_row.h"
#include "messaging/files/blob_files.h"
#include "messaging/mail/account_logins.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/sync_items.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/invite_tokens.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_outbox.h"
#include "messaging/mail/own_devices.h"
#include "messaging/mail/stored_names.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/groups.h"

namespace messaging::mail {
namespace {

base::Result<bool> has_devices_to_sync(const kernel::WriteContext& write) {
  EDGE_TRY(const auto wanted, store::find_config_value(write.scope, "sync_msgs"));
  EDGE_TRY(const auto bot, store::find_config_value(write.scope, "bot"));
  if (wanted == "0" || bot == "1") return false;
  return copies_go_to_devices(write);
}

base::Result<> queue_items(const kernel::WriteContext& write, const std::vector<SyncItem>& items) {
  if (items.empty()) return {};
  return queue_sync_step(write, write_sync_items(items, write.tx.now() / 1000));
}

base::Result<std::optional<SyncChat>> name_contact(const store::Scope& scope, ContactId contact) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(scope, contact));
  const auto fingerprint = fingerprint_of(row);
  if (!fingerprint) return std::optional<SyncChat>();
  return std::optional(SyncChat{.contact = *fingerprint});
}

// nullopt: other devices do not know this chat.
base::Result<std::optional<SyncChat>> name_chat(const store::Scope& scope,
                                                const store::ChatRow& chat) {
  if (chat.contact) {
    if (*chat.contact == kDeviceContact) return std::optional<SyncChat>();
    return name_contact(scope, *chat.contact);
  }
  EDGE_TRY(const auto group, store::find_group(scope, chat.id));
  if (!group) return std::optional<SyncChat>();
  return std::optional(SyncChat{.group = stored_group_text(scope, group->uuid)});
}

// Our own picture; nothing when it cannot be read.
base::Result<std::optional<SyncPicture>> own_picture(const kernel::WriteContext& write) {
  EDGE_TRY(const store::ContactRow self, store::load_contact(write.scope, kSelf));
  SyncPicture picture;
  if (!self.avatar_blob) return std::optional(std::move(picture));
  auto row = store::find_blob(write.scope, *self.avatar_blob);
  if (!row || !*row || (*row)->size > kMaxPicture) return std::optional<SyncPicture>();
  const auto stored = files::open_attachment(write.core, write.account, **std::move(row));
  if (!stored) return std::optional<SyncPicture>();
  picture.bytes.resize(stored->reader->size());
  const auto got = stored->reader->read_at(0, picture.bytes);
  if (!got || *got != picture.bytes.size()) return std::optional<SyncPicture>();
  return std::optional(std::move(picture));
}

struct NewsWriter {
  using Items = base::Result<std::vector<SyncItem>>;
  const kernel::WriteContext& write;
  const store::Scope& scope = write.scope;

  Items operator()(const kernel::ChatNews& news) const {
    using What = kernel::ChatNews::What;
    EDGE_TRY(const store::ChatRow row, store::load_chat(scope, news.chat));
    EDGE_TRY(auto chat, name_chat(scope, row));
    if (!chat) return std::vector<SyncItem>();
    switch (news.what) {
      case What::accepted:
        chat->action = SyncAccept();
        break;
      case What::blocked:
        chat->action = SyncBlock{true};
        break;
      case What::visibility:
        chat->action = SyncVisibility{row.visibility};
        break;
      case What::mute:
        chat->action = SyncMute{row.muted_until};
        break;
      case What::removed:
        chat->action = SyncDelete();
        break;
    }
    return std::vector<SyncItem>{*std::move(chat)};
  }
  Items operator()(const kernel::ContactNews& news) const {
    EDGE_TRY(auto chat, name_contact(scope, news.contact));
    if (!chat) return std::vector<SyncItem>();
    if (news.what == kernel::ContactNews::What::name) {
      EDGE_TRY(const store::ContactRow row, store::load_contact(scope, news.contact));
      chat->action = SyncName{row.name};
    } else {
      chat->action = SyncBlock{news.what == kernel::ContactNews::What::blocked};
    }
    return std::vector<SyncItem>{*std::move(chat)};
  }
  Items operator()(const kernel::SettingNews& news) const {
    if (!is_synced_setting(news.key)) return std::vector<SyncItem>();
    return std::vector<SyncItem>{SyncSetting{news.key, news.value}};
  }
  Items operator()(const kernel::PictureNews&) const {
    EDGE_TRY(auto picture, own_picture(write));
    if (!picture) return std::vector<SyncItem>();
    return std::vector<SyncItem>{*std::move(picture)};
  }
  Items operator()(const kernel::ChannelNews& news) const {
    EDGE_CHECK(ensure_channel_secret(write, news.chat));
    EDGE_TRY(const chats::Group group, chats::load_group(scope, news.chat));
    SyncChat chat{.group = stored_group_text(scope, group.row.uuid)};
    chat.action = SyncChannel{group.state.name.value, group.row.secret};
    return std::vector<SyncItem>{std::move(chat)};
  }
  Items operator()(const kernel::RemovalNews& news) const {
    SyncRemoved removed;
    for (const Uuid& uuid : news.messages) {
      removed.message_ids.push_back(stored_message_id(scope, uuid));
    }
    if (removed.message_ids.empty()) return std::vector<SyncItem>();
    return std::vector<SyncItem>{std::move(removed)};
  }
  Items operator()(const kernel::SavedNews& news) const {
    return std::vector<SyncItem>{
        SyncSaved{stored_message_id(scope, news.original), message_id_of(news.copy)}};
  }
};

}  // namespace

base::Result<> queue_device_news(const kernel::WriteContext& write,
                                 const kernel::DeviceNews& news) {
  // As core does at the device where the change was made.
  if (const auto* setting = std::get_if<kernel::SettingNews>(&news.what)) {
    if (is_synced_setting(setting->key)) EDGE_CHECK(write.emit(ConfigSynced{setting->key}));
  } else if (std::holds_alternative<kernel::PictureNews>(news.what)) {
    EDGE_CHECK(write.emit(ConfigSynced{std::string(kPictureSetting)}));
  }
  EDGE_TRY(const bool synced, has_devices_to_sync(write));
  if (!synced) return {};
  EDGE_TRY(const auto items, std::visit(NewsWriter{write}, news.what));
  return queue_items(write, items);
}

base::Result<> queue_invite_news(const kernel::WriteContext& write, const store::InviteRow& invite,
                                 bool live) {
  EDGE_TRY(const bool synced, has_devices_to_sync(write));
  if (!synced) return {};
  SyncToken token{invite_number(invite), invite_auth(invite), {}, live};
  if (invite.chat) {
    EDGE_TRY(const auto group, store::find_group(write.scope, *invite.chat));
    if (!group) return {};
    token.group = stored_group_text(write.scope, group->uuid);
  }
  return queue_items(write, {std::move(token)});
}

base::Result<> queue_login_news(const kernel::WriteContext& write) {
  EDGE_TRY(const bool synced, has_devices_to_sync(write));
  if (!synced) return {};
  EDGE_TRY(SyncLogins said, logins_to_report(write.scope));
  return queue_items(write, {std::move(said)});
}

}  // namespace messaging::mail
