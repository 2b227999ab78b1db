#include "store/schema/migrations.h"

#include <array>

#include "store/schema/v1.sql.h"
#include "store/schema/v2.sql.h"

namespace store {

std::span<const Migration> migrations() {
  static constexpr std::array<Migration, 2> kSteps{
      Migration{1, "accounts, contacts, chats, messages, sessions, outbox", schema::kV1},
      Migration{2, "protected files", schema::kProtectedFiles}};
  return kSteps;
}

}  // namespace store
