#include "gateway/commands/chat_commands.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/log.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::Result;
using messaging::DeviceManifest;
using messaging::MessageDraft;

std::string platform() {
  utsname names{};
  if (uname(&names) != 0) return "";
  return fmt::format("{} {}", names.sysname, names.machine);
}

ContactCaller caller_of(const messaging::kernel::DeviceContact& contact) {
  return {.fingerprint = contact.fingerprint, .groups = contact.groups};
}

std::string spoken(base::Millis span) {
  const auto seconds = span / 1000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 86'400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86'400, seconds / 3600 % 24);
}

// "" for a successful run.
std::string failure_of(const RunRecord& record) {
  if (!record.outcome) return "its end is not known";
  const RunEnd& end = record.outcome->end;
  if (record.outcome->kind == RunOutcome::Kind::interrupted) {
    return "the device stopped while the command ran, which ended it";
  }
  if (end.why == RunEnd::Why::exited && end.exit_code == 0 && !end.signal) return "";
  if (!end.message.empty()) return end.message;
  if (end.signal) return "it was ended by " + signal_name(*end.signal);
  return fmt::format("exit code {}", end.exit_code.value_or(-1));
}

ChatAnswer failed(std::string message, std::string status = "failed") {
  ChatAnswer answer;
  answer.status = std::move(status);
  answer.message = std::move(message);
  return answer;
}

}  // namespace

struct ChatCommands::Job {
  base::AccountId account;
  messaging::DeviceRequest asked;
  ChatRequest request;
  bool counted = false;  // in open_
  OutputMode output_mode = OutputMode::text;

  Key key() const { return {account, asked.open.message}; }
  std::string caller() const { return "contact:" + asked.contact.fingerprint; }
};

ChatCommands::ChatCommands(messaging::Engine& engine, CommandService* service, WorkerPool& workers,
                           const base::Clock& clock, ChatCommandOptions options)
    : engine_(engine),
      service_(service),
      workers_(workers),
      clock_(clock),
      started_(clock.uptime()),
      options_(std::move(options)) {}

messaging::kernel::DeviceText ChatCommands::kind_of(std::string_view text) const {
  return kind_of_chat_text(text, service_ != nullptr);
}

std::optional<DeviceManifest> ChatCommands::manifest_for(
    const messaging::kernel::DeviceContact& contact) const {
  if (service_ == nullptr) return std::nullopt;
  const auto list = service_->list();
  DeviceManifest out;
  out.commands = commands_for(*list, caller_of(contact));
  if (out.commands.empty()) return std::nullopt;
  out.commands_enabled = true;
  out.platform = platform();
  out.edge_version = options_.version;
  return out;
}

void ChatCommands::later(base::UniqueFunction<void()> work) {
  // Refused when the daemon stops: what was begun is answered as interrupted at the next start.
  (void)workers_.submit_rest("", std::move(work));
}

void ChatCommands::start() {
  for (const base::AccountId account : engine_.device_requests().accounts()) {
    request_waits(account);
  }
}

void ChatCommands::request_waits(base::AccountId account) {
  {
    base::Lock lock(mutex_);
    if (!looking_.insert(account).second) return;
  }
  later([this, account] { look(account); });
}

void ChatCommands::look(base::AccountId account) {
  {
    base::Lock lock(mutex_);
    looking_.erase(account);  // later notices cause another search
  }
  const auto open = engine_.device_requests().open(account);
  if (!open) {
    base::log::warning("account {}: requests for commands were not read: {}", account.value,
                       open.error().message);
    return;
  }
  for (const messaging::OpenRequest& request : *open) take(account, request);
}

void ChatCommands::take(base::AccountId account, const messaging::OpenRequest& open) {
  {
    base::Lock lock(mutex_);
    if (!taken_.insert({account, open.message}).second) return;
  }
  auto job = std::make_shared<Job>();
  job->account = account;
  job->asked.open = open;
  auto asked = engine_.device_requests().load(account, open.message);
  if (!asked) {
    if (asked.error().code != Errc::not_found) {
      base::log::warning("account {}: a request for a command is not readable: {}", account.value,
                         asked.error().message);
    }
    return end(job, std::nullopt);
  }
  job->asked = *std::move(asked);
  decide(job);
}

void ChatCommands::decide(const JobPtr& job) {
  ReadChatRequest read = read_chat_request(job->asked.text);
  job->request = std::move(read.request);
  const auto list = service_ != nullptr ? service_->list() : nullptr;
  const ContactCaller caller = caller_of(job->asked.contact);
  if (read.wrong) {
    // Plain text of a contact that may run nothing is no request. A request without an id could not
    // be matched with its answer.
    const bool asked = job->request.id || (job->asked.text.starts_with('/') && list != nullptr &&
                                           may_run_any(*list, caller));
    if (!asked) return end(job, std::nullopt);
    return answer(job, failed(read.wrong->message));
  }
  if (job->asked.open.begun) {
    return answer(job, failed("the device stopped while the command ran; it is not run again",
                              "interrupted"));
  }
  ChatDecision decision = decide_chat_request(list.get(), caller, job->request);
  if (const auto* none = std::get_if<NoRequest>(&decision)) {
    if (none->attempt) {
      service_->note_chat_refusal(job->caller(), job->asked.contact_name, job->asked.text,
                                  Refusal::not_allowed, "The contact may run no commands.");
    }
    return end(job, std::nullopt);
  }
  if (auto* refusal = std::get_if<ChatRefusal>(&decision)) return refuse(job, std::move(*refusal));
  if (const auto* own = std::get_if<BuiltIn>(&decision)) {
    ChatAnswer out;
    out.output = own->which == BuiltIn::Which::help
                     ? help_text(*list, caller)
                     : fmt::format("privitty-edged {} on {}\nUptime: {}\nCommands running: {}",
                                   options_.version, platform(), spoken(clock_.uptime() - started_),
                                   service_->figures().running);
    return answer(job, out);
  }
  begin(job, std::move(std::get<CommandMatch>(decision)));
}

