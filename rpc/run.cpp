#include "rpc/run.h"

#include <exception>

#include "rpc/observer.h"

namespace rpc {
namespace {

Outcome outcome_of(std::optional<Code> error) {
  if (!error) return Outcome::ok;
  switch (*error) {
    case Code::parse_error:
    case Code::invalid_request:
    case Code::method_not_found:
    case Code::invalid_params:
      return Outcome::invalid;
    case Code::license_required:
    case Code::scope_missing:
      return Outcome::refused;
    case Code::internal:
      return Outcome::failed;
  }
  return Outcome::failed;
}

std::optional<Code> failure_of(const base::Result<std::string>& result) {
  return result ? std::nullopt : std::optional(code_of(result.error().code));
}

// A batch whose answers grow over this is told so instead of filling the memory.
constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;

base::Result<std::string> run_now(const Method& method, Context& context, JsonValue params,
                                  RpcError& thrown) {
  try {
    return method.run_now(context, params);
  } catch (const std::exception& exception) {
    thrown = bug(method.name, exception.what());
  } catch (...) {
    thrown = bug(method.name, "something that is no exception");
  }
  return base::fail(base::Errc::internal, "");
}

}  // namespace

std::string call_answer(const Request& call, base::Result<std::string> result) {
  if (call.notification) return {};
  if (result) return result_answer(call.id, *result);
  return error_answer(call.id, to_rpc_error(std::move(result).error()));
}

Run::Run(Requests requests, Context context, Executor executor, std::shared_ptr<HeldAnswers> held,
         Answer answer)
    : context_(std::move(context)),
      executor_(std::move(executor)),
      held_(std::move(held)),
      batch_(requests.batch),
      calls_(std::move(requests.calls)),
      begun_(context_.observer == nullptr ? 0 : calls_.size()),
      answers_(calls_.size()),
      open_(calls_.size()),
      answer_(std::move(answer)) {}

Run::~Run() { held_->bytes -= answer_bytes_; }

void Run::proceed() {
  {
    base::Lock lock(mutex_);
    if (running_) return;
    running_ = true;
  }
  while (true) {
    std::size_t index = 0;
    {
      base::Lock lock(mutex_);
      if (next_ == calls_.size()) break;
      const Method* method = context_.table->find(calls_[next_].method);
      if (method != nullptr && method->timing != Timing::commit && open_commits_ > 0) {
        running_ = false;  // finish() of the last commit goes on from here
        return;
      }
      index = next_++;
    }
    run_call(index);
  }
}

void Run::run_call(std::size_t index) {
  Request& call = calls_[index];
  if (!begun_.empty()) begun_[index] = std::chrono::steady_clock::now();
  if (call.invalid) return refuse(index, *call.invalid);
  const Method* method = context_.table->find(call.method);
  if (method == nullptr) {
    return refuse(index, unknown_method(call.method, context_.table->names()));
  }
  if (auto refusal = refusal_of(*method, *context_.caller.access, call.params)) {
    return refuse(index, *refusal);
  }
  std::string_view full;
  {
    base::Lock lock(mutex_);
    if (answer_bytes_ > kMaxAnswerBytes) {
      full = "the answers of this batch are over 16 MiB already; ask for less at once";
    } else if (batch_ && held_->bytes > held_->most) {
      full = "busy: the answers of batches under way fill the memory for them; try again later";
    } else if (method->timing == Timing::commit) {
      ++open_commits_;
    }
  }
  if (!full.empty()) {
    return refuse(index, {Code::internal, std::string(full)});
  }
  Context context = context_;
  if (method->run_now != nullptr) {
    RpcError thrown;
    auto result = run_now(*method, context, JsonValue(call.params, call.params_text), thrown);
    if (!thrown.message.empty()) return refuse(index, thrown);
    note(index, method, failure_of(result));
    return finish(index, Timing::now, call_answer(call, std::move(result)));
  }
  base::Completion<std::string> done(
      [self = shared_from_this(), index, method](base::Result<std::string> result) {
        self->note(index, method, failure_of(result));
        self->finish(index, method->timing, call_answer(self->calls_[index], std::move(result)));
      });
  try {
    method->run_later(context, JsonValue(call.params, call.params_text), std::move(done));
  } catch (const std::exception& exception) {
    bug(method->name, exception.what());  // `done` went down with it and has answered
  } catch (...) {
    bug(method->name, "something that is no exception");
  }
}

void Run::refuse(std::size_t index, const RpcError& error) {
  const Request& call = calls_[index];
  note(index, call.invalid ? nullptr : context_.table->find(call.method), error.code);
  // A notification's answer is thrown away; what is no request at all is answered.
  finish(index, Timing::now, error_answer(call.id, error));
}

void Run::note(std::size_t index, const Method* method, std::optional<Code> error) const {
  if (context_.observer == nullptr) return;
  const auto took = std::chrono::steady_clock::now() - begun_[index];
  context_.observer->called(
      method, outcome_of(error),
      static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
}

void Run::finish(std::size_t index, Timing timing, std::string answer) {
  bool all = false;
  bool go_on = false;
  {
    base::Lock lock(mutex_);
    if (!calls_[index].notification) {
      answer_bytes_ += answer.size();
      held_->bytes += answer.size();
      answers_[index] = std::move(answer);
    }
    all = --open_ == 0;
    if (timing == Timing::commit) {
      go_on = --open_commits_ == 0 && !running_ && next_ < calls_.size();
    }
  }
  if (all) return send();
  if (go_on) executor_([self = shared_from_this()] { self->proceed(); });
}

void Run::send() {
  std::string out;
  {
    base::Lock lock(mutex_);
    if (!batch_) {
      out = std::move(answers_.front());
    } else {
      out.reserve(answer_bytes_ + answers_.size() + 2);
      for (const std::string& answer : answers_) {
        if (answer.empty()) continue;
        out += out.empty() ? '[' : ',';
        out += answer;
      }
      if (!out.empty()) out += ']';
    }
  }
  answer_(std::move(out));
}

}  // namespace rpc
