// The text of an HTML part, for mails that have no other: what a person reads of it, without tags.
// Nothing of it is interpreted: no styles, no scripts, no links.
#pragma once

#include <string>
#include <string_view>

namespace messaging::mail {

std::string html_text(std::string_view html);

}  // namespace messaging::mail
