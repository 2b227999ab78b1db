#include "messaging/files/blob_files.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/disk_error.h"
#include "base/log.h"
#include "messaging/files/picture_head.h"
#include "messaging/files/prv_file.h"
#include "messaging/files/xdc_file.h"
#include "messaging/model/media_type.h"

namespace messaging::files {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kPiece = 64 * 1024;

class BlobAttachment final : public AttachmentReader {
 public:
  explicit BlobAttachment(store::BlobReader reader) : reader_(std::move(reader)) {}
  std::uint64_t size() const override { return reader_.size(); }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    auto read = reader_.read_at(offset, out);
    if (!read && read.error().code == Errc::sealed) {
      return fail(Errc::corrupt, "the file is damaged on disk");
    }
    return read;
  }

 private:
  store::BlobReader reader_;
};

base::Error stopping() { return fail(Errc::unavailable, "the gateway is shutting down"); }

base::Result<> write_all(int fd, base::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0) {
      if (errno == EINTR) continue;
      return base::fail_write("write the file", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

base::Result<> copy_out(AttachmentReader& reader, int fd, const std::stop_token& stop) {
  crypto::WipingBytes piece(kPiece);
  for (std::uint64_t offset = 0; offset < reader.size();) {
    if (stop.stop_requested()) return stopping();
    EDGE_TRY(const std::size_t got, reader.read_at(offset, piece));
    if (got == 0) return fail(Errc::corrupt, "the file is shorter than it should be");
    EDGE_CHECK(write_all(fd, base::ByteView(piece).first(got)));
    offset += got;
  }
  if (::fsync(fd) != 0) return base::fail_write("sync the file", errno);
  return {};
}

}  // namespace

struct SealedFile::State {
  State(kernel::Core& c, kernel::AccountPtr a, store::BlobRow r)
      : core(c), account(std::move(a)), row(std::move(r)) {}
  ~State() {
    if (kept) return;
    if (auto gone = core.store.blobs().remove(account->uuid, row.name); !gone) {
      base::log::warning("an unused file stays on disk: {}", gone.error().message);
    }
  }
  kernel::Core& core;
  kernel::AccountPtr account;
  store::BlobRow row;  // without an id
  std::atomic<bool> kept{false};
};

SealedFile::SealedFile(kernel::Core& core, kernel::AccountPtr account, store::BlobInfo info,
                       std::string file_name) {
  store::BlobRow row;
  row.name = std::move(info.name);
  row.size = info.size;
  row.key = crypto::WipingArray<32>(info.key.secret.view());
  row.file_name = std::move(file_name);
  row.media_type = media_type_of(row.file_name);
  row.hash = info.hash;
  inspect(core, *account, row);
  state_ = std::make_shared<State>(core, std::move(account), std::move(row));
}
SealedFile::SealedFile(SealedFile&&) noexcept = default;
SealedFile::~SealedFile() = default;

std::string SealedFile::path() const {
  return state_->core.store.blobs().path(state_->account->uuid, state_->row.name);
}

base::Result<store::BlobRow> SealedFile::insert(store::Tx& tx, const store::Scope& scope) {
  store::BlobRow row = state_->row;
  EDGE_TRY(row.id, tx.next_id(scope.account, "blob"));
  row.created_at = tx.now();
  EDGE_CHECK(store::insert_blob(scope, row));
  tx.on_commit([state = state_] { state->kept = true; });
  return row;
}

base::Result<SealedFile> seal_file(kernel::Core& core, const kernel::AccountPtr& account,
                                   const std::string& path, const std::string& file_name,
                                   const std::stop_token& stop) {
  EDGE_TRY(const kernel::OpenFile file, core.paths.open_to_read(path));
  EDGE_TRY(store::BlobWriter blob, core.store.blobs().create(account->uuid));
  crypto::WipingBytes piece(kPiece);
  for (;;) {
    if (stop.stop_requested()) return stopping();
    const ssize_t got = ::read(file.fd(), piece.data(), piece.size());
    if (got < 0) {
      if (errno == EINTR) continue;
      return base::fail_errno(Errc::io, "read " + path, errno);
    }
    if (got == 0) break;
    EDGE_CHECK(blob.append(base::ByteView(piece).first(static_cast<std::size_t>(got))));
  }
  EDGE_TRY(store::BlobInfo info, blob.finish());
  return SealedFile(core, account, std::move(info),
                    plain_file_name(file_name.empty() ? path : file_name));
}

base::Result<SealedFile> copy_blob(kernel::Core& core, const kernel::AccountState& from,
                                   const store::BlobRow& blob, const kernel::AccountPtr& to,
                                   const std::stop_token& stop) {
  EDGE_TRY(const Attachment file, open_attachment(core, from, blob));
  EDGE_TRY(store::BlobWriter copy, core.store.blobs().create(to->uuid));
  crypto::WipingBytes piece(kPiece);
  for (std::uint64_t offset = 0; offset < file.reader->size();) {
    if (stop.stop_requested()) return stopping();
    EDGE_TRY(const std::size_t got, file.reader->read_at(offset, piece));
    if (got == 0) return fail(Errc::corrupt, "the file is shorter than it should be");
    EDGE_CHECK(copy.append(base::ByteView(piece).first(got)));
    offset += got;
  }
  EDGE_TRY(store::BlobInfo info, copy.finish());
  return SealedFile(core, to, std::move(info), plain_file_name(blob.file_name));
}

base::Result<> write_file(const kernel::Core& core, AttachmentReader& reader,
                          const std::string& path, const std::stop_token& stop) {
  EDGE_TRY(kernel::NewFile file, core.paths.create(path));
  if (auto copied = copy_out(reader, file.fd(), stop); !copied) {
    return std::move(copied).with_context("write " + path);
  }
  return file.commit();
}

base::Result<Attachment> open_attachment(const kernel::Core& core,
                                         const kernel::AccountState& account, store::BlobRow row) {
  const crypto::StreamKey key{crypto::Secret<32>(row.key.view())};
  auto reader = core.store.blobs().open(account.uuid, row.name, key);
  if (!reader) {
    if (reader.error().code == Errc::sealed) {
      return fail(Errc::corrupt, "the message's file is damaged on disk");
    }
    return std::move(reader).error();
  }
  Attachment attachment;
  attachment.name = plain_file_name(row.file_name);
  attachment.media_type = std::move(row.media_type);
  attachment.etag = "\"" + base::to_hex(base::ByteView(row.hash).first(16)) + "\"";
  attachment.reader = std::make_unique<BlobAttachment>(*std::move(reader));
  return attachment;
}

void inspect(const kernel::Core& core, const kernel::AccountState& account, store::BlobRow& row) {
  auto attachment = open_attachment(core, account, row);
  if (!attachment) return;
  AttachmentReader& reader = *attachment->reader;
  const auto head = read_prv_head(reader);
  row.is_container = head && crypto::looks_like_prv(*head);
  const auto picture = read_picture_head([&](std::uint64_t offset, std::span<std::uint8_t> out) {
    const auto got = reader.read_at(offset, out);
    return got && *got == out.size();
  });
  row.width = picture ? picture->width : 0;
  row.height = picture ? picture->height : 0;
}

base::Result<> check_is_webxdc(const kernel::Core& core, const kernel::AccountState& account,
                               const store::BlobRow& row) {
  EDGE_TRY(auto attachment, open_attachment(core, account, row));
  EDGE_CHECK(XdcFile::open(std::move(attachment.reader)));
  return {};
}

}  // namespace messaging::files
