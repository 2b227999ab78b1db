#include "messaging/model/file_note.h"

#include "crypto/stream.h"

namespace messaging {
namespace {

constexpr std::size_t kMaxNoteFileName = 1024;
constexpr std::size_t kMaxMediaType = 128;

}  // namespace

void write_file_note(base::WireWriter& out, const std::optional<FileNote>& file) {
  out.boolean(file.has_value());
  if (!file) return;
  out.text(file->name).text(file->media_type).u64(file->size).u64(file->sealed_size);
  out.fixed(file->transfer).fixed(file->key.view()).fixed(file->hash);
}

std::optional<FileNote> read_file_note(base::WireReader& in) {
  if (!in.boolean()) return std::nullopt;
  FileNote file;
  file.name = in.text(kMaxNoteFileName);
  file.media_type = in.text(kMaxMediaType);
  file.size = in.u64();
  file.sealed_size = in.u64();
  file.transfer = in.array<16>();
  const base::ByteView key = in.fixed(32);
  if (key.size() == 32) file.key = crypto::WipingArray<32>(key.first<32>());
  file.hash = in.array<32>();
  const auto size = crypto::plain_size(file.sealed_size);
  if (!size || *size != file.size) in.refuse();
  return file;
}

}  // namespace messaging
