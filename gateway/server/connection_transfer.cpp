// Connection, the part about bodies that do not fit into memory: see transfer.h.
#include "base/log.h"
#include "gateway/server/connection.h"
#include "gateway/server/partial_request.h"
#include "gateway/server/transfer.h"

namespace gateway {
namespace {

Response busy() {
  return Response::error(503, "Too many requests wait. Try again in a second.")
      .with_header("Retry-After", "1");
}

}  // namespace

void Connection::request_download_chunk() {
  DownloadState& download = *download_;
  if (download.busy || out_.size() >= kTransferChunk) return;
  if (download.left == 0) return finish_answer();
  download.busy = true;
  base::UniqueFunction<void()> work = [state = download_, left = download.left,
                                       exchange = exchange_]() mutable {
    auto chunk = read_chunk(*state->source, left);
    exchange->with_connection([chunk = std::move(chunk)](Connection& connection) mutable {
      connection.on_download_chunk(std::move(chunk));
    });
  };
  if (!submit_rest(std::move(work))) close();  // its length can no longer be kept
}

void Connection::on_download_chunk(base::Result<std::string> chunk) {
  if (!chunk) {
    base::log::warning("A download broke off: {}", chunk.error().message);
    return close();
  }
  download_->busy = false;
  download_->left -= chunk->size();
  if (out_.empty()) write_since_ = context_.loop.now();
  out_.append_body(std::move(*chunk));
  pump();
}

void Connection::open_upload() {
  phase_ = Phase::running;
  exchange_ = make_exchange();
  upload_ = std::make_shared<UploadState>();
  const Route& route = *partial_->route;
  // The decoder stays here and needs nothing of the request.
  base::UniqueFunction<void()> work = [router = context_.router, &route,
                                       request = std::move(partial_->request),
                                       exchange = exchange_]() mutable {
    base::Result<std::unique_ptr<BodySink>> sink = router->open_upload(route, request);
    exchange->with_connection([sink = std::move(sink)](Connection& connection) mutable {
      connection.on_upload_open(std::move(sink));
    });
  };
  if (!submit(std::move(work))) reject(busy());
}

void Connection::on_upload_open(base::Result<std::unique_ptr<BodySink>> sink) {
  if (!sink) {
    Response response = Response::error(sink.error());
    response.close = true;
    linger_after_flush_ = true;
    write(std::move(response));
    return pump();
  }
  upload_->sink = std::move(*sink);
  phase_ = Phase::upload;
  since_ = context_.loop.now();
  if (partial_->expects_continue && pending().empty()) {
    if (out_.empty()) write_since_ = since_;
    out_.tail().append("HTTP/1.1 100 Continue\r\n\r\n");
  }
  pump();
}

Connection::Progress Connection::step_upload() {
  UploadState& upload = *upload_;
  if (!upload.ended && upload.chunk.size() < kTransferChunk) {
    BodyDecoder& decoder = partial_->decoder;
    const auto fed = decoder.feed(pending(), upload.chunk, kTransferChunk - upload.chunk.size());
    consume(fed.used);
    if (fed.state == BodyDecoder::State::refused) {
      refuse(decoder.error());
      return Progress::made;
    }
    upload.ended = fed.state == BodyDecoder::State::done;
    if (partial_->progressed()) since_ = context_.loop.now();
  }
  if (!upload.busy && (!upload.chunk.empty() || upload.ended)) submit_upload_chunk();
  if (phase_ != Phase::upload) return Progress::made;
  const bool room = !upload.ended && upload.chunk.size() < kTransferChunk;
  if (!room) return Progress::wait;
  return pending().empty() ? Progress::need_input : Progress::made;
}

// Passes the workers the received bytes or, after the last of them, the end.
void Connection::submit_upload_chunk() {
  base::UniqueFunction<void()> work;
  if (upload_->chunk.empty()) {
    phase_ = Phase::running;
    since_ = context_.loop.now();
    work = [upload = std::move(upload_), responder = Responder(exchange_)]() mutable {
      upload->sink->finish(std::move(responder));
    };
  } else {
    upload_->busy = true;
    work = [upload = upload_, exchange = exchange_, chunk = std::exchange(upload_->chunk, {})] {
      base::Result<> result = upload->sink->write(base::as_bytes(chunk));
      exchange->with_connection([result = std::move(result)](Connection& connection) mutable {
        connection.on_upload_written(std::move(result));
      });
    };
  }
  const auto exchange = exchange_;
  if (!submit_rest(std::move(work))) {
    linger_after_flush_ = true;
    phase_ = Phase::running;
    Response response = busy();
    response.close = true;
    exchange->answer(std::move(response));
  }
}

// An upload that broke off deletes its file: not on this thread.
void Connection::drop_upload() {
  if (upload_) context_.workers.submit_rest(party_, [upload = std::move(upload_)] {});
  upload_.reset();
}

void Connection::on_upload_written(base::Result<> result) {
  if (phase_ != Phase::upload) return;
  upload_->busy = false;
  since_ = context_.loop.now();
  if (!result) {
    Response response = Response::error(result.error());
    response.close = true;
    linger_after_flush_ = true;
    consume(pending().size());
    write(std::move(response));
  }
  pump();
}

}  // namespace gateway
