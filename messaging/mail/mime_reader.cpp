#include "messaging/mail/mime_reader.h"

#include <memory>

#include "openpgp/mime_abi.h"

namespace messaging::mail {
namespace {

struct FreeMime {
  void operator()(edge_mime* mail) const noexcept { edge_mime_free(mail); }
};
struct FreeBuffer {
  void operator()(edge_buffer* buffer) const noexcept { edge_pgp_buffer_free(buffer); }
};

edge_slice mime_slice(base::ByteView bytes) { return {bytes.data(), bytes.size()}; }

base::ByteView mime_view(edge_slice slice) {
  return slice.size == 0 ? base::ByteView() : base::ByteView(slice.data, slice.size);
}

std::string mime_text(edge_slice slice) { return std::string(base::as_text(mime_view(slice))); }

base::Error mime_error(std::int32_t status) {
  const base::Errc code =
      status == EDGE_PGP_TOO_LARGE ? base::Errc::too_large : base::Errc::internal;
  return {code, "MIME: " + mime_text(edge_pgp_last_text())};
}

template <class Add>
bool each_pair(const edge_mime* mail, std::uint32_t part, std::uint8_t kind, std::uint32_t count,
               Add&& add) {
  for (std::uint32_t i = 0; i < count; ++i) {
    edge_mime_pair pair{};
    if (edge_mime_pair_at(mail, part, kind, i, &pair) != EDGE_PGP_OK) return false;
    add(mime_text(pair.name), mime_text(pair.value));
  }
  return true;
}

// The part `index` alone, without what is in it.
base::Result<MimePart> part_at(const edge_mime* mail, std::uint32_t index,
                               const edge_mime_part& facts) {
  MimePart out;
  out.type = mime_text(facts.type);
  out.disposition = mime_text(facts.disposition);
  out.file_name = mime_text(facts.file_name);
  out.body = base::to_bytes(mime_view(facts.body));
  const auto header = [&](std::string name, std::string value) {
    out.headers.push_back({std::move(name), std::move(value)});
  };
  const auto param = [&](std::string name, std::string value) {
    out.params.emplace_back(std::move(name), std::move(value));
  };
  const auto disposition_param = [&](std::string name, std::string value) {
    out.disposition_params.emplace_back(std::move(name), std::move(value));
  };
  const bool whole = each_pair(mail, index, EDGE_MIME_HEADER, facts.headers, header) &&
                     each_pair(mail, index, EDGE_MIME_PARAM, facts.params, param) &&
                     each_pair(mail, index, EDGE_MIME_DISPOSITION_PARAM, facts.disposition_params,
                               disposition_param);
  if (!whole) return mime_error(EDGE_PGP_INTERNAL);
  return out;
}

base::Result<MimePart> read_parts(base::ByteView mail, bool head_alone, const MimeLimits& limits) {
  const edge_mime_limits bounds{limits.size, limits.parts, limits.depth, limits.headers,
                                limits.header_bytes};
  edge_mime* handle = nullptr;
  const auto status = edge_mime_read(mime_slice(mail), head_alone ? 1 : 0, &bounds, &handle);
  if (status != EDGE_PGP_OK) return mime_error(status);
  const std::unique_ptr<edge_mime, FreeMime> owned(handle);
  const std::uint32_t count = edge_mime_count(handle);
  std::vector<MimePart> parts;
  std::vector<std::uint32_t> parents;
  parts.reserve(count);
  parents.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    edge_mime_part facts{};
    if (edge_mime_part_at(handle, i, &facts) != EDGE_PGP_OK) return mime_error(EDGE_PGP_INTERNAL);
    EDGE_TRY(auto part, part_at(handle, i, facts));
    parts.push_back(std::move(part));
    parents.push_back(facts.parent);
  }
  if (parts.empty()) return mime_error(EDGE_PGP_INTERNAL);
  // A parent comes before its parts: from the last to the first, each is whole when it is moved.
  for (std::uint32_t i = count - 1; i > 0; --i) {
    auto& siblings = parts[parents[i]].parts;
    siblings.insert(siblings.begin(), std::move(parts[i]));
  }
  return std::move(parts.front());
}

// What a call writes into a buffer; empty when it fails.
template <class Call>
std::string buffer_text(Call&& call) {
  edge_buffer buffer{nullptr, 0, 0};
  const std::unique_ptr<edge_buffer, FreeBuffer> owned(&buffer);
  if (call(&buffer) != EDGE_PGP_OK) return {};
  return std::string(base::as_text(base::ByteView(buffer.data, buffer.size)));
}

}  // namespace

base::Result<MimePart> read_mime(base::ByteView mail, const MimeLimits& limits) {
  return read_parts(mail, false, limits);
}

base::Result<MimePart> read_mime_head(base::ByteView head, const MimeLimits& limits) {
  return read_parts(head, true, limits);
}

std::string MimeHeader::decoded() const {
  if (value.find("=?") == std::string::npos) return value;
  return buffer_text([&](edge_buffer* out) {
    return edge_mime_decode_words(mime_slice(base::as_bytes(value)), out);
  });
}

std::vector<MimeAddress> read_addresses(std::string_view value, std::size_t max) {
  const std::string fields = buffer_text([&](edge_buffer* out) {
    return edge_mime_addresses(mime_slice(base::as_bytes(value)), max, out);
  });
  std::vector<MimeAddress> out;
  std::string_view rest = fields;
  const auto field = [&rest] {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    std::string text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return text;
  };
  while (!rest.empty()) {
    std::string name = field();
    std::string address = field();
    out.push_back({std::move(name), std::move(address)});
  }
  return out;
}

std::optional<std::int64_t> read_mail_date(std::string_view value) {
  std::int64_t seconds = 0;
  if (edge_mime_date(mime_slice(base::as_bytes(value)), &seconds) != EDGE_PGP_OK) {
    return std::nullopt;
  }
  return seconds;
}

}  // namespace messaging::mail
