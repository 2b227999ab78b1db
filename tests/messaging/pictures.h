// Pictures in tests: their bytes, what an answer's picture holds, and how many files a peer keeps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include "tests/support/world.h"

namespace test {

// A picture by its headers, distinguished from others by its last bytes.
inline std::string picture(const std::string& mark, std::uint8_t width = 8) {
  std::string out("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x06", 24);
  out[19] = static_cast<char>(width);
  std::mt19937 random(7);  // no compression makes it small
  for (int i = 0; i < 30'000; ++i) out.push_back(static_cast<char>(random()));
  return out + mark;
}

// The plaintext of a picture that an answer names.
inline std::string plain_picture(Peer& peer, const std::string& path) {
  TempDir out;
  const std::string copy = out.path() + "/copy.png";
  MessageDraft draft;
  draft.file = path;
  const MsgId message = peer.send(peer.saved_messages(), draft);
  const auto saved = answer<void>([&](auto done) {
    peer.engine().messages().save_file(Peer::kAccount, message, copy, std::move(done));
  });
  REQUIRE(saved.ok());
  return read_file(copy);
}

inline std::size_t files_of(const Peer& peer) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(peer.dir() + "/blobs")) {
    if (file.is_regular_file()) ++count;
  }
  return count;
}

}  // namespace test
