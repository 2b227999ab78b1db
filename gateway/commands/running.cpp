#include "gateway/commands/running.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gateway::commands {
namespace {

using base::Errc;

constexpr std::size_t kReadBytes = 64 * 1024;  // of one stream in one pass of the loop
constexpr base::Millis kStopGrace = 1'000;

std::string signal_text(int number) {
  const char* name = ::sigabbrev_np(number);
  return name == nullptr ? fmt::format("signal {}", number) : fmt::format("SIG{}", name);
}

}  // namespace

Runner::Run::Run(Runner& runner, RunNumber number, const RunSpec& spec, LaunchedRun launched,
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

bool Runner::Run::watch() {
  return control_.add(EPOLLIN) && output_.end.add(EPOLLIN) && errors_.end.add(EPOLLIN);
}

void Runner::Run::end(RunEnd::Why why) {
  if (why_ != RunEnd::Why::exited) return;  // it is asked to end already
  why_ = why;
  order(Order::terminate);
}

void Runner::Run::end_soon() {
  end(RunEnd::Why::cancelled);
  kill_.arm(kStopGrace);
}

void Runner::Run::abandon() {
  control_.reset();
  RunEnd end = result();
  end.message = "there were too few descriptors to watch the command; it was ended";
  report_end(end);  // destroys this
}

void Runner::Run::write(std::string bytes) {
  if (!input_.fd || closing_input_) return runner_.note_written(number_, bytes.size());
  waiting_.push_back(std::move(bytes));
  flush_input();
}

void Runner::Run::close_input() {
  closing_input_ = true;
  if (waiting_.empty()) input_.reset();
}

void Runner::Run::on_output(End& /*end*/, std::uint32_t /*events*/) { read(output_); }

void Runner::Run::on_errors(End& /*end*/, std::uint32_t /*events*/) { read(errors_); }

bool Runner::Run::read(Stream& stream) {
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

void Runner::Run::take(Stream& stream, std::string_view bytes) {
  if (bytes.size() > output_left_) {
    bytes = bytes.substr(0, static_cast<std::size_t>(output_left_));
    // The rest is read and dropped, so that the command is not blocked and can end.
    end(RunEnd::Why::output_limit);
  }
  output_left_ -= bytes.size();
  stream.lines.take(bytes, runner_.loop_->now(), stream.sink);
  watcher_->on_read();
  arm(stream);
}

void Runner::Run::tick(Stream& stream) {
  stream.lines.tick(runner_.loop_->now(), stream.sink);
  watcher_->on_read();
  arm(stream);
}

void Runner::Run::arm(Stream& stream) {
  if (const auto due = stream.lines.due()) {
    stream.progress.arm_at(*due);
  } else {
    stream.progress.disarm();
  }
}

void Runner::Run::on_control(End& /*end*/, std::uint32_t /*events*/) {
  Report report;
  ssize_t size = ::recv(control_.fd.get(), &report, sizeof report, 0);
  // The order came too late to be read; the report still waits behind this error.
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

void Runner::Run::finish() {
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

void Runner::Run::report_end(const RunEnd& end) {
  runner_.leave(number_);
  watcher_->on_end(end);
  runner_.over(number_);
}

RunEnd Runner::Run::result() const {
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
    out.message =
        base::fail_errno(Errc::io, fmt::format("{} could not {}", program_, name_of(report_->step)),
                         report_->number)
            .message;
    return out;
  }
  out.why = report_->timed_out != 0 && why_ == RunEnd::Why::exited ? RunEnd::Why::time_limit : why_;
  if (report_->kind == Report::Kind::signaled) {
    out.signal = report_->number;
  } else {
    out.exit_code = report_->number;
  }
  out.message = words_of(out);
  return out;
}

std::string Runner::Run::words_of(const RunEnd& end) const {
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

void Runner::Run::order(Order order) {
  if (!control_.fd) return;
  const auto byte = static_cast<char>(order);
  (void)::send(control_.fd.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Runner::Run::on_input(End& /*end*/, std::uint32_t /*events*/) { flush_input(); }

void Runner::Run::flush_input() {
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

}  // namespace gateway::commands
