#include "rpc/run.h"

#include <exception>

#include "base/cancel_scope.h"
#include "rpc/json_text.h"
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

// A batch whose answers exceed this gets errors instead of filling the memory.
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

std::string call_answer(const std::string& id, bool notification,
                        base::Result<std::string> result) {
  if (notification) return {};
  if (result) return result_answer(id, *result);
  return error_answer(id, to_rpc_error(std::move(result).error()));
}

Run::Run(Requests requests, Caller caller, std::shared_ptr<const RunShared> shared, Answer answer)
    : caller_(std::move(caller)),
      shared_(std::move(shared)),
      batch_(requests.batch),
      requests_(std::make_unique<const Requests>(std::move(requests))),
      slots_(requests_->size()),
      open_(requests_->size()),
      answer_(std::move(answer)) {}

Run::~Run() { shared_->held->bytes -= answer_bytes_; }

void Run::start() {
  if (batch_ || requests_->text(0).size() > LargeCalls::kFrom) {
    closed_ = caller_.closed.on_cancel([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->abandon();
    });
  }
  proceed();
}

void Run::proceed(Turn turn) {
  {
    base::Lock lock(mutex_);
    if (running_) return;
    running_ = true;
  }
  const auto begun = std::chrono::steady_clock::now();
  while (true) {
    std::size_t index = 0;
    bool all_dropped = false;
    {
      base::Lock lock(mutex_);
      if (caller_.closed.cancelled()) all_dropped = drop_rest();
      if (next_ == slots_.size()) break;
      index = next_;
    }
    if (all_dropped) return send();
    if (shared_->slice && index > 0 && std::chrono::steady_clock::now() - begun > *shared_->slice) {
      {
        base::Lock lock(mutex_);
        running_ = false;
      }
      return shared_->executor(caller_.party, [self = shared_from_this()] { self->proceed(); });
    }
    if (!current_) {
      if (!has_turn(index, turn)) return;
      current_ = std::make_unique<Request>(parse_call(requests_->text(index)));
    }
    if (!begins()) return;
    run_call(index);
    current_.reset();
    turn.reset();
  }
  requests_.reset();
}

// A large call needs a turn before it is built. Without one the run stops here; see proceed().
bool Run::has_turn(std::size_t index, Turn& turn) {
  if (turn || requests_->text(index).size() <= LargeCalls::kFrom) return true;
  {
    base::Lock lock(mutex_);
    running_ = false;
    if (open_commits_ > 0) return false;  // finish() of the last commit continues here
  }
  turn = shared_->large->enter(caller_.party, [self = shared_from_this()](LargeCalls::Turn mine) {
    self->proceed(std::move(mine));
  });
  if (!turn) return false;
  base::Lock lock(mutex_);
  running_ = true;        // no commit is open whose end could have continued meanwhile
  return next_ == index;  // else the connection closed meanwhile, and nothing is left to do
}

// False: the call reads data that earlier calls of the batch are still writing; finish() of the
// last commit continues from here.
bool Run::begins() {
  base::Lock lock(mutex_);
  const Method* method = shared_->table->find(current_->method);
  if (method == nullptr || method->timing == Timing::commit || open_commits_ == 0) {
    ++next_;
    return true;
  }
  running_ = false;
  return false;
}

