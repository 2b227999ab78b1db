// ChatCommands: device commands from chats (docs/commands.md, "From a chat"): contacts' requests
// are decided upon, run and answered. Without a list of commands every request is answered with
// `unauthorized`.
//
// A request is run at most once: its beginning is durable before its command starts. A request that
// a start finds begun was interrupted, which is its answer. At most kMostOpen requests of a chat
// run at once.
//
// Any thread; made before the engine starts, and outlives it and the workers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "gateway/commands/chat_decision.h"
#include "gateway/commands/chat_text.h"
#include "gateway/commands/command_service.h"
#include "gateway/loop/worker_pool.h"
#include "messaging/api/engine.h"
#include "messaging/kernel/device.h"

namespace gateway::commands {

struct ChatCommandOptions {
  std::string version;  // of the daemon, for manifests and `status`
  // Whether a file may be protected: without a license output goes as text.
  std::function<base::Result<>()> may_protect = [] { return base::Result<>(); };
};

class ChatCommands final : public messaging::kernel::Device {
 public:
  static constexpr std::size_t kMostOpen = 3;          // unanswered requests of a chat
  static constexpr std::size_t kMostText = 32 * 1024;  // bytes of output in an answer
  static constexpr std::size_t kAutoText = 4 * 1024;   // longer output of `auto` is a file

  // `service` is null without a list of commands.
  ChatCommands(messaging::Engine& engine, CommandService* service, WorkerPool& workers,
               const base::Clock& clock, ChatCommandOptions options);

  // Handles requests from before the start, and those that were interrupted. Call once, after the
  // engine's start.
  void start();

  messaging::kernel::DeviceText kind_of(std::string_view text) const override;
  std::optional<messaging::DeviceManifest> manifest_for(
      const messaging::kernel::DeviceContact& contact) const override;
  void request_waits(base::AccountId account) override;

 private:
  struct Job;
  using JobPtr = std::shared_ptr<Job>;
  using Key = std::pair<base::AccountId, base::MsgId>;

  void look(base::AccountId account);
  void take(base::AccountId account, const messaging::OpenRequest& open);
  void decide(const JobPtr& job);
  void refuse(const JobPtr& job, ChatRefusal refusal);
  void begin(const JobPtr& job, CommandMatch match);
  void run(const JobPtr& job, const CommandMatch& match);
  void finish(const JobPtr& job, const std::string& run);
  void finish_as_file(const JobPtr& job, ChatAnswer answer, const RunRecord& record);
  void answer(const JobPtr& job, const ChatAnswer& answer, std::string file = {});
  void end(const JobPtr& job, std::optional<messaging::MessageDraft> draft);
  bool enter_chat(const Job& job);
  void later(base::UniqueFunction<void()> work);

  messaging::Engine& engine_;
  CommandService* const service_;
  WorkerPool& workers_;
  const base::Clock& clock_;
  const base::Millis started_;
  const ChatCommandOptions options_;
  base::Mutex mutex_;
  std::set<Key> taken_ GUARDED_BY(mutex_);  // requests under way here
  std::set<base::AccountId> looking_ GUARDED_BY(mutex_);
  std::map<std::pair<base::AccountId, base::ChatId>, std::size_t> open_ GUARDED_BY(mutex_);
};

}  // namespace gateway::commands
