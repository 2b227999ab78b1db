// KeySource: the source of the key that wraps the store's data key. Both forms read their file
// once, at opening; the file is a regular file of bounded size, and errors name it.
#pragma once

#include <string>
#include <variant>

#include "base/result.h"
#include "crypto/keywrap.h"
#include "crypto/secret.h"
#include "crypto/wiping.h"
#include "store/file.h"

namespace store {

// 32 random bytes in base64url on one line, mode 0600. "" is DIR/master.key.
struct KeyFile {
  std::string path = {};
};

// A passphrase: the file's first line, 1 to 1,024 bytes, stretched by Argon2id.
struct PassphraseFile {
  std::string path;
  crypto::PassphraseCost cost = {};  // of new wrappings
};

using KeySource = std::variant<KeyFile, PassphraseFile>;

// "key file /d/master.key", "passphrase file /run/secrets/p": for messages.
std::string describe(const KeySource& source);
// The same source with an empty path replaced by DIR/master.key.
KeySource resolve(KeySource source, const std::string& dir);

// Errc::not_found when there is no such file, Errc::invalid_argument when it holds no key.
base::Result<crypto::Secret<32>> read_key_file(const std::string& path);
// Makes a key file that did not exist (O_EXCL), synced with its folder. Errc::already_exists.
base::Result<> make_key_file(const std::string& path);
// The same in two steps, so that other work can run beside the second one, which waits for the
// disk. A key file that cannot be made durable is removed.
base::Result<File> write_key_file(const std::string& path);
base::Result<> sync_key_file(File& file);
base::Result<crypto::WipingBytes> read_passphrase_file(const std::string& path);

}  // namespace store
