#include "gateway/endpoints/ranged.h"

#include <charconv>

#include "gateway/http/range.h"

namespace gateway {
namespace {

template <class Id>
base::Result<Id> id_from(std::string_view name, std::string_view text) {
  typename Id::rep value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value == 0) {
    return base::fail(base::Errc::invalid_argument,
                      std::string(name) + ": expected an integer >= 1");
  }
  return Id(value);
}

// One part of an attachment as a body.
class AttachmentBody final : public BodySource {
 public:
  AttachmentBody(std::unique_ptr<messaging::AttachmentReader> reader, std::uint64_t from,
                 std::uint64_t size, std::function<base::Result<>()> go_on)
      : reader_(std::move(reader)), go_on_(std::move(go_on)), at_(from), size_(size) {}
  std::uint64_t size() const override { return size_; }
  base::Result<std::size_t> next(std::span<std::uint8_t> out) override {
    if (go_on_) EDGE_CHECK(go_on_());
    EDGE_TRY(const std::size_t got, reader_->read_at(at_, out));
    at_ += got;
    return got;
  }

 private:
  std::unique_ptr<messaging::AttachmentReader> reader_;
  std::function<base::Result<>()> go_on_;
  std::uint64_t at_;
  const std::uint64_t size_;
};

// Range is defined for GET alone (RFC 9110, 14.2).
std::optional<std::string_view> range_of(const Request& request) {
  return request.method() == "GET" ? request.head.field("Range") : std::nullopt;
}

// The values of all lines of a list, which mean the same as one (RFC 9110, 5.3).
std::optional<std::string> lines_of(const RequestHead& head, std::string_view name) {
  std::optional<std::string> all;
  head.for_each_field([&](std::string_view field, std::string_view value) {
    if (!equals_ignoring_case(field, name)) return;
    all = all ? *all + "," + std::string(value) : std::string(value);
  });
  return all;
}

}  // namespace

base::Result<base::AccountId> account_of(const Request& request, const rpc::Access& access) {
  base::AccountId account(1);
  // Ignored, it would show another account's file than was asked for.
  for (const std::string_view other : {"account", "accountId", "accountid", "account-id"}) {
    if (request.param(other)) {
      return base::fail(base::Errc::invalid_argument,
                        "'" + std::string(other) + "' is no option here; did you mean account_id?");
    }
  }
  if (const auto text = request.param("account_id")) {
    EDGE_TRY(account, id_from<base::AccountId>("account_id", *text));
  }
  if (access.may_see(account)) return account;
  return base::fail(base::Errc::forbidden,
                    "This API key lacks account " + std::to_string(account.value) + ".");
}

base::Result<base::MsgId> message_of(const Request& request) {
  return id_from<base::MsgId>("the message's id in the path", request.captures.at(0));
}

base::Error error_of_search(base::Error error, const Request& request) {
  if (error.code == base::Errc::not_found && !request.param("account_id")) {
    error.message += "; a message of another account needs ?account_id=NUMBER";
  }
  return error;
}

Response ranged_response(const Request& request, Response response,
                         std::unique_ptr<messaging::AttachmentReader> reader,
                         const std::string& etag, std::function<base::Result<>()> go_on) {
  const std::uint64_t total = reader->size();
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (!etag.empty()) response.headers.emplace_back("ETag", etag);
  const auto meant = lines_of(request.head, "If-Match");
  if (meant && !etag_matches(*meant, etag, EtagComparison::strong)) {
    return Response::error(412, "The file is another than If-Match names.")
        .with_header("ETag", etag);
  }
  const auto known = lines_of(request.head, "If-None-Match");
  if (known && !etag.empty() && etag_matches(*known, etag, EtagComparison::weak)) {
    response.status = 304;
    return response;
  }
  const RangeChoice choice =
      choose_range(range_of(request), request.head.field("If-Range"), etag, total);
  if (choice.verdict == RangeVerdict::unsatisfiable) {
    return Response::error(416, "The file has " + std::to_string(total) + " bytes.")
        .with_header("Content-Range", "bytes */" + std::to_string(total));
  }
  ByteRange range{0, total == 0 ? 0 : total - 1};
  std::uint64_t size = total;
  if (choice.verdict == RangeVerdict::part) {
    range = choice.range;
    size = range.size();
    response.status = 206;
    response.headers.emplace_back("Content-Range", range.content_range(total));
  }
  response.source =
      std::make_unique<AttachmentBody>(std::move(reader), range.first, size, std::move(go_on));
  return response;
}

}  // namespace gateway
