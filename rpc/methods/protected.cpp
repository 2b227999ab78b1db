// Protected files: the privitty_* methods.
#include "rpc/shapes/protected.h"

#include "rpc/methods/protected.h"

namespace rpc {
namespace {

using base::FileId;

struct SendFile : OfChat {
  ContactId peer_contact_id;
  std::string plaintext_path;
  bool allow_download = false;
  bool allow_forward = false;
  std::uint32_t minutes = 0;
  static constexpr auto fields() {
    using P = SendFile;
    return base::with_fields(
        OfChat::fields("a 1:1 chat"),
        base::field("peer_contact_id", &P::peer_contact_id, "its contact (get_chat_contacts)"),
        base::field("plaintext_path", &P::plaintext_path, "a file of yours, outside the store"),
        base::field("allow_download", &P::allow_download, "it may be saved decrypted"),
        base::field("allow_forward", &P::allow_forward, "it may be forwarded, once"),
        base::field("minutes", &P::minutes, "how long it may be opened; 0: no end"));
  }
};

void protect(Context& context, AccountId account, messaging::ProtectRequest request,
             Completion<shape::EncryptedFile> done) {
  if (auto may = licensed(context); !may) return done(std::move(may).error());
  files_of(context).protect(
      account, std::move(request),
      [done = std::move(done)](Result<messaging::ProtectedPath> made) mutable {
        if (!made) return done(std::move(made).error());
        done(shape::EncryptedFile{std::move(made->encrypted_path), made->file_id});
      });
}

void send_file(Context& context, SendFile p, Completion<shape::EncryptedFile> done) {
  protect(context, p.account_id,
          {p.chat_id, p.peer_contact_id, std::move(p.plaintext_path), p.allow_download,
           p.allow_forward, p.minutes},
          std::move(done));
}

struct SendGroupFile : OfChat {
  std::string plaintext_path;
  bool allow_download = false;
  bool allow_forward = false;
  std::uint32_t minutes = 0;
  static constexpr auto fields() {
    using P = SendGroupFile;
    return base::with_fields(
        OfChat::fields("a group, or a channel of this account's"),
        base::field("plaintext_path", &P::plaintext_path, "a file of yours, outside the store"),
        base::field("allow_download", &P::allow_download, "it may be saved decrypted"),
        base::field("allow_forward", &P::allow_forward, "it may be forwarded, once"),
        base::field("minutes", &P::minutes, "how long it may be opened; 0: no end"));
  }
};

void send_group_file(Context& context, SendGroupFile p, Completion<shape::EncryptedFile> done) {
  protect(context, p.account_id,
          {p.chat_id, std::nullopt, std::move(p.plaintext_path), p.allow_download, p.allow_forward,
           p.minutes},
          std::move(done));
}

struct OfGroup : OfAccount {
  ChatId group_chat_id;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("group_chat_id", &OfGroup::group_chat_id, "a group or channel"));
  }
};

void init_create_group(Context& context, OfGroup p, Completion<> done) {
  files_of(context).prepare_group(p.account_id, p.group_chat_id, std::nullopt, std::move(done));
}

struct KeyShare : OfAccount {
  ChatId group_chat_id;
  std::string member_addr;
  std::string member_name;
  static constexpr auto fields() {
    using P = KeyShare;
    return base::with_fields(
        OfAccount::fields(), base::field("group_chat_id", &P::group_chat_id, "a group or channel"),
        base::field("member_addr", &P::member_addr, "the new member's address"),
        base::field("member_name", &P::member_name, "not used"));
  }
};

void group_key_share(Context& context, KeyShare p, Completion<> done) {
  files_of(context).prepare_group(p.account_id, p.group_chat_id, std::move(p.member_addr),
                                  std::move(done));
}

struct DecryptFile : OfChat {
  MsgId msg_id;
  std::string prv_path;
  static constexpr auto fields() {
    using P = DecryptFile;
    return base::with_fields(
        OfChat::fields("the message's chat"),
        base::field("msg_id", &P::msg_id, "the message that brought the file"),
        base::field("prv_path", &P::prv_path, "the .prv outside the store (save_msg_file)"));
  }
};

void decrypt_file(Context& context, DecryptFile p, Completion<std::string> done) {
  files_of(context).decrypt(p.account_id, p.chat_id, p.msg_id, std::move(p.prv_path),
                            std::move(done));
}

struct OfPath : OfAccount {
  std::string path;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("path", &OfPath::path, "a .prv of yours, or the `file` of a message"));
  }
};

Result<FileId> file_id_by_path(Context& context, const OfPath& p) {
  return files_of(context).by_path(p.account_id, p.path);
}

