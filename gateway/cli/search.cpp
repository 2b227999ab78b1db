#include "gateway/cli/search.h"

#include <algorithm>

#include "gateway/cli/lines.h"
#include "gateway/cli/print.h"
#include "gateway/cli/whom.h"

namespace gateway::cli {

base::Result<Json> lines_of_messages(const Context& context, const Json& ids) {
  EDGE_TRY(const Json results,
           context.client.call("message_ids_to_search_results", {context.account, ids}));
  Json ordered = Json::array();
  for (const Json& id : ids) {
    if (results.contains(id.dump())) ordered.push_back(results[id.dump()]);
  }
  return ordered;
}

std::string message_table(const Json& lines) {
  std::vector<Cells> rows;
  for (const Json& one : lines) {
    rows.push_back({one.value("id", Json()).dump(), local_time(one.value("timestamp", 0LL)),
                    plain(one.value("chatName", "")), plain(one.value("authorName", "")),
                    shortened(plain(one.value("message", "")))});
  }
  return table({"MESSAGE", "TIME", "CHAT", "FROM", "TEXT"}, rows);
}

base::Result<> search(const Context& context, const SearchRequest& request) {
  Json chat;
  if (!request.chat.empty()) {
    EDGE_TRY(chat, chat_of(context, request.chat));
  }
  EDGE_TRY(Json ids, context.client.call("search_messages", {context.account, request.text, chat}));
  const std::size_t found = ids.size();
  // In one chat the newest is the last.
  if (!chat.is_null()) std::reverse(ids.begin(), ids.end());
  if (found > request.most)
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(request.most), ids.end());
  EDGE_TRY(const Json ordered, lines_of_messages(context, ids));
  if (context.json) {
    print_json(ordered);
    return {};
  }
  if (ordered.empty()) {
    print("no message holds '" + plain(request.text) + "'");
    return {};
  }
  print(message_table(ordered));
  if (found > request.most) {
    print("the newest " + std::to_string(request.most) + " of " + std::to_string(found) +
          "; --last N shows more");
  }
  return {};
}

}  // namespace gateway::cli
