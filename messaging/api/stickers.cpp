#include "messaging/api/stickers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "messaging/api/files.h"
#include "messaging/files/blob_files.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/model/media_type.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMostListed = 10'000;

base::Result<> make_folder(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (!failed) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, failed);
  }
  if (failed) return fail(Errc::io, fmt::format("cannot make {}: {}", path, failed.message()));
  return {};
}

bool is_collection_name(const std::string& name) {
  return !name.empty() && name.size() <= 200 && name[0] != '.' && plain_file_name(name) == name;
}

bool is_picture(const std::filesystem::path& path) {
  const std::string kind = path.extension().string();
  return kind == ".png" || kind == ".webp" || kind == ".gif" || kind == ".jpg";
}

}  // namespace

base::Result<std::string> Stickers::folder(AccountId account) const {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
  std::string path = kernel::stickers_dir(core_.store.dir()) + "/" + base::to_hex(state->uuid);
  EDGE_CHECK(make_folder(path));
  return path;
}

void Stickers::save(AccountId account, MsgId message, std::string collection,
                    base::Completion<> done) {
  if (!is_collection_name(collection)) {
    return done(fail(Errc::invalid_argument,
                     "collection: expected the name of a folder: at most 200 bytes, not beginning "
                     "with a dot, without /"));
  }
  auto read = core_.read(account);
  if (!read) return done(std::move(read).error());
  auto row = store::load_message(read->scope(), message);
  if (!row) return done(std::move(row).error());
  if (row->type != Viewtype::sticker) {
    return done(fail(Errc::invalid_argument, fmt::format("Msg#{} is no sticker", message.value)));
  }
  auto place = folder(account);
  if (!place) return done(std::move(place).error());
  auto attachment = Files(core_).open(account, message);
  if (!attachment) return done(std::move(attachment).error());
  const std::string into = *place + "/" + collection;
  core_.file_worker->answer<void>(
      std::move(done), [core = &core_, reader = std::move(attachment->reader), into,
                        name = plain_file_name(attachment->name)](const std::stop_token& stop,
                                                                  base::Completion<>& answer) {
        if (auto made = make_folder(into); !made) return answer(std::move(made));
        answer(files::write_file(*core, *reader, into + "/" + name, stop));
      });
}

base::Result<Stickers::Collections> Stickers::list(AccountId account) const {
  namespace fs = std::filesystem;
  EDGE_TRY(const std::string place, folder(account));
  Collections found;
  std::size_t count = 0;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(place, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (++count > kMostListed) break;
    if (at.depth() == 1) {
      at.disable_recursion_pending();
      std::error_code unknown;
      if (at->is_regular_file(unknown) && is_picture(at->path())) {
        found[at->path().parent_path().filename().string()].push_back(at->path().string());
      }
    }
  }
  if (failed) return fail(Errc::io, fmt::format("cannot read {}: {}", place, failed.message()));
  for (auto& [name, paths] : found) std::sort(paths.begin(), paths.end());
  return found;
}

}  // namespace messaging
