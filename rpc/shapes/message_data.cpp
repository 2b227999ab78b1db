#include "rpc/shapes/message_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rpc::shape {

base::Result<messaging::MessageDraft> to_draft(MessageData data) {
  if (!data.text && data.file.value_or("").empty() && !data.location) {
    const std::string ignored =
        data.ignored.empty() ? "" : fmt::format("; ignored: {}", fmt::join(data.ignored, ", "));
    const char* html = data.html ? "; html is not sent, put what it says into text" : "";
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format("data: a message needs text, file or location{}{}", html, ignored));
  }
  messaging::MessageDraft draft;
  draft.text = std::move(data.text).value_or("");
  draft.file = std::move(data.file).value_or("");
  draft.file_name = std::move(data.filename).value_or("");
  draft.sender_name = std::move(data.override_sender_name).value_or("");
  draft.quoted_text = std::move(data.quoted_text).value_or("");
  draft.quoted = data.quoted_message_id;
  draft.type = data.viewtype;
  if (data.location) draft.location = std::pair((*data.location)[0], (*data.location)[1]);
  return draft;
}

}  // namespace rpc::shape
