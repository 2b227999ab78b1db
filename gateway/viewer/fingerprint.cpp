#include "gateway/viewer/fingerprint.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "store/whole_file.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using base::Errc;

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string mac_address() {
  std::error_code error;
  std::vector<fs::path> interfaces;
  for (const auto& entry : fs::directory_iterator("/sys/class/net", error)) {
    interfaces.push_back(entry.path());
  }
  std::sort(interfaces.begin(), interfaces.end());
  for (const fs::path& interface : interfaces) {
    const std::string mac = first_line(interface / "address");
    if (mac.find_first_not_of("0:") != std::string::npos) return mac;
  }
  return "";
}

bool in_container() {
  std::error_code error;
  return fs::exists("/.dockerenv", error) || fs::exists("/run/.containerenv", error);
}

bool is_fingerprint(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string make() {
  const std::string mac = mac_address();
  const std::string machine_id = first_line("/etc/machine-id");
  const bool random = in_container() || (mac.empty() && machine_id.empty());
  return fingerprint_of(mac, machine_id,
                        random ? base::to_hex(crypto::random_array<16>()) : std::string());
}

// Run by root beside a daemon of another user, who must be able to read it.
base::Result<> give_to_owner(const fs::path& path, const fs::path& folder) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0) return {};
  if (::lchown(path.c_str(), owner.st_uid, owner.st_gid) == 0) return {};
  return base::fail_errno(Errc::io, "give " + path.string() + " to the daemon's user", errno);
}

}  // namespace

std::string fingerprint_of(const std::string& mac, const std::string& machine_id,
                           const std::string& randomness) {
  const std::string all =
      "privitty-edge device v1\n" + mac + "\n" + machine_id + "\n" + randomness + "\n";
  return base::to_hex(crypto::sha256(base::as_bytes(all)));
}

base::Result<std::string> device_fingerprint(const fs::path& accounts) {
  const fs::path path = accounts / "device_fingerprint";
  std::error_code error;
  if (!fs::exists(path, error)) {
    const std::string made = make();
    const auto kept = store::make_file(path, base::as_bytes(made + "\n"));
    if (kept) {
      EDGE_CHECK(give_to_owner(path, accounts));
      return made;
    }
    // A command line may have made it meanwhile.
    if (kept.error().code != Errc::already_exists) return kept.error();
  }
  if (::access(path.c_str(), R_OK) != 0) {
    return base::fail_errno(Errc::io, "read " + path.string(), errno);
  }
  std::string kept = first_line(path);
  if (is_fingerprint(kept)) return kept;
  return base::fail(Errc::corrupt, path.string() +
                                       " holds no fingerprint; remove it to have a "
                                       "new one made");
}

base::Result<std::string> DeviceFingerprint::get() {
  const base::Lock lock(mutex_);
  if (!text_) {
    EDGE_TRY(text_, device_fingerprint(accounts_));
  }
  return *text_;
}

}  // namespace gateway
