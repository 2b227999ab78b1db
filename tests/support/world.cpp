#include "tests/support/world.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "messaging/mail/mail_transport.h"
#include "store/schema/migrations.h"

namespace test {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "edge-world-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::file(const std::string& name, const std::string& content) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void Network::attach(const std::string& url, peering::Mailroom& mailroom) {
  base::Lock lock(mutex_);
  places_[url].mailroom = &mailroom;
}

void Network::detach(const std::string& url) {
  base::Lock lock(mutex_);
  Place& place = places_[url];
  place.mailroom = nullptr;
  while (place.calls > 0) idle_.wait(mutex_);
}

void Network::set(Weather weather) {
  base::Lock lock(mutex_);
  weather_ = weather;
}

Weather Network::weather() const {
  base::Lock lock(mutex_);
  return weather_;
}

double Network::chance() {
  base::Lock lock(mutex_);
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

void Network::capture() {
  base::Lock lock(mutex_);
  capturing_ = true;
}

base::Bytes Network::captured() const {
  base::Lock lock(mutex_);
  return captured_;
}

std::size_t Network::deposits() const {
  base::Lock lock(mutex_);
  return deposits_;
}

void Network::hold(bool on) {
  std::map<std::uint64_t, std::function<void()>> held;
  {
    base::Lock lock(mutex_);
    holding_ = on;
    if (!on) held.swap(held_);
  }
  for (const auto& [id, deliver] : held) deliver();
}

std::uint64_t Network::newest_held(const std::string& sender) const {
  base::Lock lock(mutex_);
  const auto found = newest_held_.find(sender);
  return found == newest_held_.end() ? 0 : found->second;
}

std::uint64_t Network::held_after(const std::string& sender, std::uint64_t before) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  base::Lock lock(mutex_);
  while (newest_held_[sender] == before) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) FAIL(sender << " deposits nothing");
    kept_.wait_for(mutex_, left);
  }
  return newest_held_[sender];
}

void Network::release(std::uint64_t held) {
  std::function<void()> deliver;
  {
    base::Lock lock(mutex_);
    const auto found = held_.find(held);
    REQUIRE(found != held_.end());
    deliver = std::move(found->second);
    held_.erase(found);
  }
  deliver();
}

bool Network::keep(const std::string& sender, const std::function<void()>& deliver) {
  base::Lock lock(mutex_);
  if (!holding_) return false;
  held_[++last_held_] = deliver;
  newest_held_[sender] = last_held_;
  kept_.notify_all();
  return true;
}

bool Network::deliver(const std::string& url, peering::Arrival arrival,
                      base::Completion<peering::ArrivalReply> done) {
  peering::Mailroom* mailroom = nullptr;
  {
    base::Lock lock(mutex_);
    const auto found = places_.find(url);
    if (found == places_.end() || found->second.mailroom == nullptr) return false;
    mailroom = found->second.mailroom;
    ++found->second.calls;
    ++deposits_;
    if (capturing_) {
      captured_.insert(captured_.end(), arrival.mailbox.begin(), arrival.mailbox.end());
      captured_.insert(captured_.end(), arrival.body.begin(), arrival.body.end());
    }
  }
  mailroom->accept(std::move(arrival), std::move(done));
  base::Lock lock(mutex_);
  --places_[url].calls;
  idle_.notify_all();
  return true;
}

// The one answer of a deposit, which may be given by the other side or by close().
struct LossyTransport::Reply {
  explicit Reply(base::Completion<peering::DepositReply> d) : done(std::move(d)) {}
  // Under the lock, so that close() returns only after an answer that is being given.
  void give(peering::DepositReply reply) {
    base::Lock lock(mutex);
    if (done) done(reply);
  }
  base::Mutex mutex;
  base::Completion<peering::DepositReply> done GUARDED_BY(mutex);
};

LossyTransport::LossyTransport(Network& network, const base::Clock& clock, std::string sender)
    : network_(network), clock_(clock), sender_(std::move(sender)), thread_([this] { run(); }) {}

LossyTransport::~LossyTransport() { close(); }

void LossyTransport::deposit(peering::Deposit deposit,
                             base::Completion<peering::DepositReply> done) {
  auto reply = std::make_shared<Reply>(std::move(done));
  {
    base::Lock lock(mutex_);
    if (!closed_) {
      std::erase_if(open_, [](const auto& one) { return one.expired(); });
      open_.push_back(reply);
      jobs_.push_back({std::move(deposit), std::move(reply)});
      news_.notify_one();
      return;
    }
  }
  reply->give({});
}

