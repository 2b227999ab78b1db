#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/unicode.h"
#include "messaging/api/accounts.h"
#include "messaging/api/views.h"
#include "messaging/chats/compose.h"
#include "messaging/chats/pictures.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/device_news.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/mail_accounts.h"
#include "messaging/model/config_keys.h"
#include "messaging/model/plain_name.h"
#include "messaging/peering/relay_choice.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxRelayToken = 128;
// The path of a picture, which is stored as a blob and not as a value.
constexpr std::string_view kAvatarKey = "selfavatar";

base::Error unknown_key(const std::string& key) {
  return fail(
      Errc::invalid_argument,
      fmt::format("unknown config key \"{}\"; sys.config_keys lists the known ones, and keys "
                  "of your own begin with \"ui.\"",
                  key.substr(0, 100)));
}

std::optional<std::string> computed(const std::string& key, const kernel::AccountState& account,
                                    const kernel::Core& core) {
  if (account.configured && (key == "addr" || key == "configured_addr")) return account.addr();
  if (key == "sys.version") return core.options.version;
  if (key == "sys.msgsize_max_recommended") return std::to_string(24 * 1024 * 1024);
  if (key == "sys.config_keys") {
    std::string all = " ";
    for (const ConfigKey& row : config_keys()) all.append(row.name).append(" ");
    return all;
  }
  return std::nullopt;
}

bool is_number(const std::string& text) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end;
}

// From the commit on the account uses the relay of its config; contacts are sent the change.
base::Result<> change_relay(const kernel::WriteContext& write) {
  EDGE_TRY(auto relay, peering::find_relay_home(write.core, write.scope, write.account.identity));
  if (relay == write.account.relay) return {};
  const bool moved = !relay || !write.account.relay || relay->url != write.account.relay->url;
  write.tx.on_commit([core = &write.core, id = write.account.id, relay = std::move(relay)] {
    core->directory.set_relay(id, relay);
  });
  write.signal(&kernel::Signals::relay_changed);
  if (moved) write.signal(&kernel::Signals::profile_changed);
  return {};
}

base::Result<> check_choice(const std::string& key, const std::string& value) {
  const auto choices = config_choices(key);
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end())
    return {};
  const std::string all = choices.size() == 2 ? fmt::format("{} or {}", choices[0], choices[1])
                                              : fmt::format("one of {}", fmt::join(choices, ", "));
  return fail(Errc::invalid_argument,
              fmt::format("config key \"{}\": expected {}; null resets it", key, all));
}

base::Result<> check_value(const std::string& key, const std::optional<std::string>& value) {
  const auto row = find_config_key(key);
  if (!row) return unknown_key(key);
  if (row->access != ConfigAccess::open) {
    return fail(Errc::forbidden, fmt::format("config key \"{}\" cannot be set: it is {}", key,
                                             row->access == ConfigAccess::fixed
                                                 ? "made with the account and stays as it is"
                                                 : "computed"));
  }
  if (!value) return {};
  if (value->size() > kMaxText) {
    return fail(Errc::too_large, fmt::format("the value of config key \"{}\" has {} bytes; at most "
                                             "{} are kept",
                                             key, value->size(), kMaxText));
  }
  if (!base::is_utf8(*value)) {
    return fail(Errc::invalid_argument,
                fmt::format("the value of config key \"{}\" is not UTF-8", key));
  }
  EDGE_CHECK(check_choice(key, *value));
  // "1 year" must not delete what is older than a second.
  if (is_number_config(key) && value->find_first_not_of("0123456789") != std::string::npos) {
    return fail(Errc::invalid_argument,
                fmt::format("config key \"{}\": expected a number of seconds, as digits; null "
                            "resets it",
                            key));
  }
  // Invites and cards carry the name, and the readers of invites and cards check it as strictly.
  if (key == "displayname") EDGE_CHECK(given_name(key, *value));
  if (key == "relay_url" && !value->empty() && *value != "none") {
    EDGE_CHECK(peering::parse_relay_url(*value));
  }
  if (key == "relay_token" && value->size() > kMaxRelayToken) {
    return fail(Errc::invalid_argument,
                "relay_token: expected what privitty-edge relay admit printed");
  }
  if (key == "download_limit" && !value->empty() && !is_number(*value)) {
    return fail(Errc::invalid_argument,
                "download_limit: expected a number of bytes, as digits; 0 downloads all");
  }
  if (key == "last_msg_id" && !is_number(*value)) {
    return fail(Errc::invalid_argument, "last_msg_id: expected a message id, as digits");
  }
  return {};
}

// Our own picture, or none, from the write's commit on.
base::Result<> set_avatar(const kernel::WriteContext& write, const MessageDraft& draft,
                          std::optional<files::SealedFile>& sealed) {
  EDGE_TRY(store::ContactRow self, store::load_contact(write.scope, kSelf));
  std::optional<std::int64_t> blob;
  if (!draft.file.empty()) {
    EDGE_TRY(const store::BlobRow row,
             chats::blob_of_draft(write.tx, write.scope, write.core, write.account, draft, sealed));
    EDGE_CHECK(chats::check_picture(row, kAvatarKey));
    blob = row.id;
  }
  if (!blob && !self.avatar_blob) return {};
  files::RemovedFiles files(write.core, write.account);
  EDGE_CHECK(chats::replace_picture(write, self.avatar_blob, blob, files));
  files.remove_after(write.tx);
  // A picture of the same second from another device has a higher number: it came later.
  self.avatar_number = std::max<std::int64_t>(self.avatar_number + 1, write.tx.now() / 1000 * 1000);
  EDGE_CHECK(store::update_contact(write.scope, self));
  write.signal(&kernel::Signals::profile_changed);
  EDGE_CHECK(write.emit(SelfavatarChanged{}));
  EDGE_CHECK(write.protocol().sync_devices(write, {kernel::PictureNews{}}));
  EDGE_CHECK(write.emit(ContactsChanged{kSelf}));
  return write.emit(AccountsChanged{});
}

