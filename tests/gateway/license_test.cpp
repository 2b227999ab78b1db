// The license: tokens, terms, what a device makes of them, and the issuer's seats.
#include "gateway/license/license.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "crypto/encoding.h"
#include "gateway/license/issuer.h"
#include "gateway/license/jwt.h"
#include "tests/support/catch.h"

using namespace gateway;

namespace {

// What this program synced while somebody looks, as the kernel calls it: a file's name at that
// moment, and folders.
std::mutex synced_mutex;
std::vector<std::string>* synced = nullptr;

int note_sync(int fd, long call) {
  {
    const std::lock_guard lock(synced_mutex);
    std::error_code none;
    const auto link = "/proc/self/fd/" + std::to_string(fd);
    if (synced != nullptr) synced->push_back(std::filesystem::read_symlink(link, none).string());
  }
  return static_cast<int>(::syscall(call, fd));
}

}  // namespace

// In the C library's place.
extern "C" int fsync(int fd) { return note_sync(fd, SYS_fsync); }
extern "C" int fdatasync(int fd) { return note_sync(fd, SYS_fdatasync); }

namespace {

class SyncWatch {
 public:
  SyncWatch() { set(&paths_); }
  ~SyncWatch() { set(nullptr); }
  SyncWatch(const SyncWatch&) = delete;
  SyncWatch& operator=(const SyncWatch&) = delete;
  std::vector<std::string> take() {
    const std::lock_guard lock(synced_mutex);
    return std::exchange(paths_, {});
  }

 private:
  static void set(std::vector<std::string>* to) {
    const std::lock_guard lock(synced_mutex);
    synced = to;
  }
  std::vector<std::string> paths_;
};

namespace fs = std::filesystem;

constexpr std::int64_t kDay = 86'400;

crypto::Identity key_of(std::uint8_t fill) {
  std::array<std::uint8_t, 32> seed{};
  seed.fill(fill);
  return crypto::Identity::from_seed(seed);
}

std::string sign_raw(const std::string& header, const std::string& payload,
                     const crypto::Identity& key) {
  const std::string token = crypto::base64url_encode(base::as_bytes(header)) + "." +
                            crypto::base64url_encode(base::as_bytes(payload));
  return token + "." + crypto::base64url_encode(key.sign(base::as_bytes(token)));
}

// An accounts directory with a license for a device called dd…dd.
struct Device {
  Device() {
    fs::remove_all(dir);
    fs::create_directories(dir);
  }
  ~Device() { fs::remove_all(dir); }
  void install(const LicenseTerms& terms) const {
    std::ofstream(dir / "privitty.lic") << terms.sign(issuer) << "\n";
  }
  LicensePlace place() const { return {dir, issuer.public_key(), std::string(64, 'd')}; }
  LicenseTerms terms() const {
    LicenseTerms out;
    out.id = "l1";
    out.customer = "Acme";
    out.device = std::string(64, 'd');
    out.expires_at = clock.now() / 1000 + 10 * kDay;
    out.grace_days = 5;
    return out;
  }
  fs::path dir = fs::temp_directory_path() / "edge-license-test";
  crypto::Identity issuer = key_of(1);
  base::ManualClock clock;
};

}  // namespace

