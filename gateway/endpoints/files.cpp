#include <nlohmann/json.hpp>

#include "gateway/endpoints/endpoints.h"
#include "gateway/endpoints/ranged.h"
#include "gateway/http/disposition.h"

namespace gateway {
namespace {

using base::Errc;

base::Result<Response> download(const FileFunctions& files, const Request& request) {
  EDGE_TRY(const auto account, account_of(request, *request.access));
  EDGE_TRY(const auto message, message_of(request));
  auto opened = files.open(account, message);
  if (!opened) return error_of_search(std::move(opened).error(), request);
  messaging::Attachment& file = *opened;

  Response response;
  response.content_type = file.media_type.empty() ? "application/octet-stream" : file.media_type;
  // Whatever a stranger sent is saved, never shown as a page of this origin.
  response.headers = {{"Content-Disposition", attachment_disposition(file.name)},
                      {"Cache-Control", "private, no-cache"},
                      {"Content-Security-Policy", "sandbox; default-src 'none'"}};
  return ranged_response(request, std::move(response), std::move(file.reader), file.etag);
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
  get.scope = rpc::KeyScope::read;
  get.handle = [files](Request request, Responder responder) {
    auto response = download(files, request);
    responder.answer(response ? std::move(*response) : Response::error(response.error()));
  };
  routes.add(std::move(get));

  Route post;
  post.method = "POST";
  post.path = "/file";
  post.scope = rpc::KeyScope::write;
  post.bytes_only = true;
  post.upload = [files](const Request& request) -> base::Result<std::unique_ptr<BodySink>> {
    EDGE_TRY(const auto account, account_of(request, *request.access));
    if (request.head.field("Content-Range")) {  // curl -C, and uploads in pieces
      return base::fail(Errc::invalid_argument,
                        "Content-Range: a part of a file cannot be stored; send the whole file");
    }
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
