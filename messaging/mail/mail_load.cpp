#include "messaging/mail/mail_load.h"

#include "messaging/kernel/core.h"

namespace messaging::mail {
namespace {

using store::OutboxKind;
using store::OutboxRow;

constexpr std::size_t kRowsOfMail = 3 * kMaxContactsOfMail;  // contents and their files
constexpr std::size_t kBytesOfRows = 1024 * 1024;

// A file's row precedes the row of its content, of which it is a part.
bool is_part_of(const OutboxRow& file, const OutboxRow& content) {
  return file.kind == OutboxKind::file && file.contact == content.contact &&
         file.message == content.message;
}

void read_what(MailLoad& load, const OutboxRow& row) {
  if (row.kind == OutboxKind::mail) {
    if (auto step = decode_join_step(row.payload)) {
      load.what = *std::move(step);
    } else if (auto news = decode_sync_step(row.payload)) {
      load.what = *std::move(news);
    }
  } else if (auto content = decode_content(row.payload)) {
    load.what = *std::move(content);
  }
}

void take(MailLoad& load, OutboxRow& row) {
  if (row.kind == OutboxKind::file) {
    load.blob_id = row.blob_id;
  } else if (row.contact) {
    load.contacts.push_back(*row.contact);
  }
  row.payload.clear();
  load.rows.push_back(std::move(row));
}

// The rows of one mail, from `at` on.
MailLoad take_mail(std::vector<OutboxRow>& rows, std::size_t& at) {
  MailLoad load;
  std::optional<std::array<std::uint8_t, 16>> uuid;
  while (at < rows.size() && load.contacts.size() < kMaxContactsOfMail) {
    // The content's row, after the files that belong to it.
    std::size_t content = at;
    while (content < rows.size() && rows[content].kind == OutboxKind::file) ++content;
    if (content == rows.size()) {
      // A file whose content is gone.
      if (load.rows.empty()) take(load, rows[at++]);
      break;
    }
    OutboxRow& row = rows[content];
    if (!load.rows.empty() && (!uuid || row.uuid != uuid)) break;
    if (content > at && !is_part_of(rows[at], row)) {
      if (load.rows.empty()) take(load, rows[at++]);
      break;
    }
    uuid = row.uuid;
    if (load.rows.empty()) read_what(load, row);
    for (; at <= content; ++at) take(load, rows[at]);
  }
  return load;
}

}  // namespace

base::Result<std::unique_ptr<TurnLoad>> load_turn(kernel::Core& core, RouteKey route,
                                                  const store::SkippedRows& skipped) {
  EDGE_TRY(auto read, core.read(route.first));
  if (!read.account->io_on || read.account->elsewhere) return nullptr;
  EDGE_TRY(auto ready,
           store::ready_contents(read.scope(), route.second, kRowsOfMail, kBytesOfRows, skipped));
  auto load = std::make_unique<TurnLoad>();
  std::size_t at = 0;
  while (at < ready.rows.size() && load->mails.size() < kMailsOfTurn) {
    load->mails.push_back(take_mail(ready.rows, at));
    // The last mail may have further rows that were not read: it is the next turn's first.
    const bool whole = at < ready.rows.size() || !ready.more || load->mails.size() == 1;
    if (!whole) load->mails.pop_back();
  }
  return load->mails.empty() ? nullptr : std::move(load);
}

}  // namespace messaging::mail
