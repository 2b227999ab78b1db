// Configuration: string settings of an account.
#include "crypto/secret.h"
#include "messaging/model/config_keys.h"
#include "messaging/peering/relay_choice.h"
#include "rpc/methods/params.h"

namespace rpc {
namespace {

using Values = std::map<std::string, std::optional<std::string>>;

struct GetConfig : OfAccount {
  std::string key;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("key", &GetConfig::key, "for example displayname; ui.* are free"));
  }
};

// Null for a secret unless the caller's key has scope admin, whether it is set or not: an error
// would fail the batch of a client that asks for every key it knows.
Result<std::optional<std::string>> shown(const Context& context, AccountId account,
                                         const std::string& key) {
  EDGE_TRY(auto value, engine_of(context).config().get(account, key));
  if (value && messaging::is_secret_config(key, *value) &&
      !context.caller.access->may(KeyScope::admin)) {
    crypto::wipe(value->data(), value->size());
    value.reset();
  }
  return value;
}

Result<std::optional<std::string>> get_config(Context& context, const GetConfig& p) {
  return shown(context, p.account_id, p.key);
}

std::optional<std::optional<std::string>> recall_config(Context& context, const GetConfig& p) {
  auto value = engine_of(context).config().recall(p.account_id, p.key);
  if (!value) return std::nullopt;
  return std::optional<std::optional<std::string>>(std::in_place, std::move(value));
}

// A key with write access must not make the daemon connect to services on this machine.
std::optional<std::string> lacking_for_config(const Access& access, const std::string& key,
                                              const std::optional<std::string>& value) {
  const bool loopback =
      key == "relay_url" && value && messaging::peering::is_loopback_relay(*value);
  if (!loopback || access.may(KeyScope::admin)) return std::nullopt;
  return "the scope admin, which a relay_url on this machine needs (the setting --relay-url does "
         "without)";
}

struct SetConfig : OfAccount {
  std::string key;
  std::optional<std::string> value;
  std::optional<std::string> lacking(const Access& access) const {
    return lacking_for_config(access, key, value);
  }
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("key", &SetConfig::key, "for example displayname; ui.* are free"),
        base::field("value", &SetConfig::value, "null resets"));
  }
};

void set_config(Context& context, SetConfig p, Completion<> done) {
  Values values;
  values.emplace(std::move(p.key), std::move(p.value));
  engine_of(context).config().set(p.account_id, std::move(values), std::move(done));
}

struct BatchGetConfig : OfAccount {
  std::vector<std::string> keys;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(), base::field("keys", &BatchGetConfig::keys, ""));
  }
};

Result<Values> batch_get_config(Context& context, const BatchGetConfig& p) {
  Values values;
  for (const std::string& key : p.keys) {
    EDGE_TRY(values[key], shown(context, p.account_id, key));
  }
  return values;
}

struct BatchSetConfig : OfAccount {
  Values config;
  std::optional<std::string> lacking(const Access& access) const {
    for (const auto& [key, value] : config) {
      if (auto lacks = lacking_for_config(access, key, value)) return lacks;
    }
    return std::nullopt;
  }
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("config", &BatchSetConfig::config, "null resets a key"));
  }
};

void batch_set_config(Context& context, BatchSetConfig p, Completion<> done) {
  engine_of(context).config().set(p.account_id, std::move(p.config), std::move(done));
}

Result<std::vector<std::string>> get_all_ui_config_keys(Context& context, const OfAccount& p) {
  return engine_of(context).config().ui_keys(p.account_id);
}

}  // namespace

void add_config_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found, Errc::invalid_argument}};
  const Row write{.scope = KeyScope::write,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::not_found, Errc::invalid_argument}};
  table.push_back(recalled<&recall_config>(method<&get_config>(
      "get_config",
      "A setting: what was set, else its default, else null. Passwords and tokens (relay_token, "
      "mail_pw, send_pw, socks5_password, device_token, a proxy_url with a login) are null too "
      "unless the API key has scope admin: keys below set them and do not read them.",
      read)));
  table.push_back(method<&set_config>(
      "set_config",
      "Sets or resets one setting. selfavatar takes the path of a picture of at most 1 MiB, which "
      "contacts are sent; it is answered as the path of its sealed copy.",
      write));
  table.push_back(method<&batch_get_config>(
      "batch_get_config", "Several settings, each as get_config answers it.", read));
  table.push_back(method<&batch_set_config>("batch_set_config",
                                            "Sets or resets several; all or nothing.", write));
  table.push_back(method<&get_all_ui_config_keys>(
      "get_all_ui_config_keys", "The names of the ui.* settings that are set.", read));
}

}  // namespace rpc
