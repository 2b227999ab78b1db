#include "gateway/commands/runner.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>

namespace gateway::commands {
namespace {

using base::Errc;
using base::Result;

constexpr std::size_t kReadBytes = 64 * 1024;  // of one stream in one pass of the loop
constexpr base::Millis kStopGrace = 1'000;

std::string signal_text(int number) {
  const char* name = ::sigabbrev_np(number);
  return name == nullptr ? fmt::format("signal {}", number) : fmt::format("SIG{}", name);
}

}  // namespace

std::string_view name_of(OutputStream stream) {
  return stream == OutputStream::output ? "stdout" : "stderr";
}

std::string_view name_of(RunEnd::Why why) {
  switch (why) {
    case RunEnd::Why::exited:
      return "exited";
    case RunEnd::Why::time_limit:
      return "time_limit";
    case RunEnd::Why::output_limit:
      return "output_limit";
    case RunEnd::Why::cancelled:
      return "cancelled";
    case RunEnd::Why::not_started:
      return "not_started";
    case RunEnd::Why::lost:
      return "lost";
  }
  return "";
}

// One run, on the loop's thread.
class Runner::Run {
 public:
  Run(Runner& runner, RunNumber number, const RunSpec& spec, LaunchedRun launched,
      std::unique_ptr<RunWatcher> watcher)
      : runner_(runner),
        number_(number),
        program_(spec.argv.front()),
        time_limit_(spec.limits.time),
        output_left_(spec.limits.output),
        output_limit_(spec.limits.output),
        watcher_(std::move(watcher)),
        control_(*this, std::move(launched.control), &Run::on_control),
        output_(*this, OutputStream::output, std::move(launched.output)),
        errors_(*this, OutputStream::errors, std::move(launched.errors)),
        input_(*this, std::move(launched.input), &Run::on_input),
        began_(runner.clock_.uptime()),
        kill_(*runner.loop_, [this] { order(Order::kill); }) {}

  bool watch() {
    return control_.add(EPOLLIN) && output_.end.add(EPOLLIN) && errors_.end.add(EPOLLIN);
  }

  void end(RunEnd::Why why) {
    if (why_ != RunEnd::Why::exited) return;  // it is asked to end already
    why_ = why;
    order(Order::terminate);
  }

  void end_soon() {
    end(RunEnd::Why::cancelled);
    kill_.arm(kStopGrace);
  }

  // The closed socket makes the supervisor end the command.
  void abandon() {
    control_.reset();
    RunEnd end = result();
    end.message = "there were too few descriptors to watch the command; it was ended";
    report_end(end);  // destroys this
  }

  void write(std::string bytes) {
    if (!input_.fd || closing_input_) return runner_.note_written(number_, bytes.size());
    waiting_.push_back(std::move(bytes));
    flush_input();
  }

  void close_input() {
    closing_input_ = true;
    if (waiting_.empty()) input_.reset();
  }

 private:
  // One descriptor in the loop.
  struct End final : IoHandler {
    using Handle = void (Run::*)(End&, std::uint32_t);
    End(Run& of, Fd descriptor, Handle call) : run(of), fd(std::move(descriptor)), handle(call) {}
    ~End() { reset(); }
    bool add(std::uint32_t events) {
      watched = fd && run.runner_.loop_->add(fd.get(), events, *this).ok();
      return watched;
    }
    void reset() {
      if (watched) run.runner_.loop_->remove(fd.get(), *this);
      watched = false;
      fd.reset();
    }
    void on_io(std::uint32_t events) override { (run.*handle)(*this, events); }

    Run& run;
    Fd fd;
    const Handle handle;
    bool watched = false;
  };

