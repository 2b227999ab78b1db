#include "gateway/commands/run_record.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>

#include "base/wire.h"
#include "rpc/json_write.h"

namespace gateway::commands {
namespace {

constexpr std::uint8_t kStart = 1;
constexpr std::uint8_t kOutcome = 2;
constexpr std::size_t kMaxField = 64 * 1024;
constexpr std::uint8_t kLastWhy = static_cast<std::uint8_t>(RunEnd::Why::lost);

void put_number(base::WireWriter& out, const std::optional<int>& value) {
  out.boolean(value.has_value());
  out.u32(static_cast<std::uint32_t>(value.value_or(0)));
}

std::optional<int> get_number(base::WireReader& in) {
  const bool given = in.boolean();
  const auto value = static_cast<int>(in.u32());
  return given ? std::optional(value) : std::nullopt;
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += out.size() > 1 ? "," : "";
  rpc::append_json_string(out, name);
  out += ':';
  rpc::append_json_string(out, text);
}

void append_number(std::string& out, std::string_view name, std::int64_t value) {
  out += out.size() > 1 ? "," : "";
  rpc::append_json_string(out, name);
  out += ':';
  rpc::append_json(out, value);
}

}  // namespace

bool RunOutcome::is_error() const {
  return kind == Kind::interrupted || end.why == RunEnd::Why::not_started ||
         end.why == RunEnd::Why::lost;
}

std::string_view RunRecord::status() const {
  if (!outcome) return "running";
  if (outcome->kind == RunOutcome::Kind::interrupted) return "interrupted";
  return name_of(outcome->end.why);
}

base::Bytes encode_start(const RunRecord& record) {
  base::WireWriter out;
  out.u8(kStart).text(record.id).text(record.project).text(record.row).boolean(record.is_line);
  out.text(record.text).text(record.caller).i64(record.started).u64(record.before.value);
  out.boolean(record.input);
  return out.take();
}

base::Bytes encode_outcome(const std::string& id, const RunOutcome& outcome) {
  base::WireWriter out;
  const RunEnd& end = outcome.end;
  out.u8(kOutcome).text(id).u8(static_cast<std::uint8_t>(outcome.kind)).u64(outcome.id.value);
  out.i64(outcome.at).u8(static_cast<std::uint8_t>(end.why));
  put_number(out, end.exit_code);
  put_number(out, end.signal);
  out.text(end.message).i64(end.duration).u64(end.output_bytes).u64(outcome.last_line.value);
  return out.take();
}

std::optional<LedgerEntry> decode_ledger_entry(base::ByteView bytes) {
  base::WireReader in(bytes);
  LedgerEntry out;
  const std::uint8_t kind = in.u8();
  out.id = in.text(kMaxField);
  if (kind == kStart) {
    RunRecord record;
    record.id = out.id;
    record.project = in.text(kMaxField);
    record.row = in.text(kMaxField);
    record.is_line = in.boolean();
    record.text = in.text(kMaxField);
    record.caller = in.text(kMaxField);
    record.started = in.i64();
    record.before = base::EventId(in.u64());
    record.input = in.boolean();
    out.start = std::move(record);
  } else if (kind == kOutcome) {
    RunOutcome outcome;
    const std::uint8_t how = in.u8();
    outcome.id = base::EventId(in.u64());
    outcome.at = in.i64();
    const std::uint8_t why = in.u8();
    outcome.end.exit_code = get_number(in);
    outcome.end.signal = get_number(in);
    outcome.end.message = in.text(kMaxField);
    outcome.end.duration = in.i64();
    outcome.end.output_bytes = in.u64();
    outcome.last_line = base::EventId(in.u64());
    if (how > 1 || why > kLastWhy) return std::nullopt;
    outcome.kind = static_cast<RunOutcome::Kind>(how);
    outcome.end.why = static_cast<RunEnd::Why>(why);
    out.outcome = std::move(outcome);
  } else {
    return std::nullopt;
  }
  if (!in.done()) return std::nullopt;
  return out;
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name == nullptr ? fmt::format("signal {}", number) : fmt::format("SIG{}", name);
}

std::optional<int> exit_code_of(const RunEnd& end) {
  if (end.exit_code) return end.exit_code;
  if (end.signal) return 128 + *end.signal;
  return std::nullopt;
}

std::string connected_data(const RunRecord& record) {
  std::string out = "{";
  append_member(out, "stream_id", record.id);
  append_member(out, "project", record.project);
  append_member(out, "command", record.text);
  append_member(out, "status", record.status());
  return out + "}";
}

std::string output_data(const std::string& run, OutputStream stream, const OutputPiece& piece) {
  std::string out;
  out.reserve(piece.text.size() + 96);
  out += R"({"line":)";
  rpc::append_json_string(out, piece.text);
  out += R"(,"stream":")";
  out += name_of(stream);
  out += R"(","stream_id":")";
  out += run;  // of hexadecimal digits
  out += '"';
  if (piece.more) out += R"(,"more":true)";
  if (piece.progress) out += R"(,"progress":true)";
  if (piece.replaced) out += R"(,"replaced":true)";
  return out + "}";
}

std::string outcome_data(const RunRecord& record) {
  const RunOutcome& outcome = *record.outcome;
  const RunEnd& end = outcome.end;
  std::string out = "{";
  if (outcome.is_error()) {
    append_member(out, "message", end.message);
  } else {
    append_number(out, "exit_code", exit_code_of(end).value_or(-1));
    append_number(out, "duration_ms", end.duration);
    if (end.signal) append_member(out, "signal", signal_name(*end.signal));
    if (!end.message.empty()) append_member(out, "message", end.message);
  }
  append_member(out, "reason", record.status());
  append_member(out, "stream_id", record.id);
  return out + "}";
}

}  // namespace gateway::commands