// The stored and shown form of a value: plain names, also from an older build, and tokens without a
// line end.
std::optional<std::string> tidy(const std::string& key, std::optional<std::string> value) {
  if (value && (key == "displayname" || key == "private_tag"))
    value = plain_name(*value, kMaxLongName);
  if (value && key == "relay_token") value = std::string(base::trimmed(*value));
  return value;
}

std::string default_of(const std::string& key) {
  const auto row = find_config_key(key);
  return row ? std::string(row->otherwise) : std::string();
}

base::Result<> set_values(const kernel::WriteContext& write,
                          const std::map<std::string, std::optional<std::string>>& values,
                          const MessageDraft& picture, std::optional<files::SealedFile>& sealed) {
  bool profile_changed = false;
  bool shared_changed = false;
  bool relay_changed = false;
  for (const auto& [key, value] : values) {
    if (key == kAvatarKey) {
      EDGE_CHECK(set_avatar(write, picture, sealed));
      continue;
    }
    relay_changed |= key == "relay_url" || key == "relay_token";
    const auto wanted = tidy(key, value);
    // A write without a change does not wait for the disk.
    const auto before = store::find_config_value(write.scope, key);
    if (before && *before == wanted) continue;
    EDGE_CHECK(store::set_config_value(write.scope, key, wanted));
    EDGE_CHECK(write.protocol().sync_devices(
        write, {kernel::SettingNews{key, wanted.value_or(default_of(key))}}));
    profile_changed |= key == "displayname" || key == "selfstatus" || key == "private_tag";
    shared_changed |= key == "displayname" || key == "selfstatus" || key == "bot";
  }
  if (values.contains("delete_device_after")) write.signal(&kernel::Signals::windows_changed);
  if (shared_changed) write.signal(&kernel::Signals::profile_changed);
  if (relay_changed) EDGE_CHECK(change_relay(write));
  if (!profile_changed) return {};
  EDGE_CHECK(write.emit(ContactsChanged{kSelf}));
  return write.emit(AccountsChanged{});
}

}  // namespace

base::Result<std::optional<std::string>> Config::get(AccountId account,
                                                     const std::string& key) const {
  const auto row = find_config_key(key);
  if (!row) return unknown_key(key);
  if (auto value = recall(account, key)) return value;
  EDGE_TRY(auto read, core_.read(account));
  if (!read.account->configured && (key == "configured" || key == "configured_addr")) {
    return std::optional<std::string>();
  }
  if (key == kAvatarKey) {
    const View view{core_, read.scope(), *read.account};
    EDGE_TRY(const store::ContactRow self, store::load_contact(view.scope, kSelf));
    std::string path = image_path(view, self.avatar_blob);
    return path.empty() ? std::optional<std::string>() : std::optional(std::move(path));
  }
  EDGE_TRY(auto value, store::find_config_value(read.scope(), key));
  if (value) return tidy(key, std::move(value));
  if (row->otherwise.empty()) return std::optional<std::string>();
  return std::optional<std::string>(row->otherwise);
}

base::Result<std::vector<std::string>> Config::ui_keys(AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  return store::config_keys(read.scope(), "ui.");
}

std::optional<std::string> Config::recall(AccountId account, const std::string& key) const {
  const auto state = core_.directory.get(account);
  if (!state) return std::nullopt;
  return computed(key, **state, core_);
}

void Config::set(AccountId account, std::map<std::string, std::optional<std::string>> values,
                 base::Completion<> done) {
  // For a mail account: the one of its addresses that it writes from.
  std::optional<std::string> primary;
  const auto state_now = core_.directory.get(account);
  if (mails_ != nullptr && state_now && (*state_now)->protocol() == kernel::ProtocolKind::mail) {
    if (auto chosen = values.extract("configured_addr")) primary = std::move(chosen.mapped());
  }
  for (const auto& [key, value] : values) {
    if (auto good = check_value(key, value); !good) return done(std::move(good).error());
  }
  const bool fate_changed = values.contains("delete_server_after") || values.contains("bcc_self");
  if (fate_changed && mails_ != nullptr) {
    done = [this, account, done = std::move(done)](base::Result<> set) mutable {
      if (set) mails_->io_changed(account);
      done(std::move(set));
    };
  }
  MessageDraft picture;
  if (const auto set = values.find(std::string(kAvatarKey)); set != values.end()) {
    picture.file = set->second.value_or("");
  }
  auto write_it = [this, account, values = std::move(values), primary = std::move(primary),
                   picture](std::optional<files::SealedFile> sealed,
                            base::Completion<> answer) mutable {
    core_.write<void>(
        account,
        [this, values = std::move(values), primary = std::move(primary),
         picture = std::move(picture),
         sealed = std::move(sealed)](store::Tx& tx, const store::Scope& scope,
                                     const kernel::AccountState& state) mutable -> base::Result<> {
          const kernel::WriteContext write{core_, tx, scope, state};
          if (primary) EDGE_CHECK(mails_->make_primary(write, *primary));
          return set_values(write, values, picture, sealed);
        },
        std::move(answer));
  };
  chats::with_file<void>(core_, account, picture, std::move(done), std::move(write_it));
}

}  // namespace messaging
