#include "messaging/api/webxdc.h"

#include <fmt/format.h>

#include <algorithm>

#include "messaging/api/chat_sending.h"
#include "messaging/api/files.h"
#include "messaging/api/webxdc_sending.h"
#include "messaging/chats/webxdc_rules.h"
#include "messaging/files/xdc_file.h"
#include "messaging/kernel/core.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"
#include "store/tables/webxdc.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kReadAtOnce = 64;  // updates

base::Result<store::MessageRow> load_app(const store::Scope& scope, MsgId message) {
  EDGE_TRY(store::MessageRow row, store::load_message(scope, message));
  if (row.type == Viewtype::webxdc) return row;
  return fail(Errc::invalid_argument, fmt::format("Msg#{} is no webxdc app", message.value));
}

base::Result<files::XdcFile> open_app(kernel::Core& core, AccountId account, MsgId message) {
  EDGE_TRY(auto attachment, Files(core).open(account, message));
  return files::XdcFile::open(std::move(attachment.reader));
}

base::Result<> check_update(const WebxdcUpdate& update) {
  if (update.payload.size() > kMaxUpdatePayload) {
    return fail(Errc::too_large, fmt::format("update: a payload of {} bytes; at most {} are sent",
                                             update.payload.size(), kMaxUpdatePayload));
  }
  for (const auto* text : {&update.info, &update.href, &update.document, &update.summary}) {
    if (*text && (*text)->size() > kMaxUpdateText) {
      return fail(Errc::too_large,
                  fmt::format("update: info, href, document and summary have at most {} bytes",
                              kMaxUpdateText));
    }
  }
  const bool long_notice =
      std::any_of(update.notify.begin(), update.notify.end(), [](const auto& one) {
        return one.first.size() > kMaxUpdateText || one.second.size() > kMaxUpdateText;
      });
  if (update.notify.size() > kMostNotified || long_notice) {
    return fail(Errc::too_large, fmt::format("update: at most {} are notified, with {} bytes each",
                                             kMostNotified, kMaxUpdateText));
  }
  return {};
}

base::Result<> send_update(const kernel::WriteContext& write, MsgId message,
                           const WebxdcUpdate& update) {
  EDGE_TRY(const store::MessageRow app, load_app(write.scope, message));
  const bool draft = app.state == MsgState::out_draft;  // the updates go out with it
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, app.chat));
  if (!draft) EDGE_CHECK(check_can_send(write.scope, write.account, chat));
  store::WebxdcUpdateRow row;
  row.app = {app.from, app.uuid};
  row.contact = kSelf;
  // Our updates have distinct times, by which recipients recognise repeated ones.
  EDGE_TRY(const base::UnixMillis last, store::last_update_at(write.scope, row.app, kSelf));
  row.sent_at = std::max(write.tx.now(), last + 1);
  row.payload = update.payload;
  row.info = update.info;
  row.href = update.href;
  row.document = update.document;
  row.summary = update.summary;
  row.notify = update.notify;
  EDGE_CHECK(store::insert_webxdc_update(write.scope, row));
  EDGE_CHECK(chats::apply_webxdc_update(write, chat, app, row));
  return draft ? base::Result<>{} : queue_update(write, chat, app, std::move(row));
}

}  // namespace

base::Result<WebxdcInfo> Webxdc::info(AccountId account, MsgId app) const {
  WebxdcInfo info;
  store::MessageRow row;
  {
    EDGE_TRY(auto read, core_.read(account));
    const store::Scope scope = read.scope();
    EDGE_TRY(row, load_app(scope, app));
    EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, row.chat));
    EDGE_TRY(auto state, store::find_webxdc_app(scope, {row.from, row.uuid}));
    if (state) {
      info.document = std::move(state->document);
      info.summary = std::move(state->summary);
    }
    info.self_addr = chats::webxdc_address(*read.account, row);
    info.is_app_sender = row.from == kSelf;
    info.is_broadcast = chat.type == ChatType::out_broadcast || chat.type == ChatType::in_broadcast;
  }
  EDGE_TRY(auto attachment, Files(core_).open(account, app));
  info.name = std::move(attachment.name);
  EDGE_TRY(files::XdcFile file, files::XdcFile::open(std::move(attachment.reader)));
  files::XdcManifest manifest = file.manifest();
  if (!manifest.name.empty()) info.name = std::move(manifest.name);
  info.source_code_url = std::move(manifest.source_code_url);
  info.icon = file.icon();
  return info;
}

base::Result<base::Bytes> Webxdc::file(AccountId account, MsgId app,
                                       const std::string& name) const {
  {
    EDGE_TRY(auto read, core_.read(account));
    EDGE_CHECK(load_app(read.scope(), app));
  }
  EDGE_TRY(files::XdcFile file, open_app(core_, account, app));
  return file.read(name);
}

base::Result<std::optional<std::string>> Webxdc::link(AccountId account, MsgId line) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(store::MessageRow row, store::load_message(read.scope(), line));
  if (row.link.empty()) return std::optional<std::string>();
  return std::optional(std::move(row.link));
}

void Webxdc::send(AccountId account, MsgId app, WebxdcUpdate update, base::Completion<> done) {
  if (auto good = check_update(update); !good) return done(std::move(good));
  core_.write<void>(
      account,
      [this, app, update = std::move(update)](store::Tx& tx, const store::Scope& scope,
                                              const kernel::AccountState& state) {
        return send_update({core_, tx, scope, state}, app, update);
      },
      std::move(done));
}

base::Result<std::vector<WebxdcUpdateShown>> Webxdc::updates(AccountId account, MsgId app,
                                                             std::uint32_t after) const {
  constexpr std::size_t kMostBytes = 8 * 1024 * 1024;
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const store::MessageRow row, load_app(read.scope(), app));
  std::vector<WebxdcUpdateShown> shown;
  for (std::size_t bytes = 0; bytes < kMostBytes;) {
    EDGE_TRY(auto rows,
             store::list_webxdc_updates(read.scope(), {row.from, row.uuid}, after, kReadAtOnce));
    if (rows.empty()) break;
    after = rows.back().serial;
    for (store::WebxdcUpdateRow& one : rows) {
      bytes += one.payload.size() + sizeof(one);
      shown.push_back({one.serial,
                       {std::move(one.payload), std::move(one.info), std::move(one.href),
                        std::move(one.document), std::move(one.summary), std::move(one.notify)}});
    }
  }
  return shown;
}

}  // namespace messaging
