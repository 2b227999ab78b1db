// License: this device's license, DIR/privitty.lic, and its state in DIR/license_state.json: its
// source and the latest time that was seen, so that a clock set back extends nothing. A newer
// license from its issuer proves the time, which corrects a clock that once ran ahead. Without an
// issuer's key everything is allowed and nothing is read.
//
// Safe from any thread; act() runs on a thread of its own, one at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "gateway/license/terms.h"
#include "rpc/licensing.h"

namespace gateway {

struct LicensePlace {
  std::filesystem::path accounts;
  std::optional<crypto::PublicKey> issuer;  // nothing: no license is needed
  std::string fingerprint;                  // this device's, where there is an issuer
};

class License final : public rpc::Licensing {
 public:
  License(LicensePlace place, const base::Clock& clock) : place_(std::move(place)), clock_(clock) {}
  ~License() override;

  base::Result<> check() const override;
  int status() const override;
  std::string info() const override;
  base::Result<> reload() override;
  void act(Act act, base::Completion<> done) override;

  bool required() const { return place_.issuer.has_value(); }
  bool installed() const;
  LicenseStatus word() const;
  std::string why() const;  // why there is none; "" when there is one

  // These wait for the network (15 s at most) and the disk: the command line and the start.
  base::Result<std::string> activate(const std::string& url);  // the customer's name
  base::Result<> activate_again();                             // from where the license came from
  base::Result<> sync();
  base::Result<> deactivate();

 private:
  struct Kept {
    std::string url;
    std::int64_t latest = 0;  // Unix seconds
    bool deactivated = false;
  };
  std::filesystem::path lic() const { return place_.accounts / "privitty.lic"; }
  std::filesystem::path state_path() const { return place_.accounts / "license_state.json"; }
  Kept read_kept() const;
  base::Result<> write_kept(const Kept& kept) const;
  base::Result<LicenseTerms> judge(const std::string& jwt) const;
  base::Result<> install(const std::string& jwt, const std::string& url);
  std::int64_t now() const REQUIRES(mutex_);

  const LicensePlace place_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  std::optional<LicenseTerms> terms_ GUARDED_BY(mutex_);
  std::string why_ GUARDED_BY(mutex_) = "no license was read yet";
  mutable std::int64_t latest_ GUARDED_BY(mutex_) = 0;
  mutable std::int64_t kept_at_ GUARDED_BY(mutex_) = 0;
  base::Mutex act_mutex_;
  std::jthread thread_ GUARDED_BY(act_mutex_);
};

}  // namespace gateway
