#include <charconv>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "gateway/endpoints/endpoints.h"
#include "gateway/http/disposition.h"
#include "gateway/http/range.h"

namespace gateway {
namespace {

using base::Errc;

template <class Id>
base::Result<Id> id_from(std::string_view name, std::string_view text) {
  typename Id::rep value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value == 0) {
    return base::fail(Errc::invalid_argument, std::string(name) + ": expected an integer >= 1");
  }
  return Id(value);
}

base::Result<base::AccountId> account_of(const Request& request) {
  base::AccountId account(1);
  if (const auto text = request.param("account_id")) {
    EDGE_TRY(account, id_from<base::AccountId>("account_id", *text));
  }
  if (!request.access->may_see(account)) {
    return base::fail(Errc::forbidden,
                      "This API key lacks account " + std::to_string(account.value) + ".");
  }
  return account;
}

// One part of an attachment as a body.
class AttachmentBody final : public BodySource {
 public:
  AttachmentBody(std::unique_ptr<messaging::AttachmentReader> reader, std::uint64_t from,
                 std::uint64_t size)
      : reader_(std::move(reader)), at_(from), size_(size) {}
  std::uint64_t size() const override { return size_; }
  base::Result<std::size_t> next(std::span<std::uint8_t> out) override {
    EDGE_TRY(const std::size_t got, reader_->read_at(at_, out));
    at_ += got;
    return got;
  }

 private:
  std::unique_ptr<messaging::AttachmentReader> reader_;
  std::uint64_t at_;
  const std::uint64_t size_;
};

// Range is defined for GET alone (RFC 9110, 14.2).
std::optional<std::string_view> range_of(const Request& request) {
  return request.method() == "GET" ? request.head.field("Range") : std::nullopt;
}

base::Result<Response> download(const FileFunctions& files, const Request& request) {
  EDGE_TRY(const auto account, account_of(request));
  EDGE_TRY(const auto message,
           id_from<base::MsgId>("the message's id in the path", request.captures.at(0)));
  EDGE_TRY(messaging::Attachment file, files.open(account, message));
  const std::uint64_t total = file.reader->size();

  Response response;
  response.content_type = file.media_type.empty() ? "application/octet-stream" : file.media_type;
  // Whatever a stranger sent is saved, never shown as a page of this origin.
  response.headers = {{"Content-Disposition", attachment_disposition(file.name)},
                      {"Accept-Ranges", "bytes"},
                      {"Cache-Control", "private, no-cache"},
                      {"Content-Security-Policy", "sandbox; default-src 'none'"}};
  if (!file.etag.empty()) response.headers.emplace_back("ETag", file.etag);
  if (const auto known = request.head.field("If-None-Match");
      known && !file.etag.empty() && etag_matches(*known, file.etag)) {
    response.status = 304;
    return response;
  }
  const RangeChoice choice =
      choose_range(range_of(request), request.head.field("If-Range"), file.etag, total);
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
  response.source = std::make_unique<AttachmentBody>(std::move(file.reader), range.first, size);
  return response;
}

class UploadSink final : public BodySink {
 public:
  explicit UploadSink(std::unique_ptr<messaging::Upload> upload) : upload_(std::move(upload)) {}
  base::Result<> write(base::ByteView bytes) override { return upload_->append(bytes); }
  void finish(Responder responder) override {
    upload_->finish([responder = std::move(responder)](base::Result<std::string> path) mutable {
      if (!path) return responder.answer(Response::error(path.error()));
      const nlohmann::json body{{"path", *path}};
      responder.answer(Response::json(body.dump() + "\n"));
    });
  }

 private:
  std::unique_ptr<messaging::Upload> upload_;
};

}  // namespace

void add_file_endpoint(RouteTable& routes, FileFunctions files) {
  Route get;
  get.method = "GET";
  get.path = "/file/:msg_id";
  get.scope = rpc::Scope::read;
  get.handle = [files](Request request, Responder responder) {
    auto response = download(files, request);
    responder.answer(response ? std::move(*response) : Response::error(response.error()));
  };
  routes.add(std::move(get));

  Route post;
  post.method = "POST";
  post.path = "/file";
  post.scope = rpc::Scope::write;
  post.upload = [files](const Request& request) -> base::Result<std::unique_ptr<BodySink>> {
    EDGE_TRY(const auto account, account_of(request));
    const auto name = request.param("name");
    if (!name || name->empty()) {
      return base::fail(Errc::invalid_argument,
                        "name: expected the file's name, as in POST /file?name=a.pdf");
    }
    EDGE_TRY(auto upload, files.begin(account, *name));
    return std::unique_ptr<BodySink>(std::make_unique<UploadSink>(std::move(upload)));
  };
  routes.add(std::move(post));
}

}  // namespace gateway
