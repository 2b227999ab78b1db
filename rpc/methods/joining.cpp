// Invites and secure join.
#include "crypto/invite_rules.h"
#include "messaging/model/native_address.h"
#include "messaging/model/transfer_code.h"
#include "rpc/methods/account_links.h"
#include "rpc/methods/params.h"
#include "rpc/qr_svg.h"
#include "rpc/shapes/qr.h"

namespace rpc {
namespace {

void get_chat_securejoin_qr_code(Context& context, OfMaybeChat p, Completion<std::string> done) {
  engine_of(context).securejoin().invite(p.account_id, p.chat_id, std::move(done));
}

void get_chat_securejoin_qr_code_svg(Context& context, OfMaybeChat p,
                                     Completion<std::pair<std::string, std::string>> done) {
  // The code is drawn in the caller's turn, because the link comes on the writer's thread.
  auto draw = [done = std::move(done), executor = context.executor,
               party = context.caller.party](Result<std::string> link) mutable {
    if (!link) return done(std::move(link).error());
    (*executor)(party, [done = std::move(done), link = *std::move(link)]() mutable {
      auto svg = qr_svg(link);
      if (!svg) return done(std::move(svg).error());
      done(std::pair(std::move(link), *std::move(svg)));
    });
  };
  engine_of(context).securejoin().invite(p.account_id, p.chat_id, std::move(draw));
}

struct OfQrContent : OfAccount {
  std::string qr_content;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("qr_content", &OfQrContent::qr_content, "any scanned text"));
  }
};

Result<shape::Qr> check_qr(Context& context, const OfQrContent& p) {
  const std::string link(crypto::invite::trimmed(p.qr_content));
  if (messaging::is_transfer_code(link) || link.starts_with("DCBACKUP")) {
    const auto code = messaging::parse_transfer_code(link);
    if (!code && code.error().code == Errc::forbidden) return shape::Qr{shape::QrBackupTooNew{}};
    if (!code) return code.error();
    return shape::to_shape(*code);
  }
  EDGE_TRY(auto check, engine_of(context).securejoin().check(p.account_id, p.qr_content));
  return shape::to_shape(std::move(check), link);
}

void set_config_from_qr(Context& context, OfQrContent p, Completion<> done) {
  if (messaging::is_account_link(p.qr_content) || messaging::is_login_link(p.qr_content)) {
    return configure_by_link(context, p.account_id, p.qr_content, std::move(done));
  }
  engine_of(context).securejoin().toggle_own(p.account_id, std::move(p.qr_content),
                                             std::move(done));
}

void secure_join(Context& context, OfLink p, Completion<ChatId> done) {
  engine_of(context).securejoin().join(p.account_id, std::move(p.qr), std::move(done));
}

struct JoinWithInfo : OfAccount {
  std::string qr;
  std::optional<std::string> source;
  std::optional<std::string> uipath;
  static constexpr auto fields() {
    using P = JoinWithInfo;
    return base::with_fields(OfAccount::fields(),
                             base::field("qr", &P::qr, "an invite link of another account"),
                             base::field("source", &P::source, "not used"),
                             base::field("uipath", &P::uipath, "not used"));
  }
};

void secure_join_with_ux_info(Context& context, JoinWithInfo p, Completion<ChatId> done) {
  engine_of(context).securejoin().join(p.account_id, std::move(p.qr), std::move(done));
}

struct QrSvg {
  std::string text;
  static constexpr auto fields() {
    return std::tuple(base::field("text", &QrSvg::text, "at most 2,900 bytes"));
  }
};

Result<std::string> create_qr_svg(Context&, const QrSvg& p) { return qr_svg(p.text); }

}  // namespace

void add_join_methods(std::vector<Method>& table) {
  const Row write{.scope = KeyScope::write,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::not_found, Errc::invalid_argument}};
  table.push_back(method<&get_chat_securejoin_qr_code>(
      "get_chat_securejoin_qr_code",
      "The invite link of the account or a chat. It serves many joiners until it is withdrawn.",
      write));
  table.push_back(method<&get_chat_securejoin_qr_code_svg>(
      "get_chat_securejoin_qr_code_svg", "The invite link, and the same as an SVG picture.",
      write));
  table.push_back(
      method<&check_qr>("check_qr", "What a scanned text is.",
                        {.fuzz = Fuzz::safe, .errors = {Errc::not_found, Errc::invalid_argument}}));
  table.push_back(method<&set_config_from_qr>("set_config_from_qr",
                                              "Withdraws one's own live invite, or revives a "
                                              "withdrawn one. A link dcaccount: or dclogin: "
                                              "configures the account, as add_transport_from_qr "
                                              "does.",
                                              write));
  table.push_back(method<&secure_join>(
      "secure_join",
      "Joins by an invite link of another account and answers with the chat at once; "
      "SecurejoinJoinerProgress reports the progress.",
      write));
  table.push_back(method<&secure_join_with_ux_info>("secure_join_with_ux_info",
                                                    "The same as secure_join.", write));
  table.push_back(method<&create_qr_svg>(
      "create_qr_svg", "A text as a QR code in SVG.",
      {.fuzz = Fuzz::safe, .errors = {Errc::invalid_argument}, .touches = TouchedAccounts::none}));
}

}  // namespace rpc
