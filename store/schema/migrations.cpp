#include "store/schema/migrations.h"

#include <array>

#include "store/schema/v1.sql.h"
#include "store/schema/v2.sql.h"

namespace store {

std::span<const Migration> migrations() {
  static constexpr std::array kSteps{
      Migration{1, "accounts, contacts, chats, messages, sessions, outbox", schema::kV1},
      Migration{2, "channels", schema::kV2}};
  return kSteps;
}

}  // namespace store
