#include "messaging/api/vcard_files.h"

#include <fmt/format.h>

#include "messaging/files/blob_files.h"
#include "store/tables/blobs.h"

namespace messaging {
namespace {

constexpr std::uint64_t kMaxWithMessage = 256 * 1024;

base::Result<std::vector<Vcard>> cards_of(const View& view, const std::string& path) {
  const auto place = view.core.store.blobs().place_of(path);
  if (!place) return base::fail(base::Errc::not_found, path + " is no file of the store");
  EDGE_TRY(auto blob, store::find_blob_by_name(view.scope, place->name));
  if (!blob) return base::fail(base::Errc::not_found, path + " is not there any more");
  EDGE_TRY(const Attachment file,
           files::open_attachment(view.core, view.account, *std::move(blob)));
  EDGE_TRY(const std::string text, text_of(*file.reader, path));
  return read_vcards(text);
}

}  // namespace

base::Result<std::string> text_of(AttachmentReader& file, const std::string& name) {
  if (file.size() > kMaxVcardText) {
    return base::fail(
        base::Errc::too_large,
        fmt::format("{} is too large for a vCard: {} bytes at most", name, kMaxVcardText));
  }
  base::Bytes bytes(static_cast<std::size_t>(file.size()));
  EDGE_TRY(const std::size_t got, file.read_at(0, bytes));
  return std::string(base::as_text(base::ByteView(bytes).first(got)));
}

std::optional<Vcard> card_of_message(const View& view, const Message& message) {
  if (message.type != Viewtype::vcard || !message.file || message.file->size > kMaxWithMessage) {
    return std::nullopt;
  }
  auto cards = cards_of(view, message.file->path);
  if (!cards || cards->empty()) return std::nullopt;
  return std::move(cards->front());
}

}  // namespace messaging
