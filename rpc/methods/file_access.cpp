// Access to protected files: the owner's decisions, requests and forwarding.
#include "rpc/methods/protected.h"

namespace rpc {
namespace {

using base::FileId;

struct OfChatFile : OfChat {
  FileId file_id;
  static constexpr auto fields(std::string_view chat = "the chat that brought the file") {
    return base::with_fields(OfChat::fields(chat),
                             base::field("file_id", &OfChatFile::file_id, "the protected file"));
  }
};

struct Revoke : OfChatFile {
  std::optional<ContactId> peer_contact_id;
  static constexpr auto fields() {
    using P = Revoke;
    return base::with_fields(
        OfChatFile::fields("where access was given; also one that was deleted since"),
        base::field("peer_contact_id", &P::peer_contact_id, "null: everybody who has access"));
  }
};

void revoke(Context& context, Revoke p, Completion<> done) {
  if (auto may = licensed(context); !may) return done(std::move(may).error());
  files_of(context).revoke(p.account_id, {p.chat_id, p.file_id}, p.peer_contact_id,
                           std::move(done));
}

struct Grant : OfChatFile {
  ContactId peer_contact_id;
  bool allow_download = false;
  bool allow_forward = false;
  std::uint32_t seconds = 0;
  static constexpr auto fields() {
    using P = Grant;
    return base::with_fields(
        OfChatFile::fields("a 1:1 chat, or a group"),
        base::field("peer_contact_id", &P::peer_contact_id, "who gets access"),
        base::field("allow_download", &P::allow_download, "it may be saved decrypted"),
        base::field("allow_forward", &P::allow_forward,
                    "it may be forwarded, once; never by who got it forwarded"),
        base::field("seconds", &P::seconds, "how long from now; 0: no end"));
  }
};

void grant(Context& context, Grant p, Completion<> done) {
  if (auto may = licensed(context); !may) return done(std::move(may).error());
  files_of(context).grant(p.account_id, {p.chat_id, p.file_id}, p.peer_contact_id,
                          {p.allow_download, p.allow_forward, p.seconds}, std::move(done));
}

struct OfHolder : OfChatFile {
  ContactId peer_contact_id;
  static constexpr auto fields() {
    using P = OfHolder;
    return base::with_fields(
        OfChatFile::fields("where access was asked for"),
        base::field("peer_contact_id", &P::peer_contact_id, "who asked for access"));
  }
};

void deny(Context& context, OfHolder p, Completion<> done) {
  if (auto may = licensed(context); !may) return done(std::move(may).error());
  files_of(context).deny(p.account_id, {p.chat_id, p.file_id}, p.peer_contact_id, std::move(done));
}

void request(Context& context, OfChatFile p, Completion<> done) {
  if (auto may = licensed(context); !may) return done(std::move(may).error());
  files_of(context).request(p.account_id, {p.chat_id, p.file_id}, std::move(done));
}

struct ForwardAdd : OfAccount {
  ChatId source_chat_id;
  ChatId dest_chat_id;
  std::string prv_path;
  static constexpr auto fields() {
    using P = ForwardAdd;
    return base::with_fields(
        OfAccount::fields(),
        base::field("source_chat_id", &P::source_chat_id, "the chat that brought the file"),
        base::field("dest_chat_id", &P::dest_chat_id, "the 1:1 chat it is to go to"),
        base::field("prv_path", &P::prv_path, "the .prv, or the `file` of its message"));
  }
};

void forward_add(Context& context, ForwardAdd p, Completion<> done) {
  if (auto may = licensed(context); !may) return done(std::move(may).error());
  files_of(context).forward(p.account_id, p.source_chat_id, p.dest_chat_id, std::move(p.prv_path),
                            std::move(done));
}

void check_expired(Context& context, OfAccount p, Completion<> done) {
  files_of(context).expire(p.account_id, std::move(done));
}

}  // namespace

void add_file_access_methods(std::vector<Method>& table) {
  const Row change{.scope = KeyScope::write,
                   .fuzz = Fuzz::safe,
                   .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden,
                              Errc::already_exists, Errc::unavailable, Errc::license_required}};
  table.push_back(method<&revoke>(
      "privitty_revoke_file_access",
      "Takes access away, all that the contact was given in any chat; its key is destroyed there.",
      change));
  table.push_back(method<&grant>(
      "privitty_send_file_access",
      "Grants access, anew or for the first time, to the contact of a 1:1 chat or to a member of a "
      "group; what was given in several chats stands side by side, and what was decided last "
      "holds. Takes seconds where privitty_send_file takes minutes.",
      change));
  table.push_back(
      method<&deny>("privitty_deny_file_access", "Answers a request for access with no.", change));
  table.push_back(method<&request>("privitty_init_access_grant_request",
                                   "Asks a file's owner for access, or for more time. After it was "
                                   "revoked or denied the owner alone grants it again.",
                                   change));
  table.push_back(method<&forward_add>(
      "privitty_init_forward_peer_add",
      "Before a received .prv is sent on to another chat: who gets it may then ask its owner.",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden, Errc::gone,
                  Errc::corrupt, Errc::unavailable, Errc::license_required}}));
  table.push_back(method<&request>(
      "privitty_init_forward_access_request",
      "Asks the owner of a forwarded file for access, by way of who forwarded it.", change));
  table.push_back(method<&grant>("privitty_init_forward_grant",
                                 "Grants access to somebody who got the file forwarded.", change));
  table.push_back(method<&deny>("privitty_init_forward_denied",
                                "Denies access to somebody who got the file forwarded.", change));
  table.push_back(method<&check_expired>(
      "privitty_check_and_mark_expired_keys",
      "Ends windows that are over now; it also happens by itself within a second.", change));
}

}  // namespace rpc
