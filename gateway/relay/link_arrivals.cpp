#include "gateway/relay/link_arrivals.h"

#include <algorithm>
#include <utility>

#include "gateway/relay/wire.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxQueued = 16 * 1024 * 1024;  // the relay's window is 4 MiB
constexpr std::size_t kBatchBytes = 2 * 1024 * 1024;
constexpr std::size_t kBatchEnvelopes = 512;
constexpr std::size_t kMaxPendingAcks = 64 * 1024;  // over it: those envelopes come again

}  // namespace

LinkArrivals::LinkArrivals(EventLoop& loop, WorkerPool& workers,
                           messaging::peering::Relayed& relayed, base::AccountId account,
                           BatchDone batch_done)
    : loop_(loop),
      workers_(workers),
      relayed_(relayed),
      account_(account),
      batch_done_(std::move(batch_done)) {}

LinkArrivals::~LinkArrivals() { *alive_ = false; }

void LinkArrivals::add(EnvelopeFrame frame) {
  bytes_ += frame.envelope.size();
  queue_.push_back(std::move(frame));
}

bool LinkArrivals::full() const { return bytes_ > kMaxQueued; }

void LinkArrivals::clear() {
  queue_.clear();
  bytes_ = 0;
}

bool LinkArrivals::pass_on(std::uint64_t connection) {
  if (passing_ || queue_.empty()) return true;
  std::vector<messaging::peering::RelayedEnvelope> envelopes;
  std::vector<std::int64_t> ids;
  std::size_t bytes = 0;
  while (!queue_.empty() && bytes < kBatchBytes && ids.size() < kBatchEnvelopes) {
    EnvelopeFrame& frame = queue_.front();
    bytes += frame.envelope.size();
    ids.push_back(frame.id);
    envelopes.push_back({frame.key_id, std::move(frame.envelope)});
    queue_.pop_front();
  }
  bytes_ -= bytes;
  auto work = [relayed = &relayed_, &loop = loop_, account = account_,
               envelopes = std::move(envelopes), ids = std::move(ids), alive = alive_, this,
               connection]() mutable {
    relayed->accept(account, std::move(envelopes),
                    [&loop, ids = std::move(ids), alive, this,
                     connection](const base::Result<bool>& stored) mutable {
                      const bool good = stored.ok() && *stored;
                      loop.post([ids = std::move(ids), alive, this, good, connection]() mutable {
                        if (*alive) batch_ended(std::move(ids), good, connection);
                      });
                    });
  };
  passing_ = workers_.submit_rest("", std::move(work));
  return passing_;
}

void LinkArrivals::batch_ended(std::vector<std::int64_t> ids, bool stored,
                               std::uint64_t connection) {
  passing_ = false;
  if (stored) {
    if (stored_.size() > kMaxPendingAcks) stored_.clear();
    stored_.insert(stored_.end(), ids.begin(), ids.end());
  }
  batch_done_(stored, connection);
}

std::vector<std::int64_t> LinkArrivals::take_acks() {
  const std::size_t count = std::min(stored_.size(), kMaxAcks);
  const auto end = stored_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<std::int64_t> ids(stored_.begin(), end);
  stored_.erase(stored_.begin(), end);
  return ids;
}

}  // namespace gateway
