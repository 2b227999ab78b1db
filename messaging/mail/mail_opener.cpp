#include "messaging/mail/mail_opener.h"

#include <algorithm>
#include <utility>

#include "messaging/chats/group_row.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/address.h"
#include "messaging/mail/form/fingerprint.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/join_step.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_joining.h"
#include "messaging/mail/mime_reader.h"

namespace messaging::mail {
namespace {

using crypto::openpgp::Opened;
using crypto::openpgp::Signature;

// The context of opening one mail: the clock is read once.
struct OpenContext {
  const kernel::Core& core;
  const store::Scope& scope;
  const OwnKey& own;
  crypto::openpgp::UnixSeconds now;
  std::size_t most;
};

struct Sealed {
  Opened opened;
  std::optional<JoinSecret> secret;
  std::optional<GroupId> channel;  // whose secret it was
};

// One text for every mail that does not open or has the wrong signature.
constexpr const char* kDoesNotOpen = "it does not open";

// The most secrets that one mail is tried with.
constexpr std::size_t kMaxChannelSecrets = kMaxReadChannels + kMaxOwnChannels;
static_assert(kMaxChannelSecrets < crypto::openpgp::kMaxPassphrases);
constexpr std::size_t kMaxJoinSecrets = crypto::openpgp::kMaxPassphrases - kMaxChannelSecrets;

// Opens with our key, else by the passphrases of our invites and joins and of the channels that we
// read.
base::Result<Sealed> open_sealed(const OpenContext& context, base::ByteView message) {
  const crypto::openpgp::SecretKey* const key = &context.own.secret;
  const crypto::openpgp::OpenLimits limits{.plaintext = context.most};
  auto by_key = crypto::openpgp::open(message, std::span(&key, 1), {}, limits);
  if (by_key) return Sealed{*std::move(by_key), std::nullopt, std::nullopt};
  if (by_key.error().code != base::Errc::sealed) return std::move(by_key).error();
  EDGE_TRY(const auto channels, channel_secrets(context.scope));
  EDGE_TRY(std::vector<JoinSecret> secrets, join_secrets(context.scope, context.own));
  if (secrets.size() > kMaxJoinSecrets) secrets.resize(kMaxJoinSecrets);
  std::vector<crypto::WipingBytes> passphrases;
  for (const ChannelSecret& channel : channels) passphrases.push_back(channel.secret);
  for (const JoinSecret& secret : secrets) {
    passphrases.push_back(join_passphrase(secret.inviter, secret.auth));
  }
  const std::vector<base::ByteView> views(passphrases.begin(), passphrases.end());
  EDGE_TRY(Opened opened, crypto::openpgp::open(message, {}, views, limits));
  Sealed sealed{std::move(opened), std::nullopt, std::nullopt};
  if (const auto which = sealed.opened.by_passphrase()) {
    if (*which < channels.size()) {
      sealed.channel = channels[*which].channel;
    } else {
      sealed.secret = std::move(secrets[*which - channels.size()]);
    }
  }
  return sealed;
}

// Every reader has a channel's secret, but only the owner signs, and for this channel alone.
base::Result<bool> is_of_channel(const OpenContext& context, const GroupId& channel,
                                 const OpenedMail& opened) {
  const auto& said = opened.mail.group;
  if (!opened.signer || !said || !said->channel || group_id_of(said->id) != channel) return false;
  EDGE_TRY(const auto group, chats::find_group(context.scope, channel));
  return group && group->state.owner == member_key(opened.signer->fingerprint());
}

std::optional<Certificate> read_notice(const KeyNotice& notice) {
  auto certificate = Certificate::read(notice.key);
  if (!certificate) return std::nullopt;
  return *std::move(certificate);
}

// The key in the mail, if it is the sender's; else the known key that the signature names.
base::Result<std::optional<Certificate>> find_signer(const OpenContext& context,
                                                     const Opened& opened, const ChatMail& mail,
                                                     std::optional<Signature>& signature) {
  if (!opened.is_signed()) return std::optional<Certificate>();
  if (mail.key && same_address(mail.key->addr, mail.from.addr)) {
    auto brought = read_notice(*mail.key);
    if (brought) signature = opened.verify(*brought, context.now);
    if (signature) return brought;
  }
  const auto hint = opened.issuer_fingerprint();
  if (!hint) return std::optional<Certificate>();
  std::optional<Certificate> known;
  if (*hint == context.own.certificate.fingerprint()) {
    known = context.own.certificate;
  } else {
    EDGE_TRY(const auto contact, find_by_fingerprint(context.scope, *hint));
    if (contact) {
      EDGE_TRY(known, certificate_of(*contact));
    }
  }
  if (known) signature = opened.verify(*known, context.now);
  return signature ? known : std::nullopt;
}

bool is_for_us(const OpenContext& context, const Signature& signature) {
  if (signature.recipients.empty()) return true;
  const auto& ours = context.own.certificate.fingerprint();
  return std::find(signature.recipients.begin(), signature.recipients.end(), ours) !=
         signature.recipients.end();
}

// Gossiped keys count only for recipients of the mail, and never for its sender.
void take_gossip(OpenedMail& opened) {
  for (const KeyNotice& notice : opened.mail.gossip) {
    const bool addressed = std::any_of(
        opened.mail.to.begin(), opened.mail.to.end(),
        [&](const MailMember& member) { return same_address(member.addr, notice.addr); });
    if (!addressed || same_address(notice.addr, opened.mail.from.addr)) continue;
    if (auto certificate = read_notice(notice)) {
      opened.gossip.push_back({notice.addr, *std::move(certificate)});
    }
  }
  opened.mail.gossip.clear();
}

using OpeningEnd = std::variant<UselessMail, OpenedMail, LargeMail>;

base::Result<OpeningEnd> open_encrypted(const OpenContext& context, const MimePart& part,
                                        const OuterMail& outer) {
  const base::ByteView armored = armored_in(part);
  if (armored.empty()) return UselessMail{"it has no encrypted part"};
  auto sealed = open_sealed(context, armored);
  if (!sealed) {
    if (sealed.error().code == base::Errc::unavailable) return std::move(sealed).error();
    const bool large = sealed.error().code == base::Errc::too_large && context.most < kAnyMail;
    if (large) return LargeMail();
    return UselessMail{kDoesNotOpen};
  }
  const auto inner = read_mime(sealed->opened.plaintext());
  if (!inner) return UselessMail{"its inner mail cannot be read: " + inner.error().message};
  auto mail = read_mail(*inner, outer);
  if (!mail) return UselessMail{"its inner mail cannot be read: " + mail.error().message};
  OpenedMail opened;
  opened.mail = *std::move(mail);
  opened.seal = sealed->channel  ? MailSeal::channel
                : sealed->secret ? MailSeal::passphrase
                                 : MailSeal::key;
  opened.secret = std::move(sealed->secret);
  std::optional<Signature> signature;
  EDGE_TRY(opened.signer, find_signer(context, sealed->opened, opened.mail, signature));
  if (signature && !is_for_us(context, *signature)) {
    return UselessMail{"its sender did not mean it for us"};
  }
  if (sealed->channel) {
    EDGE_TRY(const bool genuine, is_of_channel(context, *sealed->channel, opened));
    if (!genuine) return UselessMail{kDoesNotOpen};
    opened.mail.join.reset();  // steps are for one, by its key
  }
  if (!opened.signer && opened.seal == MailSeal::key) {
    return UselessMail{"nobody whose key is known signed it"};
  }
  if (opened.signer) take_gossip(opened);
  if (signature) opened.recipients = std::move(signature->recipients);
  return opened;
}

base::Result<OpeningEnd> open_plain(const MimePart& part, const OuterMail& outer) {
  auto mail = read_mail(part, outer);
  if (!mail) return UselessMail{"it cannot be read: " + mail.error().message};
  if (!mail->join || !mail->key || !same_address(mail->key->addr, mail->from.addr)) {
    return UselessMail{"it is in the clear"};
  }
  OpenedMail opened;
  opened.signer = read_notice(*mail->key);
  if (!opened.signer) return UselessMail{"it brings no key that can be used"};
  opened.mail = *std::move(mail);
  opened.mail.gossip.clear();
  return opened;
}

}  // namespace

base::Result<OpeningResult> open_mail(const kernel::Core& core, AccountId account, OwnKeys& keys,
                                      base::ByteView bytes, std::size_t most) {
  OpeningResult result;
  const auto part = read_mime(bytes);
  if (!part) {
    result.mail = UselessMail{"it cannot be read: " + part.error().message};
    return result;
  }
  const OuterMail outer = read_outer(*part);
  result.message_id = outer.message_id;
  if (!is_wanted(outer)) {
    result.mail = UselessMail{"it is not encrypted"};
    return result;
  }
  EDGE_TRY(auto read, core.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const OwnKeyPtr own, keys.get(scope));
  const OpenContext context{core, scope, *own, core.clock.now() / 1000, most};
  if (outer.encrypted) {
    EDGE_TRY(result.mail, open_encrypted(context, *part, outer));
  } else {
    EDGE_TRY(result.mail, open_plain(*part, outer));
  }
  return result;
}

}  // namespace messaging::mail
