// A file as an answer: whole, in part (Range, If-Range, HEAD) or not at all (416, 304), produced
// while it is sent.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/ids.h"
#include "gateway/http/message.h"
#include "messaging/model/attachment.h"

namespace gateway {

// `response` has the content type and whatever else the endpoint says of the file; `etag` is quoted
// and strong, or "". `go_on` is asked before each piece, on a worker; empty: always.
Response ranged_response(const Request& request, Response response,
                         std::unique_ptr<messaging::AttachmentReader> reader,
                         const std::string& etag, std::function<base::Result<>()> go_on = {});

// An id of the path or the query: "account_id: expected an integer >= 1".
// Only an account that the caller's key may see.
base::Result<base::AccountId> account_of(const Request& request, const rpc::Access& access);
base::Result<base::MsgId> message_of(const Request& request);  // the path's first part
// The error of looking for that message; if the request names no account, with how it could.
base::Error error_of_search(base::Error error, const Request& request);

}  // namespace gateway
