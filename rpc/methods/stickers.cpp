// Stickers.
#include <map>

#include "rpc/methods/params.h"

namespace rpc {
namespace {

struct SendSticker : OfChat {
  std::string sticker_path;
  static constexpr auto fields() {
    return base::with_fields(OfChat::fields(),
                             base::field("sticker_path", &SendSticker::sticker_path,
                                         "a picture, for example one of misc_get_stickers"));
  }
};

void send_sticker(Context& context, SendSticker p, Completion<MsgId> done) {
  if (p.sticker_path.empty()) {
    return done(fail(Errc::invalid_argument, "sticker_path: expected the path of a picture"));
  }
  messaging::MessageDraft draft;
  draft.file = std::move(p.sticker_path);
  draft.type = messaging::Viewtype::sticker;
  engine_of(context).messages().send(p.account_id, p.chat_id, std::move(draft), std::move(done));
}

Result<std::string> misc_get_sticker_folder(Context& context, const OfAccount& p) {
  return engine_of(context).stickers().folder(p.account_id);
}

struct SaveSticker : OfAccount {
  MsgId msg_id;
  std::string collection;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(), base::field("msg_id", &SaveSticker::msg_id, "a sticker's message"),
        base::field("collection", &SaveSticker::collection, "a folder's name; made when needed"));
  }
};

void misc_save_sticker(Context& context, SaveSticker p, Completion<> done) {
  engine_of(context).stickers().save(p.account_id, p.msg_id, std::move(p.collection),
                                     std::move(done));
}

Result<std::map<std::string, std::vector<std::string>>> misc_get_stickers(Context& context,
                                                                          const OfAccount& p) {
  return engine_of(context).stickers().list(p.account_id);
}

}  // namespace

void add_sticker_methods(std::vector<Method>& table) {
  // unsafe: they read and write files outside of the store.
  table.push_back(
      method<&send_sticker>("send_sticker", "Sends a picture as a sticker.",
                            {.scope = KeyScope::write,
                             .fuzz = Fuzz::unsafe,
                             .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden,
                                        Errc::too_large, Errc::exhausted}}));
  table.push_back(method<&misc_get_sticker_folder>(
      "misc_get_sticker_folder",
      "A folder for plain pictures, each collection of them in a folder in it.",
      {.fuzz = Fuzz::unsafe, .errors = {Errc::not_found, Errc::io}}));
  table.push_back(method<&misc_save_sticker>(
      "misc_save_sticker", "Writes the plaintext of a sticker into a collection.",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::invalid_argument, Errc::already_exists, Errc::io}}));
  table.push_back(method<&misc_get_stickers>(
      "misc_get_stickers", "The paths of the pictures in the sticker folder, by collection.",
      {.fuzz = Fuzz::unsafe, .errors = {Errc::not_found, Errc::io}}));
}

}  // namespace rpc
