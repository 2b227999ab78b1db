#include "messaging/peering/delivery.h"

namespace messaging::peering {

std::string name_of(AccountId account, const store::DepositTokenRow& token) {
  return std::to_string(account.value) + "/" + base::to_hex(token.key_id);
}

std::string party_of(AccountId account, const store::DepositTokenRow& token) {
  if (!token.contact) return name_of(account, token);
  return std::to_string(account.value) + "/" + std::to_string(token.contact->value);
}

}  // namespace messaging::peering
