// Contacts: ourselves, the daemon, and peers.
#include "rpc/methods/params.h"
#include "rpc/shapes/contact.h"
#include "rpc/shapes/qr.h"

namespace rpc {
namespace {

constexpr std::uint32_t kAddSelf = 2;
constexpr std::uint32_t kAddressContacts = 4;

Result<shape::Contact> get_contact(Context& context, const OfContact& p) {
  EDGE_TRY(auto contact, engine_of(context).contacts().get(p.account_id, p.contact_id));
  return shape::to_shape(std::move(contact), context.clock->now());
}

struct ListContacts : OfAccount {
  std::uint32_t list_flags = 0;
  std::optional<std::string> query;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("list_flags", &ListContacts::list_flags,
                    "2: ourselves too; 4: those of whom an address alone is known"),
        base::field("query", &ListContacts::query, "part of a name or address, any case"));
  }
};

Result<std::vector<messaging::Contact>> list(Context& context, const ListContacts& p) {
  using Who = messaging::Contacts::Who;
  const bool addresses = (p.list_flags & kAddressContacts) != 0;
  const bool self = (p.list_flags & kAddSelf) != 0;
  return engine_of(context).contacts().list(p.account_id, self, p.query,
                                            addresses ? Who::address_alone : Who::with_key);
}

Result<std::vector<ContactId>> get_contact_ids(Context& context, const ListContacts& p) {
  EDGE_TRY(const auto contacts, list(context, p));
  std::vector<ContactId> ids;
  ids.reserve(contacts.size());
  for (const auto& contact : contacts) ids.push_back(contact.id);
  return ids;
}

std::vector<shape::Contact> to_shapes(const Context& context,
                                      std::vector<messaging::Contact> contacts) {
  std::vector<shape::Contact> shapes;
  shapes.reserve(contacts.size());
  const auto now = context.clock->now();
  for (auto& contact : contacts) shapes.push_back(shape::to_shape(std::move(contact), now));
  return shapes;
}

Result<std::vector<shape::Contact>> get_contacts(Context& context, const ListContacts& p) {
  EDGE_TRY(auto contacts, list(context, p));
  return to_shapes(context, std::move(contacts));
}

struct OfContacts : OfAccount {
  std::vector<ContactId> ids;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("ids", &OfContacts::ids, "the contacts"));
  }
};

Result<std::map<ContactId, shape::Contact>> get_contacts_by_ids(Context& context,
                                                                const OfContacts& p) {
  EDGE_TRY(auto contacts, engine_of(context).contacts().get_many(p.account_id, distinct(p.ids)));
  std::map<ContactId, shape::Contact> by_id;
  for (auto& contact : to_shapes(context, std::move(contacts))) {
    const ContactId id = contact.id;
    by_id.emplace(id, std::move(contact));
  }
  return by_id;
}

Result<std::optional<ContactId>> lookup_contact_id_by_addr(Context& context, const OfAddr& p) {
  return engine_of(context).contacts().lookup_by_addr(p.account_id, p.addr);
}

Result<std::vector<shape::Contact>> get_blocked_contacts(Context& context, const OfAccount& p) {
  EDGE_TRY(auto contacts, engine_of(context).contacts().blocked(p.account_id));
  return to_shapes(context, std::move(contacts));
}

void block_contact(Context& context, OfContact p, Completion<> done) {
  engine_of(context).contacts().set_blocked(p.account_id, p.contact_id, true, std::move(done));
}

void unblock_contact(Context& context, OfContact p, Completion<> done) {
  engine_of(context).contacts().set_blocked(p.account_id, p.contact_id, false, std::move(done));
}

struct Rename : OfContact {
  std::string name;
  static constexpr auto fields() {
    return base::with_fields(OfContact::fields(),
                             base::field("name", &Rename::name, "empty: their own name again"));
  }
};

void change_contact_name(Context& context, Rename p, Completion<> done) {
  engine_of(context).contacts().rename(p.account_id, p.contact_id, std::move(p.name),
                                       std::move(done));
}

Result<std::string> get_contact_encryption_info(Context& context, const OfContact& p) {
  std::vector<ContactId> ids{p.contact_id};
  if (p.contact_id != messaging::kSelf) ids.push_back(messaging::kSelf);
  EDGE_TRY(const auto people, engine_of(context).contacts().get_many(p.account_id, ids));
  if (people.size() != ids.size()) {
    return fail(Errc::corrupt, fmt::format("the record of contact {}, or our own, does not open",
                                           p.contact_id.value));
  }
  const messaging::Contact& contact = people.front();
  const messaging::Contact& self = people.back();
  if (contact.fingerprint.empty()) {
    return fail(Errc::invalid_argument,
                fmt::format("contact_id: contact {} has no key", p.contact_id.value));
  }
  const auto line = [](const messaging::Contact& one) {
    return fmt::format("{} ({}):\n{}", one.display_name, one.addr,
                       shape::readable_fingerprint(one.fingerprint));
  };
  std::string text = "Messages are end-to-end encrypted.\nFingerprints:\n\n" + line(self);
  if (contact.id == messaging::kSelf) return text;
  text += "\n\n" + line(contact) + "\n\n";
  text += contact.is_verified ? "The key was verified by an invite." : "The key was not verified.";
  return text;
}

}  // namespace

void add_contact_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row write{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  table.push_back(method<&get_contact>("get_contact", "One contact.", read));
  table.push_back(method<&get_contacts>("get_contacts", "Contacts that are not blocked.", read));
  table.push_back(method<&get_contact_ids>("get_contact_ids",
                                           "The ids of contacts that are not blocked.", read));
  table.push_back(method<&get_contacts_by_ids>(
      "get_contacts_by_ids", "Several contacts; fails as a whole when one is missing.", read));
  table.push_back(method<&lookup_contact_id_by_addr>(
      "lookup_contact_id_by_addr",
      "The verified contact seen last under an address, or null. An address is a label: two "
      "contacts may share one.",
      read));
  table.push_back(method<&get_blocked_contacts>("get_blocked_contacts", "Blocked contacts.", read));
  table.push_back(method<&block_contact>("block_contact", "Blocks a contact.", write));
  table.push_back(method<&unblock_contact>("unblock_contact", "Unblocks a contact.", write));
  table.push_back(
      method<&change_contact_name>("change_contact_name", "Names a contact for us alone.", write));
  table.push_back(method<&get_contact_encryption_info>(
      "get_contact_encryption_info", "What secures messages with a contact, for a person.", read));
}

}  // namespace rpc
