// MailPart: the lines to mail servers and the thread that carries them, which begins with the first
// use: a daemon without mail accounts has none. In a build without mail there is no transport.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "messaging/mail/mail_transport.h"

namespace gateway {

class MailPart {
 public:
  // `ca_file`: certificates that sign servers'; "": the system's.
  static base::Result<std::unique_ptr<MailPart>> make(const base::Clock& clock,
                                                      std::string ca_file);
  virtual ~MailPart() = default;

  virtual messaging::mail::MailTransport* transport() = 0;  // null in a build without mail
  // Ends the thread. What is under way is answered with an error; nothing is called afterwards.
  virtual void stop() = 0;
};

}  // namespace gateway
