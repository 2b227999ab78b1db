// The names of the event stream (contract "Events"), so that `types=` can refuse a misspelt one
// instead of staying silent for ever.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace gateway {

inline constexpr std::array<std::string_view, 28> kEventNames = {"IncomingMsg",
                                                                 "MsgDelivered",
                                                                 "MsgRead",
                                                                 "MsgFailed",
                                                                 "MsgsChanged",
                                                                 "MsgDeleted",
                                                                 "ReactionsChanged",
                                                                 "MsgsNoticed",
                                                                 "ChatModified",
                                                                 "ChatDeleted",
                                                                 "ChatlistChanged",
                                                                 "ContactsChanged",
                                                                 "ConnectivityChanged",
                                                                 "AccountsChanged",
                                                                 "Info",
                                                                 "Warning",
                                                                 "Error",
                                                                 "SecurejoinInviterProgress",
                                                                 "SecurejoinJoinerProgress",
                                                                 "ConfigureProgress",
                                                                 "ImexProgress",
                                                                 "PrivittyChatEncryptionChanged",
                                                                 "PrivittyPeerHandshakeComplete",
                                                                 "PrivittyFileEncrypted",
                                                                 "PrivittyFileDecrypted",
                                                                 "PrivittyFileAccessRevoked",
                                                                 "PrivittyFileAccessChanged",
                                                                 "PrivittyAccessRenewRequested"};

inline bool is_event_name(std::string_view name) {
  return std::find(kEventNames.begin(), kEventNames.end(), name) != kEventNames.end();
}

}  // namespace gateway