TEST_CASE("a token is accepted as its issuer signed it, and in no other form") {
  const auto issuer = key_of(1);
  const std::string good = sign_jwt({{"sub", "x"}}, issuer);
  REQUIRE(verify_jwt(good, issuer.public_key()));
  CHECK((*verify_jwt(good, issuer.public_key()))["sub"] == "x");
  CHECK_FALSE(verify_jwt(good, key_of(2).public_key()));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(verify_jwt(bad, issuer.public_key()));
    CHECK_FALSE(verify_jwt(good.substr(0, i), issuer.public_key()));
  }
  const auto refused = [&](const std::string& header, const std::string& payload) {
    return !verify_jwt(sign_raw(header, payload, issuer), issuer.public_key());
  };
  CHECK(refused(R"({"alg":"none"})", "{}"));
  CHECK(refused(R"({"alg":"HS256"})", "{}"));
  CHECK(refused(R"({"alg":"EdDSA","crit":["x"]})", "{}"));
  CHECK(refused("{}", "{}"));
  CHECK(refused("[]", "{}"));
  CHECK(refused(R"({"alg":"EdDSA"})", "[]"));
  CHECK(refused(R"({"alg":"EdDSA"})", std::string(10'000, '[')));
  CHECK_FALSE(refused(R"({"alg":"EdDSA"})", "{}"));
  CHECK_FALSE(verify_jwt(good + ".x", issuer.public_key()));
  CHECK_FALSE(verify_jwt(good + "=", issuer.public_key()));
  CHECK_FALSE(verify_jwt(std::string(kMaxJwt + 1, 'a'), issuer.public_key()));
}

TEST_CASE("a license runs from active over grace to expired, and the sentence says which") {
  Device device;
  device.install(device.terms());
  License license(device.place(), device.clock);
  REQUIRE(license.reload());
  CHECK(license.status() == 0);
  CHECK(license.check());
  device.clock.advance(11 * kDay * 1000);
  CHECK(license.status() == 1);
  CHECK(license.check());
  device.clock.advance(5 * kDay * 1000);
  CHECK(license.status() == 2);
  const auto no = license.check();
  REQUIRE_FALSE(no);
  CHECK(no.error().code == base::Errc::license_required);
  CHECK(no.error().message ==
        "Privitty license required: status is 'expired'. Run `privitty-edge license activate "
        "<url>` to install or renew.");
  const auto info = nlohmann::json::parse(license.info());
  CHECK(info["status"] == "expired");
  CHECK(info["customerId"] == "Acme");
}

TEST_CASE("setting the clock back extends no license, also over a restart, and is noticed") {
  Device device;
  device.install(device.terms());
  {
    License license(device.place(), device.clock);
    REQUIRE(license.reload());
    device.clock.advance(20 * kDay * 1000);
    CHECK(license.status() == 2);
    device.clock.jump_wall(-15 * kDay * 1000);
    CHECK(license.status() == 4);
    CHECK_FALSE(license.check());
  }
  License license(device.place(), device.clock);
  REQUIRE(license.reload());
  CHECK(license.status() == 4);
  CHECK(license.word() == LicenseStatus::expired);
}

TEST_CASE("another device's license, a stranger's and a damaged one are none") {
  Device device;
  License license(device.place(), device.clock);
  const auto status = [&] {
    REQUIRE(license.reload());
    return license.status();
  };
  CHECK(status() == 3);
  CHECK(license.why() == "there is no privitty.lic");
  auto terms = device.terms();
  terms.device = std::string(64, 'e');
  device.install(terms);
  CHECK(status() == 3);
  CHECK(license.why().find("another device") != std::string::npos);
  terms.device.clear();  // an issuer's own record is good for no device
  device.install(terms);
  CHECK(status() == 3);
  std::ofstream(device.dir / "privitty.lic") << device.terms().sign(key_of(2));
  CHECK(status() == 3);
  std::ofstream(device.dir / "privitty.lic") << "no token";
  CHECK(status() == 3);
  device.install(device.terms());
  CHECK(status() == 0);
}

TEST_CASE("without an issuer nothing is read and everything is allowed") {
  Device device;
  std::ofstream(device.dir / "privitty.lic") << "no token";
  LicensePlace place = device.place();
  place.issuer.reset();
  License license(std::move(place), device.clock);
  CHECK(license.reload());
  CHECK(license.check());
  CHECK(license.status() == 5);
}

TEST_CASE("an issuer gives out as many seats as a license has, and takes them back") {
  Device device;
  const fs::path folder = device.dir / "licenses";
  LicenseIssuer issuer(folder, device.issuer, device.clock);
  auto terms = device.terms();
  terms.device.clear();
  terms.devices = 2;
  const auto token = issuer.add(terms);
  REQUIRE(token);
  const std::string a(64, 'a'), b(64, 'b'), c(64, 'c');
  const auto first = issuer.take_seat(*token, a);
  REQUIRE(first);
  const auto read = LicenseTerms::read(first->jwt, device.issuer.public_key());
  REQUIRE(read);
  CHECK(read->device == a);
  CHECK(read->expires_at == terms.expires_at);
  CHECK(issuer.take_seat(*token, a));  // its seat, once more
  CHECK(issuer.take_seat(*token, b));
  CHECK(issuer.take_seat(*token, c).error().code == base::Errc::exhausted);
  CHECK(issuer.renew(*token, c).error().code == base::Errc::forbidden);
  LicenseIssuer again(folder, device.issuer, device.clock);  // seats outlive the process
  CHECK(again.take_seat(*token, c).error().code == base::Errc::exhausted);
  CHECK(again.give_back(*token, a));
  CHECK(again.take_seat(*token, c));
  CHECK_FALSE(again.renew(*token, a));
  CHECK(again.renew(*token, c));
  CHECK(again.take_seat("../../etc/passwd", a).error().code == base::Errc::not_found);
  CHECK(again.take_seat(std::string(32, '0'), a).error().code == base::Errc::not_found);
  CHECK(again.take_seat(*token, "short").error().code == base::Errc::invalid_argument);
}

TEST_CASE("a seat that was answered, or given back, is on the disk with its folder's entry") {
  const Device device;
  base::ManualClock clock;
  const fs::path folder = device.dir / "licenses";
  LicenseIssuer issuer(folder, device.issuer, clock);
  SyncWatch watch;
  LicenseTerms terms = device.terms();
  terms.devices = 2;
  const auto token = issuer.add(terms);
  REQUIRE(token);
  const std::string record = (folder / (*token + ".json.new")).string();  // renamed once synced
  const std::vector<std::string> both = {record, folder.string()};
  CHECK(watch.take() == std::vector<std::string>{device.dir.string(), record, folder.string()});
  REQUIRE(issuer.take_seat(*token, std::string(64, 'd')));
  CHECK(watch.take() == both);
  REQUIRE(issuer.take_seat(*token, std::string(64, 'd')));
  CHECK(watch.take().empty());  // it has its seat
  REQUIRE(issuer.give_back(*token, std::string(64, 'd')));
  CHECK(watch.take() == both);
}

TEST_CASE("an issuer asked by many threads gives out as many seats as there are, each once") {
  Device device;
  LicenseIssuer issuer(device.dir / "licenses", device.issuer, device.clock);
  auto terms = device.terms();
  terms.devices = 3;
  const auto token = issuer.add(terms);
  REQUIRE(token);
  constexpr int kDevices = 8;
  std::atomic<int> taken = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kDevices; ++i) {
    threads.emplace_back([&, name = std::string(64, static_cast<char>('0' + i))] {
      const auto seat = issuer.take_seat(*token, name);
      if (!seat) {
        if (seat.error().code == base::Errc::exhausted) ++refused;
        return;
      }
      ++taken;
      for (int round = 0; round < 5; ++round) {
        if (!issuer.renew(*token, name) || !issuer.take_seat(*token, name)) taken = -kDevices;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken == 3);
  CHECK(refused == kDevices - 3);
  LicenseIssuer again(device.dir / "licenses", device.issuer, device.clock);
  CHECK(again.take_seat(*token, std::string(64, 'f')).error().code == base::Errc::exhausted);
}

TEST_CASE("a license is asked by many threads while its time passes and it is read again") {
  Device device;
  device.install(device.terms());
  std::atomic<int> answers = 0;
  std::atomic<int> faults = 0;
  auto license = std::make_unique<License>(device.place(), device.clock);
  REQUIRE(license->reload());
  std::vector<std::thread> threads;
  const auto run = [&](auto work) {
    threads.emplace_back([&faults, work] {
      for (int i = 0; i < 50; ++i) {
        if (!work()) ++faults;
      }
    });
  };
  run([&] { return license->check().ok(); });
  run([&] { return license->word() == LicenseStatus::active && license->status() == 0; });
  run([&] { return license->info().find("Acme") != std::string::npos; });
  run([&] { return license->reload().ok() && license->why().empty(); });
  run([&] {
    device.clock.advance(base::Millis{3'600'000});  // each hour is written down
    return true;
  });
  for (int i = 0; i < 2; ++i) {
    run([&] {
      // It came from no server: refused, each once.
      license->act(rpc::Licensing::Act::sync, [&](const base::Result<>& done) {
        if (!done.ok()) ++answers;
      });
      return true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Fifty hours of its ten days: it was active all the time.
  CHECK(faults == 0);
  CHECK(license->check());
  license.reset();
  CHECK(answers == 100);
  // The latest time was written down, by whichever thread.
  device.clock.advance(-base::Millis{24 * 3'600'000});
  License other(device.place(), device.clock);
  REQUIRE(other.reload());
  CHECK(other.status() == 4);
}
