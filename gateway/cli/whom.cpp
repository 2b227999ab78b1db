#include "gateway/cli/whom.h"

#include <charconv>

#include "gateway/cli/print.h"

namespace gateway::cli {

std::optional<std::uint32_t> number_in(const std::string& text) {
  std::uint32_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault != std::errc{} || end != text.data() + text.size() || out == 0) return std::nullopt;
  return out;
}

base::Result<Json> contact_of(const Context& context, const std::string& address) {
  if (address.find_first_not_of("0123456789") == std::string::npos) {
    return base::fail(base::Errc::invalid_argument,
                      "expected a number from 1 to 4294967295 or a "
                      "contact's address, not '" +
                          plain(address) + "'");
  }
  EDGE_TRY(auto contact,
           context.client.call("lookup_contact_id_by_addr", {context.account, address}));
  if (contact.is_number_unsigned()) return contact;
  return base::fail(base::Errc::not_found,
                    "no contact has the address " + plain(address) +
                        ": privitty-edge contacts lists them, privitty-edge join LINK adds one");
}

base::Result<Json> contact_named(const Context& context, const std::string& contact) {
  if (const auto number = number_in(contact)) return Json(*number);
  return contact_of(context, contact);
}

base::Result<std::uint32_t> chat_of(const Context& context, const std::string& to) {
  if (const auto number = number_in(to)) return *number;
  EDGE_TRY(const auto contact, contact_of(context, to));
  EDGE_TRY(const auto chat,
           context.client.call("create_chat_by_contact_id", {context.account, contact}));
  if (!chat.is_number_unsigned()) {
    return base::fail(base::Errc::internal, "the daemon named no chat");
  }
  return chat.get<std::uint32_t>();
}

}  // namespace gateway::cli
