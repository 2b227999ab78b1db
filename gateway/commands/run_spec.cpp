#include "gateway/commands/run_spec.h"

#include "base/wire.h"

namespace gateway::commands {
namespace {

void put(base::WireWriter& out, const std::vector<std::string>& texts) {
  out.u32(static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) out.bytes(base::as_bytes(text));
}

// Not text(): paths and arguments may be any bytes.
std::string get(base::WireReader& in) {
  const base::ByteView bytes = in.bytes(kMaxSpecBytes);
  return std::string(bytes.begin(), bytes.end());
}

std::vector<std::string> get_all(base::WireReader& in) {
  std::vector<std::string> out;
  for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count) out.push_back(get(in));
  return out;
}

}  // namespace

RunSpec spec_of(const Command& command, std::span<const std::string> values, const Project* project,
                std::vector<std::string> hidden) {
  RunSpec out;
  out.argv = command.argv(values);
  auto environment = command.environment;
  environment.emplace("PATH", kDefaultPath);
  environment.emplace("LANG", "C.UTF-8");
  for (const auto& [name, value] : environment) out.environment.push_back(name + "=" + value);
  out.folder = "/";
  if (project != nullptr) out.folder = project->folder.string();
  if (command.folder) out.folder = command.folder->string();
  out.limits = command.limits;
  out.hidden = std::move(hidden);
  out.input = command.input;
  return out;
}

std::string encode_spec(const RunSpec& spec) {
  base::WireWriter out;
  put(out, spec.argv);
  put(out, spec.environment);
  out.bytes(base::as_bytes(spec.folder));
  out.i64(spec.limits.time).u64(spec.limits.output).i64(spec.limits.cpu).u64(spec.limits.memory);
  out.u64(spec.limits.processes).u64(spec.limits.file_size).u32(spec.limits.at_once);
  out.i64(spec.grace);
  put(out, spec.hidden);
  out.boolean(spec.input);
  const base::Bytes bytes = out.take();
  return std::string(bytes.begin(), bytes.end());
}

std::optional<RunSpec> decode_spec(std::string_view bytes) {
  base::WireReader in(base::as_bytes(bytes));
  RunSpec out;
  out.argv = get_all(in);
  out.environment = get_all(in);
  out.folder = get(in);
  out.limits.time = in.i64();
  out.limits.output = in.u64();
  out.limits.cpu = in.i64();
  out.limits.memory = in.u64();
  out.limits.processes = in.u64();
  out.limits.file_size = in.u64();
  out.limits.at_once = in.u32();
  out.grace = in.i64();
  out.hidden = get_all(in);
  out.input = in.boolean();
  if (!in.done() || out.argv.empty()) return std::nullopt;
  return out;
}

std::string_view name_of(Report::Step step) {
  switch (step) {
    case Report::Step::none:
      return "";
    case Report::Step::process:
      return "make a process";
    case Report::Step::folder:
      return "enter the working folder";
    case Report::Step::limits:
      return "set the limits";
    case Report::Step::landlock:
      return "put the accounts folder out of reach";
    case Report::Step::program:
      return "run the program";
  }
  return "";
}

}  // namespace gateway::commands