struct OfFile : OfAccount {
  FileId file_id;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("file_id", &OfFile::file_id, "the protected file"));
  }
};

Result<std::optional<shape::FileDisplayStatus>> display_status(Context& context, const OfFile& p) {
  EDGE_TRY(auto status, files_of(context).status(p.account_id, p.file_id));
  if (!status) return std::optional<shape::FileDisplayStatus>();
  return std::optional(shape::to_shape(*std::move(status)));
}

Result<std::optional<shape::FileInfo>> access_info(Context& context, const OfMessage& p) {
  EDGE_TRY(auto info, files_of(context).info(p.account_id, p.message_id));
  if (!info) return std::optional<shape::FileInfo>();
  return std::optional(shape::to_shape(*std::move(info)));
}

Result<bool> is_chat_encrypted(Context& context, const OfChat& p) {
  EDGE_TRY(const auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return chat.is_encrypted;
}

Result<ContactId> contact_id_by_addr(Context& context, const OfAddr& p) {
  EDGE_TRY(const auto found, engine_of(context).contacts().lookup_by_addr(p.account_id, p.addr));
  if (found) return *found;
  return fail(Errc::not_found, "addr: no contact has the address " + p.addr);
}

Result<void> initialize(Context& context, const OfAccount& p) {
  EDGE_CHECK(engine_of(context).files().blob_dir(p.account_id));
  return {};
}

}  // namespace

void add_protected_methods(std::vector<Method>& table) {
  const std::vector<Errc> usual{Errc::not_found, Errc::invalid_argument, Errc::forbidden};
  const Row change{.scope = KeyScope::write,
                   .fuzz = Fuzz::safe,
                   .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden,
                              Errc::already_exists, Errc::unavailable, Errc::license_required}};
  // unsafe: a path names any file of the machine that the fuzzer runs on.
  const Row on_disk{.scope = KeyScope::write,
                    .fuzz = Fuzz::unsafe,
                    .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden,
                               Errc::already_exists, Errc::gone, Errc::corrupt, Errc::unavailable,
                               Errc::exhausted, Errc::license_required}};
  table.push_back(method<&initialize>("privitty_initialize",
                                      "Does nothing: protected files need no preparation.",
                                      {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
  table.push_back(method<&is_chat_encrypted>("privitty_is_chat_encrypted",
                                             "Whether the chat is end-to-end encrypted by now.",
                                             {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
  table.push_back(method<&contact_id_by_addr>("privitty_get_contact_id_by_addr",
                                              "The contact with an address.",
                                              {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
  table.push_back(method<&send_file>(
      "privitty_send_file",
      "Protects a file for a contact: writes path + \".prv\" beside it, never over a file, and "
      "grants the contact access. Send it with send_msg then. PrivittyFileEncrypted reports it.",
      on_disk));
  table.push_back(method<&decrypt_file>("privitty_decrypt_file",
                                        "Writes a protected file's plaintext beside the .prv, "
                                        "never over a file, and answers with its "
                                        "path. Only where its owner allows downloading.",
                                        on_disk));
  table.push_back(method<&send_group_file>(
      "privitty_send_group_file",
      "Protects a file for the members of a group: writes path + \".prv\" beside it, never over a "
      "file, and grants access to each of them. Send it with send_msg then. PrivittyFileEncrypted "
      "reports it. Who joins later has no access until it is granted (privitty_send_file_access "
      "with "
      "the "
      "group's chat); who leaves or is removed loses it.",
      on_disk));
  table.push_back(method<&decrypt_file>("privitty_decrypt_group_file",
                                        "privitty_decrypt_file; each takes any chat.", on_disk));
  table.push_back(method<&init_create_group>(
      "privitty_init_create_group",
      "Does nothing for a group or channel, which need no preparation, and fails for other chats.",
      change));
  table.push_back(method<&group_key_share>(
      "privitty_send_group_key_share",
      "Makes a new member ready for grants: asks it for a session where there is none. It gives no "
      "access to files that were sent before.",
      change));
  table.push_back(method<&file_id_by_path>("privitty_get_file_id_by_path",
                                           "The protected file of a .prv.",
                                           {.fuzz = Fuzz::unsafe, .errors = usual}));
  table.push_back(method<&display_status>(
      "privitty_get_file_display_status",
      "How access to a protected file stands; null for an unknown one. At its owner: of the holder "
      "who needs attention first.",
      {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
  table.push_back(method<&access_info>(
      "privitty_get_file_access_info",
      "Whose file a message carries and who has access; null when it carries no protected one.",
      {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
}

}  // namespace rpc
