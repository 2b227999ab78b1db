// Methods of Delta Chat's API that have no meaning here: the error of each says what is not offered
// and why, which is more than "unknown method".
#include "rpc/methods/params.h"

namespace rpc {
namespace {

Result<> refuse(std::string_view why) { return fail(Errc::forbidden, std::string(why)); }

struct Path {
  std::string path_to_db;
  static constexpr auto fields() {
    return std::tuple(base::field("path_to_db", &Path::path_to_db, "not used"));
  }
};

Result<AccountId> migrate_account(Context&, const Path&) {
  EDGE_CHECK(refuse("databases of Delta Chat are not read here: add_account makes an account"));
  return AccountId();
}

struct GroupName : OfAccount {
  std::string name;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("name", &GroupName::name, "not used"));
  }
};

Result<ChatId> create_group_chat_unencrypted(Context&, const GroupName&) {
  EDGE_CHECK(refuse("every message is encrypted here: create_group_chat makes a group"));
  return ChatId();
}

struct Unpublished : OfAddr {
  bool unpublished = false;
  static constexpr auto fields() {
    return base::with_fields(OfAddr::fields(),
                             base::field("unpublished", &Unpublished::unpublished, "not used"));
  }
};

Result<> set_transport_unpublished(Context&, const Unpublished&) {
  return refuse("an account has one native transport, which contacts always know");
}

struct OfUrl : OfAccount {
  std::string url;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(), base::field("url", &OfUrl::url, "not used"));
  }
};

// Would let every caller of this gateway make requests from the gateway's network.
Result<> get_http_response(Context&, const OfUrl&) {
  return refuse("the gateway fetches no web pages for its callers");
}

struct Integration : OfAccount {
  std::string file_path;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("file_path", &Integration::file_path, "not used"));
  }
};

Result<> set_webxdc_integration(Context&, const Integration&) {
  return refuse("webxdc integrations belong to programs with a screen; this is a gateway");
}

Result<std::optional<MsgId>> init_webxdc_integration(Context&, const OfMaybeChat&) {
  EDGE_CHECK(refuse("webxdc integrations belong to programs with a screen; this is a gateway"));
  return std::optional<MsgId>();
}

}  // namespace

void add_not_offered_methods(std::vector<Method>& table) {
  const Row row{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::forbidden}};
  const Row admin{.scope = KeyScope::admin,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::forbidden},
                  .touches = TouchedAccounts::none};
  table.push_back(method<&migrate_account>(
      "migrate_account", "Not offered: databases of Delta Chat are not read.", admin));
  table.push_back(method<&create_group_chat_unencrypted>(
      "create_group_chat_unencrypted", "Not offered: every message is encrypted.", row));
  table.push_back(method<&set_transport_unpublished>(
      "set_transport_unpublished", "Not offered: contacts always know the native transport.", row));
  table.push_back(method<&get_http_response>(
      "get_http_response", "Not offered: the gateway fetches no web pages.", row));
  table.push_back(method<&set_webxdc_integration>("set_webxdc_integration",
                                                  "Not offered: for programs with a screen.", row));
  table.push_back(method<&init_webxdc_integration>(
      "init_webxdc_integration", "Not offered: for programs with a screen.", row));
}

}  // namespace rpc
