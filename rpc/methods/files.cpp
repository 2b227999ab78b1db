// Files of messages.
#include "rpc/methods/params.h"

namespace rpc {
namespace {

struct SaveFile : OfAccount {
  MsgId msg_id;
  std::string path;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(), base::field("msg_id", &SaveFile::msg_id, "the message"),
        base::field("path", &SaveFile::path, "a new file; never one that exists"));
  }
};

void save_msg_file(Context& context, SaveFile p, Completion<> done) {
  engine_of(context).messages().save_file(p.account_id, p.msg_id, std::move(p.path),
                                          std::move(done));
}

Result<std::optional<std::string>> get_blob_dir(Context& context, const OfAccount& p) {
  EDGE_TRY(auto folder, engine_of(context).files().blob_dir(p.account_id));
  return std::optional<std::string>(std::move(folder));
}

struct CopyIn : OfAccount {
  std::string path;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("path", &CopyIn::path, "a file of yours"));
  }
};

void copy_to_blob_dir(Context& context, CopyIn p, Completion<std::string> done) {
  engine_of(context).files().copy_in(p.account_id, std::move(p.path), std::move(done));
}

}  // namespace

void add_file_methods(std::vector<Method>& table) {
  table.push_back(method<&save_msg_file>(
      "save_msg_file", "Writes the plaintext of a message's file to a new file.",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::already_exists, Errc::forbidden, Errc::io}}));
  table.push_back(method<&get_blob_dir>("get_blob_dir",
                                        "Where files are kept; the bytes there are sealed.",
                                        {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
  table.push_back(method<&copy_to_blob_dir>(
      "copy_to_blob_dir", "Seals a file into a blob and answers with its path, good for send_msg.",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::forbidden, Errc::too_large, Errc::exhausted}}));
}

}  // namespace rpc