  struct Stream {
    Stream(Run& run, OutputStream which, Fd fd)
        : stream(which),
          end(run, std::move(fd),
              which == OutputStream::output ? &Run::on_output : &Run::on_errors),
          progress(*run.runner_.loop_, [this, &run] { run.tick(*this); }),
          sink([this, &run](OutputPiece piece) {
            run.watcher_->on_output(stream, std::move(piece));
          }) {}
    const OutputStream stream;
    End end;
    LineCutter lines;
    Timer progress;
    LineCutter::Sink sink;
  };

  void on_output(End& /*end*/, std::uint32_t /*events*/) { read(output_); }
  void on_errors(End& /*end*/, std::uint32_t /*events*/) { read(errors_); }

  // Level-triggered and one buffer a pass, so that a command that writes without end leaves room
  // for the others. True while there may be more.
  bool read(Stream& stream) {
    if (!stream.end.fd) return false;
    thread_local char bytes[kReadBytes];
    const ssize_t size = ::read(stream.end.fd.get(), bytes, sizeof bytes);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
    if (size <= 0) {
      stream.end.reset();
      return false;
    }
    take(stream, std::string_view(bytes, static_cast<std::size_t>(size)));
    return true;
  }

  void take(Stream& stream, std::string_view bytes) {
    if (bytes.size() > output_left_) {
      bytes = bytes.substr(0, static_cast<std::size_t>(output_left_));
      // The rest is read and dropped, so that the command does not wait for room and can end.
      end(RunEnd::Why::output_limit);
    }
    output_left_ -= bytes.size();
    stream.lines.take(bytes, runner_.loop_->now(), stream.sink);
    watcher_->on_read();
    arm(stream);
  }

  void tick(Stream& stream) {
    stream.lines.tick(runner_.loop_->now(), stream.sink);
    watcher_->on_read();
    arm(stream);
  }

  void arm(Stream& stream) {
    if (const auto due = stream.lines.due()) {
      stream.progress.arm_at(*due);
    } else {
      stream.progress.disarm();
    }
  }

  void on_control(End& /*end*/, std::uint32_t /*events*/) {
    Report report;
    ssize_t size = ::recv(control_.fd.get(), &report, sizeof report, 0);
    // An order came too late to be read; the report still waits behind this error.
    if (size < 0 && errno == ECONNRESET) {
      size = ::recv(control_.fd.get(), &report, sizeof report, 0);
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size == static_cast<ssize_t>(sizeof report)) {
      if (report.kind == Report::Kind::started) return;
      report_ = report;
    }
    finish();
  }

  // Nothing of the run is left, so what it wrote is in the pipes; who else holds an end of them
  // (they can be passed on) is not waited for.
  void finish() {
    control_.reset();
    for (Stream* stream : {&output_, &errors_}) {
      while (read(*stream)) {
      }
      stream->end.reset();
      stream->progress.disarm();
      stream->lines.finish(stream->sink);
    }
    report_end(result());  // destroys this
  }

  // Whoever is told may start the same command again.
  void report_end(const RunEnd& end) {
    runner_.leave(number_);
    watcher_->on_end(end);
    runner_.over(number_);
  }

  RunEnd result() const {
    RunEnd out;
    out.duration = runner_.clock_.uptime() - began_;
    out.output_bytes = output_limit_ - output_left_;
    if (!report_) {
      out.why = RunEnd::Why::lost;
      out.message =
          "the process that watched over the command was killed; what the command had "
          "started was ended";
      return out;
    }
    if (report_->kind == Report::Kind::failed) {
      out.why = RunEnd::Why::not_started;
      out.message = base::fail_errno(
                        Errc::io, fmt::format("{} could not {}", program_, name_of(report_->step)),
                        report_->number)
                        .message;
      return out;
    }
    out.why =
        report_->timed_out != 0 && why_ == RunEnd::Why::exited ? RunEnd::Why::time_limit : why_;
    if (report_->kind == Report::Kind::signaled) {
      out.signal = report_->number;
    } else {
      out.exit_code = report_->number;
    }
    out.message = words_of(out);
    return out;
  }

