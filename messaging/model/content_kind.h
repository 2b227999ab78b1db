// ContentKind: one row of the table of content kinds (content.cpp). Encoding, decoding, receiving,
// holding for groups and the fuzzer use the table; there is no other list of the kinds.
//
// The struct of a kind is declared in a header of its own, which also declares, as overloads for
// that struct:
//   write_fields, read_fields   the wire form, after the head that all contents share
//   apply                       applies it on arrival; declared and defined in namespace receiving
//   file_of                     (optional) the file that has to arrive before it is applied
//   apply_some                  (optional) applies one portion, each in a write of its own
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
// The sender of a content and the write that applies it: messaging/receiving/received.h.

// The result of apply_some().
struct Portion {
  enum class Left : std::uint8_t {
    fits,      // nothing was applied: apply() applies all that is left
    more,      // some was applied; call again in another write
    too_many,  // the sender's budget is used up for now: nothing was applied
  };
  Left left = Left::fits;
  std::size_t taken = 0;  // with `more`: how much is applied so far, for Sender::taken
};

struct KindTraits {
  // The sender may be a member of a group whose state has not arrived yet: apply() then holds the
  // content, which is applied again when the group's state changes (held_contents.h).
  bool held_for_groups = false;
  // Applied even from a superseded link: a retransmission on the present one would have the same
  // content.
  bool on_any_link = false;
  // False: of a stranger (chats/requests.h) it is not taken, nor acknowledged; it comes again and
  // is applied once the stranger was accepted.
  bool from_strangers = true;
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
  // False: not recorded as seen; the content is not acknowledged, and a retransmission is applied
  // again.
  base::Result<bool> (*apply)(const receiving::Received& received,
                              const ContentBody& body) = nullptr;
  // nullptr: apply() applies it whole.
  base::Result<Portion> (*apply_some)(const receiving::Received& received,
                                      const ContentBody& body) = nullptr;
};

}  // namespace messaging
