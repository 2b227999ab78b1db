// DeviceNews: changes of an account that are sent to its other devices and to nobody else
// (Protocol::sync_devices()). The store has the new state already.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "messaging/model/card.h"

namespace messaging::kernel {

struct ChatNews {
  enum class What { accepted, blocked, visibility, mute, removed };  // removed: is about to be
  base::ChatId chat;
  What what = What::accepted;
};
struct ContactNews {
  enum class What { blocked, unblocked, name };
  base::ContactId contact;
  What what = What::name;
};
struct SettingNews {
  std::string key;
  std::string value;
};
struct PictureNews {};  // our own: what the account has now
struct ChannelNews {    // one of ours, which nobody reads yet
  base::ChatId chat;
};
struct RemovalNews {  // of messages, here alone
  std::vector<Uuid> messages;
};
struct SavedNews {  // a copy in Saved messages
  Uuid original{};
  Uuid copy{};
};

struct DeviceNews {
  std::variant<ChatNews, ContactNews, SettingNews, PictureNews, ChannelNews, RemovalNews, SavedNews>
      what;
};

}  // namespace messaging::kernel
