// The enums of a message's columns. Stored, and answered to clients: never change a number.
#pragma once

#include <cstdint>

namespace store {

// Delta Chat's numbers. A received message goes from fresh to noticed to seen, a sent one from
// pending to delivered to read.
enum class MsgState : std::uint32_t {
  undefined = 0,
  in_fresh = 10,
  in_noticed = 13,
  in_seen = 16,
  out_draft = 19,
  out_pending = 20,
  out_failed = 24,
  out_delivered = 26,
  out_read = 28,
};

// Sent to peers too.
enum class Viewtype : std::uint8_t {
  unknown = 0,
  text = 10,
  image = 20,
  gif = 21,
  sticker = 23,
  audio = 40,
  voice = 41,
  video = 50,
  file = 60,
  call = 71,
  webxdc = 80,
  vcard = 90,
};

// Kept in the second byte of the column `flags`.
enum class DownloadState : std::uint8_t {
  done = 0,
  available = 10,
  failure = 20,
  undecipherable = 30,
  in_progress = 40
};

// What was done to a message after it was sent. Sent to peers too.
enum class ChangeKind : std::uint8_t {
  reaction = 1,
  edit = 2,
  deletion = 3,
  call_accepted = 4,  // by its callee
  call_ended = 5,     // by either
  pin = 6,            // of everybody who may write to the chat
};

enum class CallState : std::uint8_t {
  rings = 1,
  active = 2,
  completed = 3,  // it was active
  missed = 4,     // an incoming one that was ended by the caller, or rang out
  declined = 5,   // by the callee, or an outgoing one that rang out
  canceled = 6,   // by the caller
};

// The meaning of an info message.
enum class SystemMessage : std::uint8_t {
  none = 0,
  securejoin = 1,
  chat_e2ee = 2,
  securejoin_wait = 3,
  group_name = 4,
  group_description = 5,
  group_image = 6,
  member_added = 7,
  member_removed = 8,
  location_streaming = 9,
  ephemeral_timer = 10,
  webxdc_info = 11,
  message_pinned = 12,
  message_unpinned = 13,
};

}  // namespace store