void LossyTransport::close() {
  std::vector<std::weak_ptr<Reply>> open;
  std::deque<Job> dropped;
  {
    base::Lock lock(mutex_);
    closed_ = true;
    open.swap(open_);
    dropped.swap(jobs_);
    news_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (const auto& weak : open) {
    if (auto reply = weak.lock()) reply->give({});
  }
}

void LossyTransport::run() {
  for (;;) {
    Job job;
    {
      base::Lock lock(mutex_);
      while (jobs_.empty() && !closed_) news_.wait(mutex_);
      if (closed_) return;
      auto next = jobs_.begin();
      if (jobs_.size() > 1 && network_.weather().reorder) {
        next += static_cast<std::ptrdiff_t>(network_.chance() * static_cast<double>(jobs_.size()));
        if (next == jobs_.end()) next = jobs_.begin();
      }
      job = std::move(*next);
      jobs_.erase(next);
    }
    carry(std::move(job));
  }
}

void LossyTransport::carry(Job job) {
  const Weather weather = network_.weather();
  if (weather.cut || network_.chance() < weather.lose_request) return job.reply->give({});
  job.lose_reply = network_.chance() < weather.lose_reply;
  const bool twice = network_.chance() < weather.duplicate;
  if (twice) attempt(network_, clock_, {job.deposit, nullptr, false}, 0);
  const auto deliver = [&network = network_, &clock = clock_, job = std::move(job)] {
    if (!attempt(network, clock, job, 0)) job.reply->give({});
  };
  if (!network_.keep(sender_, deliver)) deliver();
}

// Passes the deposit on; proves it by the other side's clock on request, as over HTTP.
bool LossyTransport::attempt(Network& network, const base::Clock& clock, const Job& job,
                             base::Millis clock_offset) {
  peering::Arrival arrival{job.deposit.mailbox,
                           prove_deposit(job.deposit.token, job.deposit.mailbox,
                                         clock.now() + clock_offset, job.deposit.body),
                           job.deposit.body.bytes};
  const std::string url = job.deposit.urls.empty() ? "" : job.deposit.urls.front();
  auto answered = [&network, &clock, job,
                   clock_offset](base::Result<peering::ArrivalReply> result) {
    peering::DepositReply out;
    if (result && !job.lose_reply) {
      if (result->verdict == peering::ArrivalVerdict::clock && clock_offset == 0 &&
          attempt(network, clock, job, result->our_time - clock.now())) {
        return;
      }
      out = peering::reply_of(*result);
    }
    if (job.reply) job.reply->give(out);
  };
  return network.deliver(url, std::move(arrival), std::move(answered));
}

Peer::Peer(Network& network, base::ManualClock& clock, std::string name)
    : network_(network), clock_(clock), name_(std::move(name)) {
  start();
}

Peer::~Peer() { stop(); }

void Peer::start() {
  store::StoreOptions options;
  options.dir = dir_.path();
  options.migrations = store::migrations();
  options.clock = &clock_;
  auto opened = store::Store::open(std::move(options));
  if (!opened) FAIL("the store of " << name_ << " does not open: " << opened.error().message);
  store_ = *std::move(opened);
  transport_ = std::make_unique<LossyTransport>(network_, clock_, name_);
  kernel::EngineOptions engine;
  engine.profile = name_;
  engine.host = name_ + ".test";
  engine.public_urls = {url_};
  engine.version = "0.0.0";
  engine.paths.accounts_dir = dir_.path();
  auto made = Engine::open(*store_, *transport_, clock_, std::move(engine), mails_);
  if (!made) FAIL("the engine of " << name_ << " does not open: " << made.error().message);
  engine_ = *std::move(made);
  engine_->on_events([this](std::span<const Event> events) {
    base::Lock lock(mutex_);
    events_.insert(events_.end(), events.begin(), events.end());
  });
  if (device_ != nullptr) engine_->set_device(*device_);
  if (mails_ != nullptr && engine_->mail_receiver() != nullptr) {
    mails_->set_receiver(*engine_->mail_receiver());
  }
  attached_ = url_;
  network_.attach(attached_, *engine_);
  engine_->start();
}

void Peer::stop() {
  if (!engine_) return;
  network_.detach(attached_);
  engine_->stop();
  transport_->close();
  store_->stop();  // accepted writes use the engine
  engine_.reset();
  transport_.reset();
  store_.reset();
}

std::string Peer::invite() {
  auto link = answer<std::string>(
      [&](auto done) { engine_->securejoin().invite(kAccount, std::nullopt, std::move(done)); });
  if (!link) FAIL(link.error().message);
  return *link;
}

MsgId Peer::send(ChatId chat, const std::string& text) {
  MessageDraft draft;
  draft.text = text;
  return send(chat, draft);
}

MsgId Peer::send(ChatId chat, MessageDraft draft) {
  auto id = answer<MsgId>([&](auto done) {
    engine_->messages().send(kAccount, chat, std::move(draft), std::move(done));
  });
  if (!id) FAIL(id.error().message);
  return *id;
}

void Peer::mark_seen(std::vector<MsgId> messages) {
  auto done = answer<void>([&](auto completion) {
    engine_->messages().mark_seen(kAccount, std::move(messages), std::move(completion));
  });
  if (!done) FAIL(done.error().message);
}

Message Peer::message(MsgId id) {
  auto message = engine_->messages().get(kAccount, id);
  if (!message) FAIL(message.error().message);
  return *std::move(message);
}

std::vector<std::string> Peer::texts(ChatId chat) {
  auto items = engine_->messages().list(kAccount, chat, false, false);
  if (!items) FAIL(items.error().message);
  std::vector<std::string> texts;
  for (const ListItem& item : *items) {
    const auto shown = engine_->messages().get(kAccount, item.message);
    if (!shown && shown.error().code == base::Errc::not_found) continue;  // removed meanwhile
    if (!shown) FAIL(shown.error().message);
    if (!shown->is_info) texts.push_back(shown->text);
  }
  return texts;
}

std::optional<MsgId> Peer::find_text(const std::string& text) {
  const auto chats = engine_->chats().list(kAccount, {});
  if (!chats) FAIL(chats.error().message);
  for (const ChatId chat : *chats) {
    if (chat.value < kFirstId) continue;
    const auto items = engine_->messages().list(kAccount, chat, false, false);
    if (!items) continue;  // removed meanwhile
    for (const ListItem& item : *items) {
      const auto shown = engine_->messages().get(kAccount, item.message);
      if (shown && !shown->is_info && shown->text == text) return item.message;
    }
  }
  return std::nullopt;
}

std::vector<MsgId> Peer::search(const std::string& text, std::optional<ChatId> chat) {
  auto found = answer<std::vector<MsgId>>(
      [&](auto done) { engine_->messages().search(kAccount, text, chat, std::move(done)); });
  if (!found) FAIL(found.error().message);
  return *std::move(found);
}

ChatId Peer::chat_with_peer() {
  const auto chats = engine_->chats().list(kAccount, {});
  if (!chats) FAIL(chats.error().message);
  for (const ChatId id : *chats) {
    const auto chat = engine_->chats().get(kAccount, id);
    if (chat && chat->dm_contact && chat->dm_contact->value >= kFirstId) return id;
  }
  FAIL(name_ << " has no chat with a peer");
  return ChatId();
}

ChatId Peer::saved_messages() {
  const auto chat = engine_->chats().find_by_contact(kAccount, kSelf);
  if (!chat || !*chat) FAIL("there are no Saved messages");
  return **chat;
}

void Peer::set_config(const std::string& key, std::optional<std::string> value) {
  auto done = answer<void>([&](auto completion) {
    engine_->config().set(kAccount, {{key, std::move(value)}}, std::move(completion));
  });
  if (!done) FAIL(done.error().message);
}

namespace {

// Reads see a commit a moment before its events come.
void wait_for_answers(store::Store* store) {
  if (store != nullptr && !store->writer().on_writer_thread()) store->writer().flush();
}

}  // namespace

std::vector<Event> Peer::events() const {
  wait_for_answers(store_.get());
  base::Lock lock(mutex_);
  return events_;
}

void Peer::forget_events() {
  wait_for_answers(store_.get());
  base::Lock lock(mutex_);
  events_.clear();
}

World::World(unsigned seed)
    : network(seed), alice(network, clock, "alice"), bob(network, clock, "bob") {}

bool World::until(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    clock.advance(20);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

ChatId World::join(Peer& joiner, Peer& inviter) {
  const auto joined = [](const Peer& peer) { return peer.events_of<SecurejoinJoinerProgress>(); };
  const std::size_t before = joined(joiner).size();
  const std::size_t inviter_before = inviter.events_of<SecurejoinInviterProgress>().size();
  auto chat = answer<ChatId>([&, link = inviter.invite()](auto done) {
    joiner.engine().securejoin().join(Peer::kAccount, link, std::move(done));
  });
  if (!chat) FAIL(chat.error().message);
  const bool done = until([&] {
    const auto ours = joined(joiner);
    const auto theirs = inviter.events_of<SecurejoinInviterProgress>();
    return ours.size() > before && ours.back().progress == 1000 && theirs.size() > inviter_before &&
           theirs.back().progress == 1000;
  });
  if (!done) FAIL(joiner.name() << " did not get to join " << inviter.name());
  return *chat;
}

}  // namespace test