  std::string words_of(const RunEnd& end) const {
    switch (end.why) {
      case RunEnd::Why::time_limit:
        return fmt::format("it was ended at its time limit of {} s", time_limit_ / 1000);
      case RunEnd::Why::output_limit:
        return fmt::format("it was ended because it wrote more than its output limit of {} bytes",
                           output_limit_);
      case RunEnd::Why::cancelled:
        return "it was cancelled";
      default:
        return end.signal ? "it was ended by " + signal_text(*end.signal) : "";
    }
  }

  void order(Order order) {
    if (!control_.fd) return;
    const auto byte = static_cast<char>(order);
    (void)::send(control_.fd.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void on_input(End& /*end*/, std::uint32_t /*events*/) { flush_input(); }

  void flush_input() {
    std::size_t written = 0;
    while (!waiting_.empty()) {
      std::string& front = waiting_.front();
      const ssize_t size = ::write(input_.fd.get(), front.data(), front.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) {
        if (!input_.watched) input_.add(EPOLLOUT);
        break;
      }
      if (size < 0) {  // the command has closed its end
        for (const std::string& each : waiting_) written += each.size();
        waiting_.clear();
        closing_input_ = true;
        break;
      }
      written += static_cast<std::size_t>(size);
      front.erase(0, static_cast<std::size_t>(size));
      if (front.empty()) waiting_.pop_front();
    }
    runner_.note_written(number_, written);
    if (!waiting_.empty()) return;
    if (closing_input_) return input_.reset();
    if (input_.watched) {
      runner_.loop_->remove(input_.fd.get(), input_);
      input_.watched = false;
    }
  }

  Runner& runner_;
  const RunNumber number_;
  const std::string program_;
  const base::Millis time_limit_;
  std::uint64_t output_left_;
  const std::uint64_t output_limit_;
  const std::unique_ptr<RunWatcher> watcher_;
  End control_;
  Stream output_;
  Stream errors_;
  End input_;
  std::deque<std::string> waiting_;  // input
  bool closing_input_ = false;
  const base::Millis began_;
  Timer kill_;
  RunEnd::Why why_ = RunEnd::Why::exited;
  std::optional<Report> report_;
};

Runner::Runner(Launcher& launcher, const base::Clock& clock, std::unique_ptr<EventLoop> loop)
    : launcher_(launcher), clock_(clock), loop_(std::move(loop)) {}

Result<std::unique_ptr<Runner>> Runner::make(Launcher& launcher, const base::Clock& clock) {
  EDGE_TRY(auto loop, EventLoop::create(clock));
  std::unique_ptr<Runner> out(new Runner(launcher, clock, std::move(loop)));
  out->thread_ = std::jthread([runner = out.get()] { runner->loop_->run(); });
  return out;
}

Runner::~Runner() { stop(); }

void Runner::begin_stop() {
  {
    base::Lock lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  loop_->post([this] { end_all(); });
}

void Runner::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
}

void Runner::end_all() {
  stopping_ = true;
  waits_.clear();
  for (const auto& [number, run] : runs_) run->end_soon();
  if (runs_.empty()) loop_->stop();
}

Result<> Runner::take_place(const RunSpec& spec, const Place& place) {
  base::Lock lock(mutex_);
  if (stopped_) return base::fail(Errc::unavailable, "the daemon is stopping");
  if (all_at_once_ >= place.at_once_all) {
    return base::fail(Errc::exhausted,
                      fmt::format("{} commands run, and no more may run at once; try again when "
                                  "one has ended",
                                  all_at_once_));
  }
  std::uint32_t& own = at_once_[place.row];
  if (own >= spec.limits.at_once) {
    return base::fail(
        Errc::already_exists,
        fmt::format("{} runs {} times at once already, and no more is allowed; try again when it "
                    "has ended, or cancel it",
                    place.row, own));
  }
  ++own;
  ++all_at_once_;
  return {};
}

void Runner::leave_place(const std::string& row) {
  --all_at_once_;
  const auto own = at_once_.find(row);
  if (--own->second == 0) at_once_.erase(own);
}

void Runner::leave(RunNumber run) {
  base::Lock lock(mutex_);
  const auto found = known_.find(run);
  leave_place(found->second.row);
  known_.erase(found);
}

Result<RunNumber> Runner::start(const RunSpec& spec, Place place,
                                std::unique_ptr<RunWatcher> watcher) {
  EDGE_CHECK(take_place(spec, place));
  auto launched = launcher_.launch(spec);
  if (!launched) {
    base::Lock lock(mutex_);
    leave_place(place.row);
    return std::move(launched).error();
  }
  RunNumber number = 0;
  {
    base::Lock lock(mutex_);
    number = ++last_;
    known_.emplace(number, Known{.row = std::move(place.row), .input = spec.input});
  }
  watcher->on_start(number);
  loop_->post([this, number, spec, launched = std::move(*launched),
               watcher = std::move(watcher)]() mutable {
    auto run = std::make_unique<Run>(*this, number, spec, std::move(launched), std::move(watcher));
    Run& made = *run;
    runs_.emplace(number, std::move(run));
    if (!made.watch()) return made.abandon();
    if (stopping_) made.end_soon();
  });
  return number;
}

bool Runner::cancel(RunNumber run) {
  {
    base::Lock lock(mutex_);
    if (!known_.contains(run)) return false;
  }
  loop_->post([this, run] {
    const auto found = runs_.find(run);
    if (found != runs_.end()) found->second->end(RunEnd::Why::cancelled);
  });
  return true;
}

Result<> Runner::write(RunNumber run, std::string bytes) {
  {
    base::Lock lock(mutex_);
    const auto found = known_.find(run);
    if (found == known_.end() || !found->second.input) {
      return base::fail(Errc::not_found, "the command has ended, or it takes no input");
    }
    std::size_t& waiting = found->second.waiting;
    if (bytes.size() > kMaxInput - std::min(waiting, kMaxInput)) {
      return base::fail(Errc::exhausted,
                        "the command has not read its earlier input; try again later");
    }
    waiting += bytes.size();
  }
  loop_->post([this, run, bytes = std::move(bytes)]() mutable {
    const auto found = runs_.find(run);
    if (found != runs_.end()) found->second->write(std::move(bytes));
  });
  return {};
}

Result<> Runner::close_input(RunNumber run) {
  {
    base::Lock lock(mutex_);
    const auto found = known_.find(run);
    if (found == known_.end() || !found->second.input) {
      return base::fail(Errc::not_found, "the command has ended, or it takes no input");
    }
  }
  loop_->post([this, run] {
    const auto found = runs_.find(run);
    if (found != runs_.end()) found->second->close_input();
  });
  return {};
}

void Runner::note_written(RunNumber run, std::size_t bytes) {
  base::Lock lock(mutex_);
  const auto found = known_.find(run);
  if (found != known_.end()) found->second.waiting -= std::min(bytes, found->second.waiting);
}

void Runner::after(base::Millis wait, base::UniqueFunction<void()> call) {
  loop_->post([this, wait, call = std::move(call)]() mutable {
    if (stopping_) return;
    const auto place = waits_.insert(waits_.end(), Wait{.call = std::move(call), .timer = {}});
    place->timer = std::make_unique<Timer>(*loop_, [this, place] {
      auto due = std::move(place->call);
      // A timer may not be destroyed by its own call.
      loop_->post([this, place] { waits_.erase(place); });
      due();
    });
    place->timer->arm(wait);
  });
}

std::size_t Runner::running() const {
  base::Lock lock(mutex_);
  return known_.size();
}

void Runner::over(RunNumber run) {
  runs_.erase(run);
  if (stopping_ && runs_.empty()) loop_->stop();
}

}  // namespace gateway::commands
