#include "store/schema/migrations.h"

#include <array>

#include "store/schema/v1.sql.h"

namespace store {

std::span<const Migration> migrations() {
  static constexpr std::array<Migration, 1> kSteps{
      Migration{1, "accounts, contacts, chats, messages, sessions, outbox", schema::kV1}};
  return kSteps;
}

}  // namespace store
