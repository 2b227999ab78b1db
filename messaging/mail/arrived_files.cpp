#include "messaging/mail/arrived_files.h"

#include "crypto/random.h"
#include "crypto/stream.h"

namespace messaging::mail {
namespace {

// The sealed form of one of the mail's files.
const store::BlobInfo* sealed_file(const Arrival& arrival, const MailFile* file) {
  const auto* text = std::get_if<MailText>(&arrival.opened.mail.body);
  if (text == nullptr || file == nullptr) return nullptr;
  std::size_t at = 0;
  if (text->file) {
    if (file == &*text->file) return arrival.files.empty() ? nullptr : arrival.files.data();
    at = 1;
  }
  for (const MailFile& more : text->more_files) {
    if (file == &more) return at < arrival.files.size() ? &arrival.files[at] : nullptr;
    ++at;
  }
  return nullptr;
}

store::TransferRow sealed_transfer(FileNote& note, const store::BlobInfo& blob) {
  note.transfer = crypto::random_array<16>();
  note.size = blob.size;
  note.sealed_size = crypto::sealed_size(blob.size);
  note.key = crypto::WipingArray<32>(blob.key.secret.view());
  note.hash = blob.hash;
  store::TransferRow row;
  row.id = note.transfer;
  row.size = note.sealed_size;
  row.name = blob.name;
  return row;
}

}  // namespace

FileNote* file_note_in(Content& content) {
  if (auto* text = std::get_if<TextMessage>(&content.body)) return pointer_to(text->file);
  if (auto* text = std::get_if<GroupText>(&content.body)) return pointer_to(text->message.file);
  return nullptr;
}

std::optional<store::TransferRow> transfer_of(const Arrival& arrival, const MailFile* file,
                                              FileNote* note) {
  const store::BlobInfo* const sealed = sealed_file(arrival, file);
  if (note == nullptr || sealed == nullptr) return std::nullopt;
  return sealed_transfer(*note, *sealed);
}

}  // namespace messaging::mail
