// Blob files of messages: seals bytes into a blob with its row, and writes a blob's plaintext.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "messaging/kernel/core.h"
#include "messaging/model/attachment.h"
#include "store/tables/blobs.h"

namespace messaging::files {

// A finished blob that has no row yet. Its file is removed when it is dropped before keep().
class SealedFile {
 public:
  // Reads the file's first bytes.
  SealedFile(kernel::Core& core, kernel::AccountPtr account, store::BlobInfo info,
             std::string file_name);
  SealedFile(SealedFile&&) noexcept;
  SealedFile& operator=(SealedFile&&) = delete;
  ~SealedFile();

  // Writes the row; the file is kept once the transaction is committed.
  base::Result<store::BlobRow> insert(store::Tx& tx, const store::Scope& scope);
  std::string path() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Copies a caller's file into a sealed blob (decision 24 judges the path). Blocks on the disk: run
// it on the file worker's thread. Stops when `stop` is requested.
base::Result<SealedFile> seal_file(kernel::Core& core, const kernel::AccountPtr& account,
                                   const std::string& path, const std::string& file_name,
                                   const std::stop_token& stop);

// The same with the blob of an account, for another account; under its name.
base::Result<SealedFile> copy_blob(kernel::Core& core, const kernel::AccountState& from,
                                   const store::BlobRow& blob, const kernel::AccountPtr& to,
                                   const std::stop_token& stop);

// Writes an attachment's plaintext to a new file of the caller; a failure leaves no file.
base::Result<> write_file(const kernel::Core& core, AttachmentReader& reader,
                          const std::string& path, const std::stop_token& stop);

base::Result<Attachment> open_attachment(const kernel::Core& core,
                                         const kernel::AccountState& account, store::BlobRow row);

// Fills in what the row says of the file's content: whether it is a protected container, and a
// picture's size. A file that does not open gets neither.
void inspect(const kernel::Core& core, const kernel::AccountState& account, store::BlobRow& row);

// Nothing when the file is the archive of a webxdc app; else the reason why it is not.
base::Result<> check_is_webxdc(const kernel::Core& core, const kernel::AccountState& account,
                               const store::BlobRow& row);

}  // namespace messaging::files
