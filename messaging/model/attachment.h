// Attachments as streams, for GET and POST /file, save_msg_file and sending. A file is a sealed
// blob on disk; plaintext exists only in the caller's buffer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/completion.h"
#include "base/result.h"

namespace messaging {

// Reads the plaintext of a sealed blob. One thread at a time.
class AttachmentReader {
 public:
  virtual ~AttachmentReader() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` from `offset` up to the end of the file and returns the number of bytes. A chunk
  // that does not open is an error (Errc::corrupt).
  virtual base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
};

struct Attachment {
  std::string name;        // the sender's name, unchecked: not safe in a header or a path
  std::string media_type;  // by the name's ending, "application/octet-stream" when unknown
  std::string etag;        // quoted, strong: hash of the content
  std::unique_ptr<AttachmentReader> reader;
};

// Writes a file into a sealed blob. append() blocks on the disk only; call from one thread at a
// time. The destructor of an unfinished Upload deletes the written bytes.
class Upload {
 public:
  virtual ~Upload() = default;
  virtual base::Result<> append(base::ByteView bytes) = 0;
  // Completes when the blob and its row are durable; send_msg accepts the path as `file`.
  virtual void finish(base::Completion<std::string> path) = 0;
};

}  // namespace messaging
