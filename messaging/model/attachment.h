// Attachments as streams: what GET and POST /file, save_msg_file and the sender of a file read and
// write. A file is a sealed blob on disk; plaintext exists only in the caller's buffer.
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
  // Fills `out` from `offset` as far as the file goes and says how much that was; a chunk that does
  // not open is an error (Errc::corrupt), never bytes.
  virtual base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
};

struct Attachment {
  std::string name;        // as the sender named it; not safe for a header or a path as it is
  std::string media_type;  // by the name's ending, "application/octet-stream" when unknown
  std::string etag;        // quoted, strong: hash of the content
  std::unique_ptr<AttachmentReader> reader;
};

// A file under way into a sealed blob. append() blocks on the disk only; call from one thread at a
// time. Dropping an unfinished Upload deletes what was written.
class Upload {
 public:
  virtual ~Upload() = default;
  virtual base::Result<> append(base::ByteView bytes) = 0;
  // Durable, with its row, when it answers; the path is good for `file` in send_msg.
  virtual void finish(base::Completion<std::string> path) = 0;
};

}  // namespace messaging
