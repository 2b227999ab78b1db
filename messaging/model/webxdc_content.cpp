#include "messaging/model/webxdc_content.h"

namespace messaging {
namespace {

constexpr auto kTexts = {&WebxdcUpdate::info, &WebxdcUpdate::href, &WebxdcUpdate::document,
                         &WebxdcUpdate::summary};

}  // namespace

void write_fields(base::WireWriter& out, const WebxdcNews& news) {
  write_ref(out, news.app);
  write_author(out, news.app.author);
  out.i64(news.sent_at).text(news.update.payload);
  for (const auto member : kTexts) {
    const std::optional<std::string>& text = news.update.*member;
    out.boolean(text.has_value());
    if (text) out.text(*text);
  }
  out.u16(static_cast<std::uint16_t>(news.update.notify.size()));
  for (const auto& [address, text] : news.update.notify) out.text(address).text(text);
}

void read_fields(base::WireReader& in, WebxdcNews& news) {
  news.app = read_ref(in);
  news.app.author = read_author(in);
  news.sent_at = in.i64();
  news.update.payload = in.text(kMaxUpdatePayload);
  for (const auto member : kTexts) {
    if (in.boolean()) news.update.*member = in.text(kMaxUpdateText);
  }
  const std::uint16_t count = in.u16();
  if (count > kMostNotified) in.refuse();
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    std::string address = in.text(kMaxUpdateText);
    news.update.notify.emplace_back(std::move(address), in.text(kMaxUpdateText));
  }
}

}  // namespace messaging
