// Contacts made and removed by hand, and contacts as vCards.
#include "messaging/model/vcard.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/contact.h"
#include "rpc/shapes/vcard.h"

namespace rpc {
namespace {

struct Create : OfAccount {
  std::string email;
  std::optional<std::string> name;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("email", &Create::email, "an address, in full"),
                             base::field("name", &Create::name, "our name for the contact"));
  }
};

void create_contact(Context& context, Create p, Completion<ContactId> done) {
  engine_of(context).contacts().create(p.account_id, std::move(p.email),
                                       std::move(p.name).value_or(""), std::move(done));
}

void delete_contact(Context& context, OfContact p, Completion<> done) {
  engine_of(context).contacts().remove(p.account_id, p.contact_id, std::move(done));
}

struct MakeVcard : OfAccount {
  std::vector<ContactId> contacts;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("contacts", &MakeVcard::contacts,
                                         "the contacts, at most 1000; 1 is ourselves"));
  }
};

void make_vcard(Context& context, MakeVcard p, Completion<std::string> done) {
  engine_of(context).contacts().make_vcard(p.account_id, std::move(p.contacts), std::move(done));
}

Result<std::string> text_at(const Context& context, const std::string& path) {
  return engine_of(context).contacts().vcard_text(
      path, [&](AccountId account) { return context.caller.access->may_see(account); });
}

struct VcardPath {
  std::string path;
  static constexpr auto fields() {
    return std::tuple(base::field("path", &VcardPath::path,
                                  "a .vcf of yours, or the `file` of a message; at most 1 MiB"));
  }
};

Result<std::vector<shape::VcardContact>> parse_vcard(Context& context, const VcardPath& p) {
  EDGE_TRY(const std::string text, text_at(context, p.path));
  EDGE_TRY(auto cards, messaging::read_vcards(text));
  std::vector<shape::VcardContact> shapes;
  for (auto& card : cards) shapes.push_back(shape::to_shape(std::move(card)));
  return shapes;
}

struct ImportVcard : OfAccount {
  std::string path;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("path", &ImportVcard::path, "a .vcf of yours, or the `file` of a message"));
  }
};

void import_vcard(Context& context, ImportVcard p, Completion<std::vector<ContactId>> done) {
  auto text = text_at(context, p.path);
  if (!text) return done(std::move(text).error());
  engine_of(context).contacts().import_vcard(p.account_id, *std::move(text), std::move(done));
}

struct ImportVcardContents : OfAccount {
  std::string vcard;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(), base::field("vcard", &ImportVcardContents::vcard,
                                                              "the text of one or more vCards"));
  }
};

void import_vcard_contents(Context& context, ImportVcardContents p,
                           Completion<std::vector<ContactId>> done) {
  engine_of(context).contacts().import_vcard(p.account_id, std::move(p.vcard), std::move(done));
}

}  // namespace

void add_card_methods(std::vector<Method>& table) {
  const Row write{.scope = KeyScope::write,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::not_found, Errc::invalid_argument}};
  table.push_back(method<&create_contact>(
      "create_contact",
      "A contact of whom an address alone is known, and who cannot be written to; or the one that "
      "has this address, under this name.",
      write));
  table.push_back(method<&delete_contact>(
      "delete_contact",
      "Takes a contact out of the lists. Its chat stays; who writes again is a contact request.",
      write));
  table.push_back(method<&make_vcard>(
      "make_vcard",
      "Contacts as vCards. Whoever has our own (contact 1) may write to us, as a contact request. "
      "That of another contact has its name, address, key, status and picture, and no way to reach "
      "it, which was given to this account alone: to introduce two contacts, put them into a "
      "group, or pass on a link that the contact made. Pictures of more than 96 KiB are left out, "
      "and those that would make the text too large to import.",
      write));
  table.push_back(method<&import_vcard_contents>(
      "import_vcard_contents",
      "The contacts of vCards, made where they were unknown, unverified. A card of this gateway's "
      "kind can be written to at once. A contact that never had a picture or status takes those of "
      "its card.",
      write));
  // unsafe: a path names any file of the machine that the fuzzer runs on.
  const std::vector<Errc> path_errors = {Errc::not_found, Errc::forbidden, Errc::invalid_argument,
                                         Errc::too_large};
  table.push_back(method<&import_vcard>(
      "import_vcard", "import_vcard_contents() with a file.",
      {.scope = KeyScope::write, .fuzz = Fuzz::unsafe, .errors = path_errors}));
  table.push_back(method<&parse_vcard>(
      "parse_vcard", "What the vCards of a file say.",
      {.fuzz = Fuzz::unsafe, .errors = path_errors, .touches = TouchedAccounts::visible}));
}

}  // namespace rpc
