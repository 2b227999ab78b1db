// RingFilter: what a subscriber asked for, with the names as the ring has them. Immutable.
#pragma once

#include <memory>
#include <vector>

#include "gateway/hub/filter.h"
#include "gateway/hub/ring.h"

namespace gateway {

struct RingFilter {
  std::shared_ptr<const EventFilter> asked;
  Properties properties;
  std::vector<Token> types;
  std::vector<Token> channels;

  bool passes(Token type, Token channel, base::AccountId account, base::ChatId chat) const;
  // Whether the subscriber listens to this channel.
  bool listens_to(Token channel) const;
  // Whether the subscriber claims all that the event asks of those it goes to.
  bool fits(const Properties& where) const;
};

}  // namespace gateway
