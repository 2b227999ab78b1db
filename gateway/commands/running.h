// Runner::Run: one run on the runner's thread: the sockets to its supervisor, its output and its
// input. Only for Runner.
#pragma once

#include <deque>

#include "gateway/commands/runner.h"

namespace gateway::commands {

class Runner::Run {
 public:
  Run(Runner& runner, RunNumber number, const RunSpec& spec, LaunchedRun launched,
      std::unique_ptr<RunWatcher> watcher);

  bool watch();  // false: there are too few descriptors; then abandon()
  void end(RunEnd::Why why);
  void end_soon();

  // The closed socket makes the supervisor end the command.
  void abandon();
  void write(std::string bytes);
  void close_input();

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

  void on_output(End& /*end*/, std::uint32_t /*events*/);
  void on_errors(End& /*end*/, std::uint32_t /*events*/);
  void on_control(End& /*end*/, std::uint32_t /*events*/);
  void on_input(End& /*end*/, std::uint32_t /*events*/);
  // Level-triggered and one buffer a pass, so that a command that writes without end leaves room
  // for the others. True while there may be more.
  bool read(Stream& stream);

  void take(Stream& stream, std::string_view bytes);
  void tick(Stream& stream);
  void arm(Stream& stream);
  // Nothing of the run is left, so all its output is in the pipes; other holders of a pipe's end
  // (descriptors can be passed on) are not waited for.
  void finish();

  // A watcher may start the same command again.
  void report_end(const RunEnd& end);

  RunEnd result() const;
  std::string words_of(const RunEnd& end) const;
  void order(Order order);
  void flush_input();

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

}  // namespace gateway::commands
