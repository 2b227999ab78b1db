#include "messaging/mail/large_file_mails.h"

#include <utility>

#include "crypto/hash.h"
#include "messaging/files/picture_head.h"
#include "messaging/mail/form/message_id.h"

namespace messaging::mail {
namespace {

// The Message-ID of the mail that precedes the one with the file. Always the same, so that a
// repeated mail is recognised.
std::string pre_message_id(const Uuid& message) {
  base::Bytes named = base::to_bytes(base::as_bytes("mail before the file"));
  named.insert(named.end(), message.begin(), message.end());
  return message_id_of(as_v4(crypto::blake2b<16>(named)));
}

}  // namespace

std::vector<ChatMail> split_large_file(ChatMail mail, const Uuid& message) {
  auto* text = std::get_if<MailText>(&mail.body);
  if (text == nullptr || !text->file || text->file->bytes.size() < kSplitFrom) {
    std::vector<ChatMail> one;
    one.push_back(std::move(mail));
    return one;
  }
  ChatMail post = mail;
  post.avatar.reset();
  post.gossip.clear();
  if (post.group) post.group->image.reset();
  MailText file;
  file.file = std::move(text->file);
  file.type = text->type;
  file.is_post = true;
  text->file.reset();
  text->post = PostNotice{.message_id = mail.message_id,
                          .name = file.file->name,
                          .type = text->type,
                          .size = file.file->bytes.size(),
                          .duration = text->duration};
  const auto picture = files::read_picture_head(base::ByteView(file.file->bytes));
  if (picture) {
    text->post->width = picture->width;
    text->post->height = picture->height;
  }
  post.body = std::move(file);
  mail.message_id = pre_message_id(message);
  std::vector<ChatMail> both;
  both.push_back(std::move(mail));
  both.push_back(std::move(post));
  return both;
}

}  // namespace messaging::mail
