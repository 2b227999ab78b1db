#include "gateway/hub/ring_filter.h"

#include <algorithm>

namespace gateway {
namespace {

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

template <class T>
bool allows(const std::vector<T>& list, const T& value) {
  return list.empty() || holds(list, value);
}

}  // namespace

bool RingFilter::passes(Token type, Token channel, base::AccountId account,
                        base::ChatId chat) const {
  if (!allows(types, type)) return false;
  if (channel != 0) return listens_to(channel);
  return asked->messages && (!account.valid() || allows(asked->accounts, account)) &&
         allows(asked->chats, chat);
}

bool RingFilter::listens_to(Token channel) const { return holds(channels, channel); }

bool RingFilter::fits(const Properties& where) const {
  return std::all_of(where.begin(), where.end(),
                     [&](const auto& wanted) { return holds(properties, wanted); });
}

}  // namespace gateway
