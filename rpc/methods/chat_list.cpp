// The chat list.
#include "rpc/methods/params.h"
#include "rpc/shapes/chat.h"

namespace rpc {
namespace {

struct ListChats : OfAccount {
  std::optional<std::uint32_t> list_flags;
  std::optional<std::string> query_string;
  std::optional<ContactId> query_contact_id;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("list_flags", &ListChats::list_flags,
                    "1 archived only, 2 without the archive link, 8 for forwarding"),
        base::field("query_string", &ListChats::query_string,
                    "part of a name, any case; with is:unread those with fresh messages"),
        base::field("query_contact_id", &ListChats::query_contact_id, "chats with this contact"));
  }
};

Result<std::vector<ChatId>> get_chatlist_entries(Context& context, const ListChats& p) {
  const std::uint32_t flags = p.list_flags.value_or(0);
  messaging::ChatListQuery query;
  query.archived_only = (flags & 1) != 0;
  query.no_specials = (flags & 2) != 0;
  query.for_forwarding = (flags & 8) != 0;
  query.text = p.query_string;
  query.contact = p.query_contact_id;
  return engine_of(context).chats().list(p.account_id, query);
}

struct OfEntries : OfAccount {
  std::vector<ChatId> entries;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(), base::field("entries", &OfEntries::entries,
                                                              "chats of get_chatlist_entries"));
  }
};

using Items = std::map<ChatId, shape::ChatListItemFetchResult>;

Result<Items> get_chatlist_items_by_entries(Context& context, const OfEntries& p) {
  const std::vector<ChatId> ids = distinct(p.entries);
  EDGE_TRY(auto entries, engine_of(context).chats().entries(p.account_id, ids));
  Items items;
  for (std::size_t i = 0; i < ids.size() && i < entries.size(); ++i) {
    auto& entry = entries[i];
    if (!entry) {
      items[ids[i]] = {shape::ChatListError{std::move(entry).error().message, ids[i].value}};
    } else if (const auto* archived = std::get_if<messaging::ArchivedChats>(&*entry)) {
      items[ids[i]] = {shape::ArchiveLink{archived->with_fresh}};
    } else {
      items[ids[i]] = {shape::to_list_item(std::get<messaging::ChatSummary>(std::move(*entry)))};
    }
  }
  return items;
}

}  // namespace

void add_chat_list_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  table.push_back(method<&get_chatlist_entries>(
      "get_chatlist_entries",
      "The ids of chats: pinned first, then by last message; 6 stands for the archived ones.",
      read));
  table.push_back(method<&get_chatlist_items_by_entries>(
      "get_chatlist_items_by_entries",
      "What to show for some entries; one that fails is an item of kind Error.", read));
}

}  // namespace rpc
