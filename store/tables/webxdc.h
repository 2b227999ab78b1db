// Webxdc apps: their updates, and the document and summary that they set. Stored by author and uuid
// of the app's message, which may come later; deleted with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/tables/scope.h"

namespace store {

inline constexpr std::size_t kMaxWaitingUpdates = 64;  // of one contact; the oldest go

// A message: its author and the author's uuid.
struct AppKey {
  base::ContactId author;
  Uuid uuid{};
};

struct WebxdcUpdateRow {
  AppKey app;
  std::uint32_t serial = 0;  // given by insert_webxdc_update
  base::ContactId contact;   // who sent it
  base::UnixMillis sent_at = 0;
  bool waits = false;  // the app is not here yet
  // Sealed:
  std::string payload;  // JSON
  std::optional<std::string> info;
  std::optional<std::string> href;
  std::optional<std::string> document;
  std::optional<std::string> summary;
  std::vector<std::pair<std::string, std::string>> notify;  // address and text
};

struct WebxdcAppRow {
  AppKey app;
  std::uint32_t last_serial = 0;
  base::UnixMillis document_at = 0;
  base::UnixMillis summary_at = 0;
  // Sealed:
  std::string document;
  std::string summary;
};

// Gives it the app's next serial.
base::Result<> insert_webxdc_update(const Scope& scope, WebxdcUpdateRow& row);
// Whether this update of the contact is stored already, by its time and text.
base::Result<bool> has_webxdc_update(const Scope& scope, const WebxdcUpdateRow& row);
// The time of a contact's last update; 0: there is none.
base::Result<base::UnixMillis> last_update_at(const Scope& scope, const AppKey& app,
                                              base::ContactId contact);
// The app's message has another uuid now, under which no app is stored yet.
base::Result<> move_webxdc_app(const Scope& scope, const AppKey& from, const AppKey& to);
// Those after a serial, in order; damaged ones are left out.
base::Result<std::vector<WebxdcUpdateRow>> list_webxdc_updates(const Scope& scope,
                                                               const AppKey& app,
                                                               std::uint32_t after,
                                                               std::size_t limit);
// Those that wait for their app, which the caller settles; in order.
base::Result<std::vector<WebxdcUpdateRow>> waiting_webxdc_updates(const Scope& scope,
                                                                  const AppKey& app);
base::Result<> settle_webxdc_updates(const Scope& scope, const AppKey& app);
base::Result<> delete_webxdc_update(const Scope& scope, const WebxdcUpdateRow& row);
base::Result<> delete_webxdc_app(const Scope& scope, const AppKey& app);

base::Result<> put_webxdc_app(const Scope& scope, const WebxdcAppRow& row);
base::Result<std::optional<WebxdcAppRow>> find_webxdc_app(const Scope& scope, const AppKey& app);

}  // namespace store
