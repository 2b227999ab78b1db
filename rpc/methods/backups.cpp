// Backups of accounts.
#include "rpc/methods/params.h"
#include "rpc/qr_svg.h"

namespace rpc {
namespace {

struct ExportBackup : OfAccount {
  std::string destination;
  std::optional<std::string> passphrase;
  static constexpr auto fields() {
    using P = ExportBackup;
    return base::with_fields(
        OfAccount::fields(),
        base::field("destination", &P::destination,
                    "a folder, in which the file gets a name, or a new file"),
        base::field("passphrase", &P::passphrase,
                    "opens the file; without one anybody who has the file can open it"));
  }
};

void export_backup(Context& context, ExportBackup p, Completion<> done) {
  engine_of(context).backups().export_to(p.account_id, std::move(p.destination),
                                         std::move(p.passphrase), std::move(done));
}

struct ImportBackup : OfAccount {
  std::string path;
  std::optional<std::string> passphrase;
  static constexpr auto fields() {
    using P = ImportBackup;
    return base::with_fields(
        OfAccount::fields(), base::field("path", &P::path, "the file"),
        base::field("passphrase", &P::passphrase, "with which it was made; null: without one"));
  }
};

void import_backup(Context& context, ImportBackup p, Completion<> done) {
  engine_of(context).backups().import_from(p.account_id, std::move(p.path), std::move(p.passphrase),
                                           std::move(done));
}

void provide_backup(Context& context, OfAccount p, Completion<> done) {
  engine_of(context).transfers().provide(p.account_id, std::move(done));
}

void get_backup_qr(Context& context, OfAccount p, Completion<std::string> done) {
  engine_of(context).transfers().code(p.account_id, std::move(done));
}

void get_backup_qr_svg(Context& context, OfAccount p, Completion<std::string> done) {
  engine_of(context).transfers().code(p.account_id,
                                      [done = std::move(done)](Result<std::string> code) mutable {
                                        if (!code) return done(std::move(code).error());
                                        done(qr_svg(*code));
                                      });
}

struct TakeBackup : OfAccount {
  std::string qr_text;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(), base::field("qr_text", &TakeBackup::qr_text,
                                                              "what get_backup_qr shows there"));
  }
};

void get_backup(Context& context, TakeBackup p, Completion<> done) {
  engine_of(context).transfers().take(p.account_id, p.qr_text, std::move(done));
}

struct SelfKeys : OfAccount {
  std::string path;
  std::optional<std::string> passphrase;
  static constexpr auto fields() {
    using P = SelfKeys;
    return base::with_fields(
        OfAccount::fields(),
        base::field("path", &P::path, "of export: a folder or a new file; of import: the file"),
        base::field("passphrase", &P::passphrase,
                    "seals the identity in the file; null: whoever has the file has the identity"));
  }
};

void export_self_keys(Context& context, SelfKeys p, Completion<> done) {
  engine_of(context).identity_files().export_to(p.account_id, std::move(p.path),
                                                std::move(p.passphrase), std::move(done));
}

void import_self_keys(Context& context, SelfKeys p, Completion<> done) {
  engine_of(context).identity_files().import_from(p.account_id, std::move(p.path),
                                                  std::move(p.passphrase), std::move(done));
}

Result<> stop_ongoing_process(Context& context, const OfAccount& p) {
  // The account list leaves out an account that is being imported.
  if (engine_of(context).backups().stop_ongoing(p.account_id)) return {};
  EDGE_CHECK(engine_of(context).accounts().get(p.account_id));
  return {};
}

}  // namespace

void add_backup_methods(std::vector<Method>& table) {
  table.push_back(method<&export_backup>(
      "export_backup",
      "Writes the whole account into one file: identity, contacts, chats, messages, files. It may "
      "go"
      " on sending and receiving meanwhile. Events: ImexProgress, ImexFileWritten.",
      {.scope = KeyScope::admin,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::already_exists, Errc::forbidden, Errc::unavailable,
                  Errc::exhausted, Errc::io}}));
  table.push_back(method<&import_backup>(
      "import_backup",
      "Makes an account that nobody uses yet the one of a backup; a failure leaves it as it was."
      " Events: ImexProgress.",
      {.scope = KeyScope::admin,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::already_exists, Errc::forbidden, Errc::invalid_argument,
                  Errc::sealed, Errc::corrupt, Errc::unavailable, Errc::exhausted, Errc::io}}));
  table.push_back(method<&provide_backup>(
      "provide_backup",
      "Offers the account to another gateway, which takes it by get_backup with the code of"
      " get_backup_qr: once, within a quarter of an hour. It lives there then, and nothing is sent "
      "or"
      " received here any more; an account of mail goes on here too, as two devices of one person."
      " Answers when it is there. Events: ImexProgress.",
      {.scope = KeyScope::admin,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::forbidden, Errc::unavailable, Errc::io}}));
  table.push_back(method<&get_backup_qr>(
      "get_backup_qr", "The code of what provide_backup offers just now.",
      {.scope = KeyScope::admin, .fuzz = Fuzz::unsafe, .errors = {Errc::not_found}}));
  table.push_back(method<&get_backup_qr_svg>(
      "get_backup_qr_svg", "The same as a picture, an SVG.",
      {.scope = KeyScope::admin, .fuzz = Fuzz::unsafe, .errors = {Errc::not_found}}));
  table.push_back(method<&get_backup>(
      "get_backup",
      "Takes the account that another gateway offers under this code, in the place of one that "
      "nobody"
      " uses yet; a failure leaves that as it was. Events: ImexProgress.",
      {.scope = KeyScope::admin,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::already_exists, Errc::invalid_argument, Errc::forbidden,
                  Errc::sealed, Errc::corrupt, Errc::unavailable, Errc::exhausted, Errc::io}}));
  table.push_back(method<&export_self_keys>(
      "export_self_keys",
      "Writes the account's identity, an Ed25519 key, into a small text file of privitty-edge's "
      "own:"
      " no PGP key, and no chats or contacts (export_backup). Event: ImexFileWritten.",
      {.scope = KeyScope::admin,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::already_exists, Errc::forbidden, Errc::exhausted,
                  Errc::io}}));
  table.push_back(method<&import_self_keys>(
      "import_self_keys",
      "Gives an account that nobody uses yet the identity of such a file; its invites end. In an "
      "account"
      " with contacts it is refused: they know the account by its key.",
      {.scope = KeyScope::admin,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::already_exists, Errc::forbidden, Errc::invalid_argument,
                  Errc::sealed, Errc::exhausted, Errc::io}}));
  table.push_back(method<&stop_ongoing_process>(
      "stop_ongoing_process",
      "Ends what export_backup, import_backup or a transfer of the account does; its own call"
      " answers with an error.",
      {.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
}

}  // namespace rpc
