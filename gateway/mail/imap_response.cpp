#include "gateway/mail/imap_response.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace gateway::mail {
namespace {

constexpr int kMostDepth = 8;
constexpr std::size_t kMostValues = 100'000;  // of one response, at all depths
constexpr std::size_t kMostWords = 300;       // bytes of a server's words for people

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

template <class T>
std::optional<T> number_of(std::string_view text) {
  T out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

struct ImapValue {
  enum class Kind : std::uint8_t { atom, string, list };
  Kind kind = Kind::atom;
  std::string text;   // of an atom
  base::Bytes bytes;  // of a string, quoted or literal
  std::vector<ImapValue> items;
  bool is(std::string_view word) const {
    return kind == Kind::atom && base::lower_ascii(text) == base::lower_ascii(word);
  }
};

// Reads values from a response's lines and literals, from left to right.
class Values {
 public:
  explicit Values(ImapRaw& raw) : raw_(raw) {}

  // The next value; nothing at the end, before a ')' and where the answer is malformed, which
  // broken() distinguishes.
  std::optional<ImapValue> next(int depth = 0) {
    skip_spaces();
    if (broken_) return std::nullopt;
    if (at_ == line().size()) return literal();
    if (++count_ > kMostValues) return fail();
    const char first = line()[at_];
    if (first == ')') return std::nullopt;
    if (first == '(') return list(depth);
    if (first == '"') return quoted();
    return atom();
  }
  bool broken() const { return broken_; }
  std::string_view rest() {
    skip_spaces();
    return std::string_view(line()).substr(at_);
  }

 private:
  const std::string& line() const { return raw_.lines[piece_]; }
  void skip_spaces() {
    while (at_ < line().size() && line()[at_] == ' ') ++at_;
  }
  std::optional<ImapValue> fail() {
    broken_ = true;
    return std::nullopt;
  }
  std::optional<ImapValue> literal() {
    if (piece_ >= raw_.literals.size()) return std::nullopt;
    ImapValue out;
    out.kind = ImapValue::Kind::string;
    out.bytes = std::move(raw_.literals[piece_]);
    ++piece_;
    at_ = 0;
    return out;
  }
  std::optional<ImapValue> list(int depth) {
    if (depth >= kMostDepth) return fail();
    ImapValue out;
    out.kind = ImapValue::Kind::list;
    ++at_;
    while (auto item = next(depth + 1)) out.items.push_back(std::move(*item));
    if (broken_ || at_ >= line().size() || line()[at_] != ')') return fail();
    ++at_;
    return out;
  }
  std::optional<ImapValue> quoted() {
    ImapValue out;
    out.kind = ImapValue::Kind::string;
    for (++at_; at_ < line().size(); ++at_) {
      if (line()[at_] == '"') {
        ++at_;
        return out;
      }
      if (line()[at_] == '\\' && ++at_ == line().size()) break;
      out.bytes.push_back(static_cast<std::uint8_t>(line()[at_]));
    }
    return fail();
  }
  // "BODY[HEADER.FIELDS (FROM)]" is one atom: what is in brackets belongs to it.
  std::optional<ImapValue> atom() {
    const std::size_t begin = at_;
    bool bracket = false;
    for (; at_ < line().size(); ++at_) {
      const char c = line()[at_];
      if (c == '[') bracket = true;
      if (c == ']') bracket = false;
      if (!bracket && (c == ' ' || c == '(' || c == ')' || c == '"')) break;
    }
    ImapValue out;
    out.text = line().substr(begin, at_ - begin);
    return out;
  }

  ImapRaw& raw_;
  std::size_t piece_ = 0;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  bool broken_ = false;
};

std::string_view take_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(begin);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// "[CODE args] text" behind a status word.
void read_status(ImapResponse& out, std::string_view from_word, std::string_view rest) {
  out.text = plain_words(from_word);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (!rest.starts_with('[')) return;
  const std::size_t end = rest.find(']');
  if (end == std::string_view::npos) return;
  const std::string_view code = rest.substr(1, end - 1);
  const std::string_view word = code.substr(0, code.find(' '));
  out.code = upper(word) + std::string(code.substr(word.size()));
}

std::optional<ImapStatus> status_of(std::string_view upper_word) {
  if (upper_word == "OK") return ImapStatus::ok;
  if (upper_word == "NO") return ImapStatus::no;
  if (upper_word == "BAD") return ImapStatus::bad;
  return std::nullopt;
}

bool read_fetch(ImapFetch& out, ImapValue items) {
  if (items.kind != ImapValue::Kind::list || items.items.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < items.items.size(); i += 2) {
    const ImapValue& name = items.items[i];
    ImapValue& value = items.items[i + 1];
    if (name.kind != ImapValue::Kind::atom) return false;
    const std::string word = upper(name.text);
    if (word == "UID") {
      out.uid = number_of<std::uint32_t>(value.text);
      if (!out.uid || *out.uid == 0) return false;
    } else if (word == "RFC822.SIZE") {
      out.size = number_of<std::uint64_t>(value.text);
      if (!out.size) return false;
    } else if (word == "FLAGS") {
      out.seen = std::ranges::any_of(value.items, [](const auto& f) { return f.is("\\Seen"); });
      out.deleted =
          std::ranges::any_of(value.items, [](const auto& f) { return f.is("\\Deleted"); });
    } else if (word == "BODY[]") {
      if (value.kind == ImapValue::Kind::string) out.body = std::move(value.bytes);
    } else if (word.starts_with("BODY[HEADER")) {
      if (value.kind == ImapValue::Kind::string) out.header = std::move(value.bytes);
    }
  }
  return true;
}

bool read_quota(ImapQuota& out, Values& values) {
  static_cast<void>(values.next());  // the root's name
  const auto list = values.next();
  if (!list || list->kind != ImapValue::Kind::list) return false;
  for (std::size_t i = 0; i + 2 < list->items.size(); i += 3) {
    if (!list->items[i].is("STORAGE")) continue;
    const auto used = number_of<std::uint64_t>(list->items[i + 1].text);
    const auto limit = number_of<std::uint64_t>(list->items[i + 2].text);
    constexpr std::uint64_t kMost = ~std::uint64_t{0} / 1024;
    if (!used || !limit || *used > kMost || *limit > kMost) return false;
    out = {*used * 1024, *limit * 1024};  // the wire has KiB
    return true;
  }
  return false;
}

// "5 EXISTS", "5 EXPUNGE", "5 FETCH (…)".
void read_numbered(ImapResponse& out, std::uint32_t number, Values& values) {
  out.number = number;
  const auto word = values.next();
  if (!word) return;
  if (word->is("EXISTS")) out.kind = ImapKind::exists;
  if (word->is("EXPUNGE")) out.kind = ImapKind::expunge;
  if (!word->is("FETCH")) return;
  auto items = values.next();
  if (items && !values.broken() && read_fetch(out.fetch, std::move(*items))) {
    out.kind = ImapKind::fetch;
  } else {
    out.fetch = {};
  }
}

void read_untagged(ImapResponse& out, ImapRaw& raw) {
  const std::string line = raw.lines[0];
  std::string_view rest = std::string_view(line).substr(2);
  const std::string_view from_word = rest;
  const std::string word = upper(take_word(rest).substr(0, 32));
  if (const auto status = status_of(word)) {
    out.kind = ImapKind::status;
    out.status = *status;
    return read_status(out, from_word, rest);
  }
  if (word == "BYE") {
    out.kind = ImapKind::bye;
    return read_status(out, from_word, rest);
  }
  raw.lines[0] = std::string(rest);
  Values values(raw);
  if (const auto number = number_of<std::uint32_t>(word))
    return read_numbered(out, *number, values);
  if (word == "CAPABILITY") {
    out.kind = ImapKind::capability;
    while (auto value = values.next()) out.words.push_back(upper(value->text));
  } else if (word == "SEARCH") {
    out.kind = ImapKind::search;
    while (auto value = values.next()) {
      const auto uid = number_of<std::uint32_t>(value->text);
      if (uid && *uid != 0) out.uids.push_back(*uid);
    }
  } else if (word == "QUOTA") {
    if (read_quota(out.quota, values)) out.kind = ImapKind::quota;
  }
}

}  // namespace

std::optional<std::uint32_t> ImapResponse::code_number(std::string_view word) const {
  if (!std::string_view(code).starts_with(word)) return std::nullopt;
  std::string_view rest = std::string_view(code).substr(word.size());
  if (!rest.starts_with(' ')) return std::nullopt;
  return number_of<std::uint32_t>(take_word(rest));
}

ImapResponse parse_imap(ImapRaw raw) {
  ImapResponse out;
  if (raw.lines.empty()) return out;
  const std::string_view line = raw.lines[0];
  if (line.starts_with('+')) {
    out.kind = ImapKind::continuation;
    out.text = plain_words(line.substr(1));
    return out;
  }
  if (line.starts_with("* ")) {
    read_untagged(out, raw);
    return out;
  }
  std::string_view rest = line;
  const std::string_view tag = take_word(rest);
  const std::string_view from_word = rest;
  const auto status = status_of(upper(take_word(rest).substr(0, 8)));
  if (tag.empty() || !status) return out;
  out.kind = ImapKind::tagged;
  out.tag = std::string(tag.substr(0, 32));
  out.status = *status;
  read_status(out, from_word, rest);
  return out;
}

std::string uid_set(const std::vector<std::uint32_t>& uids, std::size_t from, std::size_t count) {
  std::string out;
  const std::size_t end = std::min(uids.size(), from + count);
  for (std::size_t i = from; i < end;) {
    std::size_t last = i;
    while (last + 1 < end && uids[last + 1] == uids[last] + 1) ++last;
    if (!out.empty()) out += ',';
    out += std::to_string(uids[i]);
    if (last != i) out += ':' + std::to_string(uids[last]);
    i = last + 1;
  }
  return out;
}

std::string plain_words(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.size() >= kMostWords) break;
    const char plain = c > ' ' && c <= '~' ? c : ' ';
    if (plain == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += plain;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace gateway::mail
