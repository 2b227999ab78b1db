#include "messaging/api/device_requests.h"

#include "messaging/api/chat_sending.h"
#include "messaging/api/device_manifests.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/kernel/core.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/device_requests.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::DeviceRequestRow;
using store::RequestState;

constexpr std::size_t kMarksKept = 1'000;  // of a contact

OpenRequest shown(const DeviceRequestRow& row) {
  return {row.message, row.chat, row.contact, row.state == RequestState::begun};
}

base::Result<DeviceRequestRow> load_row(const store::Scope& scope, MsgId message) {
  EDGE_TRY(const auto row, store::find_device_request(scope, message));
  if (row) return *row;
  return fail(Errc::not_found, "message " + std::to_string(message.value) + " asks for no command");
}

base::Result<> send_answer(const kernel::WriteContext& write, const DeviceRequestRow& request,
                           const MessageDraft& answer) {
  EDGE_TRY(const auto chat, store::find_chat(write.scope, request.chat));
  if (!chat || !check_can_send(write.scope, write.account, *chat)) return {};
  std::optional<files::SealedFile> no_file;  // the draft's is one of our blobs
  EDGE_TRY(store::MessageRow row, chats::compose_row(write.tx, write.scope, write.core,
                                                     write.account, chat->id, answer, no_file));
  EDGE_CHECK(send_to_chat(write, *chat, std::move(row)));
  return {};
}

}  // namespace

std::vector<AccountId> DeviceRequests::accounts() const {
  std::vector<AccountId> out;
  for (const kernel::AccountPtr& account : core_.directory.all()) out.push_back(account->id);
  return out;
}

base::Result<std::vector<OpenRequest>> DeviceRequests::open(AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const auto rows, store::open_device_requests(read.scope(), kMostOpen));
  std::vector<OpenRequest> out;
  for (const DeviceRequestRow& row : rows) out.push_back(shown(row));
  return out;
}

base::Result<DeviceRequest> DeviceRequests::load(AccountId account, MsgId message) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const DeviceRequestRow row, load_row(scope, message));
  if (row.state == RequestState::answered) return fail(Errc::not_found, "it is answered");
  EDGE_TRY(store::MessageRow asked, store::load_message(scope, message));
  EDGE_TRY(const store::ContactRow contact, store::load_contact(scope, row.contact));
  if (contact.blocked || asked.from != row.contact) {
    return fail(Errc::not_found, "the contact that asked is blocked");
  }
  DeviceRequest out{.open = shown(row),
                    .text = std::move(asked.text),
                    .contact = {},
                    .contact_name = chats::shown_name(contact)};
  EDGE_TRY(out.contact, device_contact(scope, *read.account, contact));
  return out;
}

void DeviceRequests::begin(AccountId account, MsgId message, std::optional<std::string> name,
                           base::Completion<RequestBegin> done) {
  core_.write<RequestBegin>(
      account,
      [message, name = std::move(name)](store::Tx&, const store::Scope& scope,
                                        const kernel::AccountState&) -> base::Result<RequestBegin> {
        EDGE_TRY(const DeviceRequestRow row, load_row(scope, message));
        if (row.state != RequestState::waiting) return RequestBegin::repeated;
        std::optional<store::Vault::Lookup> mark;
        if (name) mark = scope.lookup("device request", base::as_bytes(*name));
        EDGE_TRY(const bool begun,
                 store::begin_device_request(
                     scope, row, mark ? std::optional<base::ByteView>(*mark) : std::nullopt));
        return begun ? RequestBegin::begun : RequestBegin::repeated;
      },
      std::move(done));
}

void DeviceRequests::end(AccountId account, MsgId message, std::optional<MessageDraft> answer,
                         base::Completion<> done) {
  if (answer) {
    if (auto good = chats::check_draft(*answer); !good) return done(std::move(good).error());
  }
  core_.write<void>(
      account,
      [this, message, answer = std::move(answer)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<> {
        const auto row = load_row(scope, message);
        if (!row || row->state == RequestState::answered) return {};  // another one answered it
        const kernel::WriteContext write{core_, tx, scope, state};
        if (answer) EDGE_CHECK(send_answer(write, *row, *answer));
        return store::end_device_request(scope, *row, kMarksKept);
      },
      std::move(done));
}

}  // namespace messaging
