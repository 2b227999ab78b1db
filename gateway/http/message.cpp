#include "gateway/http/message.h"

#include <nlohmann/json.hpp>

namespace gateway {

Response Response::json(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  response.content_type.clear();
  return response;
}

Response Response::error(int status, std::string_view message) {
  const nlohmann::json body{{"error", std::string(message)}};
  using Handling = nlohmann::json::error_handler_t;
  return json(body.dump(-1, ' ', false, Handling::replace) + "\n", status);
}

Response Response::error(const base::Error& error) {
  // The text of an internal error stays out of the answer: the code that made it logs it.
  if (error.code == base::Errc::internal)
    return Response::error(500, "Internal error; see the log.");
  return Response::error(status_of(error.code), error.message);
}

Response Response::with_header(std::string name, std::string value) && {
  headers.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

int status_of(base::Errc code) {
  switch (code) {
    case base::Errc::invalid_argument:
      return 400;
    case base::Errc::not_found:
      return 404;
    case base::Errc::already_exists:
      return 409;
    case base::Errc::forbidden:
      return 403;
    case base::Errc::unavailable:
      return 503;
    case base::Errc::too_large:
      return 413;
    case base::Errc::exhausted:
      return 507;
    case base::Errc::gone:
      return 410;
    case base::Errc::license_required:
      return 402;
    case base::Errc::sealed:
    case base::Errc::corrupt:
    case base::Errc::io:
    case base::Errc::internal:
      return 500;
  }
  return 500;
}

}  // namespace gateway
