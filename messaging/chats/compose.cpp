#include "messaging/chats/compose.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"
#include "store/tables/config_values.h"

namespace messaging::chats {
namespace {

using base::Errc;
using base::fail;

base::Result<store::BlobRow> blob_of_path(const store::Scope& scope, const kernel::Core& core,
                                          const kernel::AccountState& account,
                                          const MessageDraft& draft) {
  const auto place = core.store.blobs().place_of(draft.file);
  if (!place || place->account != account.uuid) {
    return fail(Errc::not_found, draft.file + " is no file of this account");
  }
  EDGE_TRY(auto blob, store::find_blob_by_name(scope, place->name));
  if (!blob) return fail(Errc::not_found, draft.file + " is not there any more");
  const std::string name = plain_file_name(draft.file_name);
  if (draft.file_name.empty() || name == blob->file_name) return *std::move(blob);
  if (blob->uses > 0) {
    return fail(Errc::invalid_argument,
                fmt::format("{} is already part of a message under its own name; leave the file "
                            "name out, or send the file from outside",
                            draft.file));
  }
  blob->file_name = name;
  blob->media_type = media_type_of(name);
  EDGE_CHECK(store::rename_blob(scope, *blob));
  return *std::move(blob);
}

base::Result<> check_text(std::string_view what, const std::string& text) {
  if (text.size() > kMaxText) {
    return fail(Errc::too_large, fmt::format("the {} has {} bytes; at most {} can be sent. Send "
                                             "longer ones as a file",
                                             what, text.size(), kMaxText));
  }
  if (!base::is_utf8(text)) {
    return fail(Errc::invalid_argument, fmt::format("the {} is not UTF-8", what));
  }
  return {};
}

base::Result<> check_wanted_type(const MessageDraft& draft) {
  if (!draft.type || *draft.type == Viewtype::text) return {};
  if (*draft.type == Viewtype::unknown) {
    return fail(Errc::invalid_argument,
                "viewtype: no message is of type Unknown; leave it out, and the file decides");
  }
  if (*draft.type == Viewtype::call) {
    return fail(Errc::invalid_argument, "viewtype: place_outgoing_call makes a call");
  }
  if (draft.file.empty()) {
    return fail(Errc::invalid_argument,
                "viewtype: a message of this type needs a file; name it in file");
  }
  return {};
}

// Like Delta Chat's server: the file's name decides whether a file is a picture, a sound, a film,
// an app or a card, and what is wanted as a picture and is none is a file. A voice message, a
// sticker, an animation and a film stay what they are wanted as.
Viewtype type_with(const store::BlobRow& blob, std::optional<Viewtype> wanted) {
  const Viewtype by_name = viewtype_of(blob.media_type);
  switch (wanted.value_or(Viewtype::text)) {
    case Viewtype::image:
      return by_name == Viewtype::file && blob.width > 0 &&
                     !base::lower_ascii(blob.file_name).ends_with(".svg")
                 ? Viewtype::image
                 : by_name;
    case Viewtype::unknown:
    case Viewtype::text:
    case Viewtype::file:
    case Viewtype::call:
      return by_name;
    default:
      return *wanted;
  }
}

}  // namespace

base::Result<> check_draft(const MessageDraft& draft) {
  EDGE_CHECK(check_wanted_type(draft));
  EDGE_CHECK(check_text("text", draft.text));
  EDGE_CHECK(check_text("quoted text", draft.quoted_text));
  EDGE_CHECK(check_text("file name", draft.file_name));
  if (draft.sender_name.size() > kMaxLongName || !base::is_utf8(draft.sender_name)) {
    return fail(
        Errc::invalid_argument,
        fmt::format("overrideSenderName: expected at most {} bytes of UTF-8", kMaxLongName));
  }
  return {};
}

base::Result<store::BlobRow> blob_of_draft(store::Tx& tx, const store::Scope& scope,
                                           const kernel::Core& core,
                                           const kernel::AccountState& account,
                                           const MessageDraft& draft,
                                           std::optional<files::SealedFile>& sealed) {
  if (sealed) return sealed->insert(tx, scope);
  return blob_of_path(scope, core, account, draft);
}

base::Result<store::MessageRow> own_row(store::Tx& tx, const store::Scope& scope, ChatId chat) {
  store::MessageRow row;
  row.chat = chat;
  row.from = kSelf;
  row.uuid = store::random_uuid();
  row.encrypted = true;
  row.sent_at = tx.now();
  EDGE_TRY(const auto bot, store::find_config_value(scope, "bot"));
  row.is_bot = bot == "1";
  return row;
}

base::Result<store::MessageRow> compose_row(store::Tx& tx, const store::Scope& scope,
                                            kernel::Core& core, const kernel::AccountState& account,
                                            ChatId chat, const MessageDraft& draft,
                                            std::optional<files::SealedFile>& sealed) {
  EDGE_TRY(store::MessageRow row, own_row(tx, scope, chat));
  row.text = draft.text;
  row.sender_name = plain_name(draft.sender_name, kMaxLongName);
  Viewtype type = Viewtype::text;
  std::optional<store::BlobRow> blob;
  if (!draft.file.empty()) {
    EDGE_TRY(blob, blob_of_draft(tx, scope, core, account, draft, sealed));
    row.blob_id = blob->id;
    type = type_with(*blob, draft.type);
  }
  if (type == Viewtype::webxdc && blob) {
    auto app = files::check_is_webxdc(core, account, *blob);
    if (!app && draft.type == Viewtype::webxdc) return std::move(app).error();
    if (!app) type = Viewtype::file;
  }
  row.type = type;
  if (draft.quoted) {
    EDGE_TRY(const store::MessageRow quoted, store::load_message(scope, *draft.quoted));
    row.has_quote = true;
    row.quoted = quoted.id;
    row.quote_text = quoted.text;
  } else if (!draft.quoted_text.empty()) {
    row.has_quote = true;
    row.quote_text = draft.quoted_text;
  }
  return row;
}

}  // namespace messaging::chats