void Run::run_call(std::size_t index) {
  Request& call = *current_;
  Slot& slot = slots_[index];
  slot.id = std::move(call.id);
  slot.notification = call.notification;
  slot.begun = std::chrono::steady_clock::now();
  if (call.invalid) return refuse(index, *call.invalid);
  const Method* method = shared_->table->find(call.method);
  if (method == nullptr) {
    return refuse(index, unknown_method(call.method, shared_->table->names()));
  }
  if (auto refusal = refusal_of(*method, *caller_.access, call.params)) {
    return refuse(index, *refusal);
  }
  std::string_view full;
  {
    base::Lock lock(mutex_);
    if (answer_bytes_ > kMaxAnswerBytes) {
      full = "the answers of this batch are over 16 MiB already; ask for less at once";
    } else if (batch_ && shared_->held->bytes > shared_->held->most) {
      full = "busy: the answers of batches under way fill the memory for them; try again later";
    } else if (method->timing == Timing::commit) {
      ++open_commits_;
    }
  }
  if (!full.empty()) {
    return refuse(index, {Code::internal, std::string(full)});
  }
  if (method->passes_json_on) {
    call.params_text = json_member(requests_->text(index), "params").value_or("");
  }
  const base::CancelScope scope(caller_.closed, caller_.party);
  if (method->run_now != nullptr) {
    Context context = shared_->context(caller_);
    RpcError thrown;
    auto result = run_now(*method, context, JsonValue(call.params, call.params_text), thrown);
    if (!thrown.message.empty()) return refuse(index, thrown);
    note(index, method, failure_of(result));
    return finish(index, Timing::now, call_answer(slot.id, slot.notification, std::move(result)));
  }
  if (method->timing == Timing::parked && !leased_) {
    leased_ = std::make_shared<base::LeasedItems>();
    taken_ = base::Lease(leased_);
  }
  base::Completion<std::string> done([self = shared_from_this(), index,
                                      method](base::Result<std::string> result) {
    const Slot& own = self->slots_[index];
    if (method->timing == Timing::parked && !result && self->caller_.input_ended.cancelled()) {
      self->wait_ended_ = true;
    }
    self->note(index, method, failure_of(result));
    self->finish(index, method->timing, call_answer(own.id, own.notification, std::move(result)));
  });
  Context context = shared_->context(caller_);
  context.leased = leased_;
  try {
    method->run_later(context, JsonValue(call.params, call.params_text), std::move(done));
  } catch (const std::exception& exception) {
    bug(method->name, exception.what());  // `done` was destroyed with it and has answered
  } catch (...) {
    bug(method->name, "something that is no exception");
  }
}

void Run::abandon() {
  bool all = false;
  {
    base::Lock lock(mutex_);
    if (running_) return;  // that thread looks between calls
    current_.reset();
    all = drop_rest();
  }
  if (all) send();
}

// True when nothing is open any more, and because of this.
bool Run::drop_rest() {
  const std::size_t left = slots_.size() - next_;
  next_ = slots_.size();
  open_ -= left;
  requests_.reset();
  return left > 0 && open_ == 0;
}

void Run::refuse(std::size_t index, const RpcError& error) {
  note(index, current_->invalid ? nullptr : shared_->table->find(current_->method), error.code);
  // A notification's answer is dropped; an invalid request is answered.
  finish(index, Timing::now, error_answer(slots_[index].id, error));
}

void Run::note(std::size_t index, const Method* method, std::optional<Code> error) const {
  if (shared_->observer == nullptr) return;
  const auto took = std::chrono::steady_clock::now() - slots_[index].begun;
  shared_->observer->called(
      method, outcome_of(error),
      static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
}

void Run::finish(std::size_t index, Timing timing, std::string answer) {
  bool all = false;
  bool go_on = false;
  {
    base::Lock lock(mutex_);
    if (!slots_[index].notification) {
      answer_bytes_ += answer.size();
      shared_->held->bytes += answer.size();
      slots_[index].answer = std::move(answer);
    }
    all = --open_ == 0;
    if (timing == Timing::commit) {
      go_on = --open_commits_ == 0 && !running_ && next_ < slots_.size();
    }
  }
  if (all) return send();
  if (go_on) {
    shared_->executor(caller_.party, [self = shared_from_this()] { self->proceed(); });
  }
}

void Run::send() {
  std::string out;
  {
    base::Lock lock(mutex_);
    if (!batch_) {
      out = std::move(slots_.front().answer);
    } else {
      out.reserve(answer_bytes_ + slots_.size() + 2);
      for (const Slot& slot : slots_) {
        if (slot.answer.empty()) continue;
        out += out.empty() ? '[' : ',';
        out += slot.answer;
      }
      if (!out.empty()) out += ']';
    }
  }
  answer_(Reply{std::move(out), std::move(taken_), wait_ended_ && !batch_});
}

}  // namespace rpc