void ChatCommands::refuse(const JobPtr& job, ChatRefusal refusal) {
  const bool obsolete = refusal.answer.status == "obsolete";
  if (service_ != nullptr) {
    const Refusal why = refusal.attempt || obsolete ? Refusal::not_allowed : Refusal::wrong;
    service_->note_chat_refusal(job->caller(), job->asked.contact_name, job->asked.text, why,
                                refusal.answer.message);
  }
  // The decision used a list that is no longer in force.
  if (obsolete) {
    engine_.device_manifests().send(job->account, job->asked.open.contact, true);
  }
  answer(job, refusal.answer);
}

bool ChatCommands::enter_chat(const Job& job) {
  base::Lock lock(mutex_);
  std::size_t& open = open_[{job.account, job.asked.open.chat}];
  if (open >= kMostOpen) return false;
  ++open;
  return true;
}

// Checks its name before the chat's limit: a repeated request gets no answer of its own.
void ChatCommands::begin(const JobPtr& job, CommandMatch match) {
  job->output_mode = match.command->output_mode;
  engine_.device_requests().begin(
      job->account, job->asked.open.message, job->request.id,
      [this, job, match = std::move(match)](Result<messaging::RequestBegin> begun) mutable {
        if (!begun) {
          base::log::warning("account {}: a request for a command was not begun: {}",
                             job->account.value, begun.error().message);
          return answer(job, failed("the device cannot record it, so it is not run"));
        }
        // The first request of its name is answered, or will be.
        if (*begun == messaging::RequestBegin::repeated) return end(job, std::nullopt);
        later([this, job, match = std::move(match)] { run(job, match); });
      });
}

void ChatCommands::run(const JobPtr& job, const CommandMatch& match) {
  if (!enter_chat(*job)) {
    return answer(job, failed(fmt::format("{} requests of this chat are not answered yet; wait for "
                                          "one of them",
                                          kMostOpen),
                              "busy"));
  }
  job->counted = true;
  auto started = service_->run_for_contact(
      job->caller(), match, job->asked.text,
      [this, job](const std::string& run) { later([this, job, run] { finish(job, run); }); });
  if (started) return;
  const Errc code = started.error().code;
  const bool busy = code == Errc::already_exists || code == Errc::exhausted;
  answer(job, failed(started.error().message, busy ? "busy" : "failed"));
}

void ChatCommands::finish(const JobPtr& job, const std::string& run) {
  const auto record = service_->find_record(run);
  if (!record) return answer(job, failed("its record is no longer kept"));
  ChatAnswer out;
  out.message = failure_of(*record);
  if (!out.message.empty()) {
    const bool interrupted =
        record->outcome && record->outcome->kind == RunOutcome::Kind::interrupted;
    out.status = interrupted ? "interrupted" : "failed";
  }
  auto head = read_output_head(service_->read_output(*record), kMostText);
  if (!head) return answer(job, failed("its output cannot be read: " + head.error().message));
  const bool is_long = !head->whole || head->text.size() > kAutoText;
  const bool as_file = job->output_mode == OutputMode::file ||
                       (job->output_mode == OutputMode::automatic && is_long);
  if (as_file) return finish_as_file(job, std::move(out), *record);
  out.output = std::move(head->text);
  if (!head->whole) out.output += "\n… (the rest is longer than a message may be)";
  answer(job, out);
}

void ChatCommands::finish_as_file(const JobPtr& job, ChatAnswer out, const RunRecord& record) {
  const auto fail_with = [this, job, out](const base::Error& error) {
    ChatAnswer failure = out;
    failure.message += failure.message.empty() ? "" : "; ";
    failure.message += "its output could not be sent as a file: " + error.message;
    failure.status = "failed";
    answer(job, failure);
  };
  if (const auto may = options_.may_protect(); !may) return fail_with(may.error());
  auto reader = service_->open_output(record);
  if (!reader) return fail_with(reader.error());
  messaging::ProtectStream request{.chat = job->asked.open.chat,
                                   .peer = job->asked.open.contact,
                                   .name = record.row + "-" + record.id + ".txt",
                                   .plain = *std::move(reader),
                                   .allow_download = true};
  engine_.protected_files().protect_stream(
      job->account, std::move(request),
      [this, job, out = std::move(out), fail_with](Result<messaging::ProtectedPath> made) mutable {
        if (!made) return fail_with(made.error());
        out.output_mode = "file";
        answer(job, out, std::move(made->encrypted_path));
      });
}

void ChatCommands::answer(const JobPtr& job, const ChatAnswer& answer, std::string file) {
  MessageDraft draft;
  draft.text = answer_text(job->request, answer);
  draft.file = std::move(file);
  if (!job->request.id) draft.quoted = job->asked.open.message;
  end(job, std::move(draft));
}

void ChatCommands::end(const JobPtr& job, std::optional<MessageDraft> draft) {
  engine_.device_requests().end(
      job->account, job->asked.open.message, std::move(draft), [this, job](Result<> ended) {
        if (!ended) {
          base::log::warning("account {}: a request for a command was not answered: {}",
                             job->account.value, ended.error().message);
        }
        base::Lock lock(mutex_);
        taken_.erase(job->key());
        if (!std::exchange(job->counted, false)) return;
        const auto open = open_.find({job->account, job->asked.open.chat});
        if (--open->second == 0) open_.erase(open);
      });
}

}  // namespace gateway::commands
