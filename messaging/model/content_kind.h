// ContentKind: one row of the table of content kinds (content.cpp). Encoding, decoding, receiving,
// what is held for groups and the fuzzer read the table; nothing else lists the kinds.
//
// The struct of a kind is declared in a header of its own, which also declares, as overloads for
// that struct:
//   write_fields, read_fields   its wire form, after the head that all contents share
//   apply                       what it does here; of namespace receiving, and defined there
//   file_of                     (optional) the file that has to be here before it is applied
//   apply_some                  (optional) it is applied in portions, each in a write of its own
// A kind without one of the first three does not link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/wire.h"

namespace messaging::receiving {
struct Received;
}  // namespace messaging::receiving

namespace messaging {

struct FileNote;
// Who sent a content and the write that applies it: messaging/receiving/received.h.

// What apply_some() did.
struct Portion {
  enum class Left : std::uint8_t {
    fits,      // nothing was done now: apply() takes all that is left
    more,      // some was applied; others' writes may pass, then apply_some() again
    too_many,  // it costs more than its sender may have us spend for now: nothing was done
  };
  Left left = Left::fits;
  std::size_t taken = 0;  // with `more`: how much is applied by now, for Sender::taken
};

struct KindTraits {
  // Its sender may be a member of a group whose state is not here yet: then apply() keeps the
  // content, and it is applied again once the group's state changed (held_contents.h).
  bool held_for_groups = false;
  // Taken from a link that is over, too: a repetition on the present one would say the same.
  bool on_any_link = false;
};

template <class ContentBody>
struct ContentKind {
  std::uint8_t number = 0;  // on the wire
  std::string_view name;    // in docs/protocol.md
  KindTraits traits;
  bool (*is)(const ContentBody& body) = nullptr;
  void (*write)(base::WireWriter& out, const ContentBody& body) = nullptr;
  ContentBody (*read)(base::WireReader& in) = nullptr;  // refuses the reader when malformed
  const FileNote* (*file)(const ContentBody& body) = nullptr;
  // False: held; it is not acknowledged, and a repetition is applied again.
  base::Result<bool> (*apply)(const receiving::Received& received,
                              const ContentBody& body) = nullptr;
  // nullptr: apply() takes it as a whole.
  base::Result<Portion> (*apply_some)(const receiving::Received& received,
                                      const ContentBody& body) = nullptr;
};

}  // namespace messaging
