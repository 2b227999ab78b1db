#include "gateway/commands/landlock.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>

#include "gateway/loop/fd.h"

namespace gateway::commands {
namespace {

// Kernel headers older than the kernel lack the newer ones.
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;     // version 3
constexpr std::uint64_t kIoctlDevice = std::uint64_t{1} << 15;  // version 5
constexpr std::uint64_t kScopeAbstractSocket = 1;               // version 6
constexpr std::uint64_t kScopeSignal = 2;                       // version 6

// The kernel takes a shorter form from older programs and refuses set members that it lacks.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};

// Entries of one folder on the way to a hidden path; in a larger one the rest is out of reach.
constexpr std::size_t kMaxEntries = 4096;

std::uint64_t rights_of(int version) {
  std::uint64_t out = (std::uint64_t{1} << 13) - 1;  // version 1: everything before REFER
  if (version >= 2) out |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) out |= kTruncate;
  if (version >= 5) out |= kIoctlDevice;
  return out;
}

constexpr std::uint64_t kFileRights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                      LANDLOCK_ACCESS_FS_READ_FILE | kTruncate | kIoctlDevice;

// The folders on the way to hidden paths, as a tree. A node without children is hidden.
struct Node {
  std::map<std::string, std::unique_ptr<Node>> children;
};

void add_path(Node& root, const std::string& path) {
  std::error_code absent;
  // The kernel judges the file itself, not the links that led there.
  const auto real = std::filesystem::canonical(path, absent);
  if (absent) return;
  Node* node = &root;
  for (const auto& part : real.relative_path()) {
    auto& child = node->children[part.string()];
    const bool is_new = child == nullptr;
    if (is_new) child = std::make_unique<Node>();
    // Below a hidden folder everything is hidden.
    if (!is_new && child->children.empty()) return;
    node = child.get();
  }
  node->children.clear();
}

class Rules {
 public:
  Rules(int ruleset, std::uint64_t rights) : ruleset_(ruleset), rights_(rights) {}

  // False with errno when a rule cannot be added.
  bool allow_all_but(const Node& hidden, const Fd& folder) {
    const int again = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0) return errno == EACCES;  // what cannot be listed stays out of reach
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(again), &::closedir);
    if (entries == nullptr) {
      ::close(again);
      return false;
    }
    for (std::size_t count = 0; count < kMaxEntries; ++count) {
      const dirent* entry = ::readdir(entries.get());  // NOLINT: one thread
      if (entry == nullptr) break;
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (!allow(hidden, folder, name)) return false;
    }
    return true;
  }

 private:
  bool allow(const Node& hidden, const Fd& folder, const std::string& name) {
    const Fd entry(::openat(folder.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!entry || ::fstat(entry.get(), &info) != 0) return true;  // it has gone
    const auto found = hidden.children.find(name);
    if (found == hidden.children.end()) return add_rule(entry, S_ISDIR(info.st_mode));
    if (found->second->children.empty() || !S_ISDIR(info.st_mode)) return true;
    return allow_all_but(*found->second, entry);
  }

  bool add_rule(const Fd& entry, bool is_folder) {
    landlock_path_beneath_attr rule{};
    rule.allowed_access = is_folder ? rights_ : rights_ & kFileRights;
    rule.parent_fd = entry.get();
    // Links and what lies on file systems of the kernel's own cannot carry rules.
    return ::syscall(SYS_landlock_add_rule, ruleset_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ||
           errno == EBADFD || errno == EINVAL;
  }

  const int ruleset_;
  const std::uint64_t rights_;
};

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Landlocked landlock_hide(std::span<const std::string> paths) {
  const int version = landlock_version();
  if (version == 0) return Landlocked::not_offered;
  Node hidden;
  for (const std::string& path : paths) add_path(hidden, path);
  RulesetAttributes attributes;
  attributes.files = rights_of(version);
  if (version >= 6) attributes.scoped = kScopeAbstractSocket | kScopeSignal;
  const std::size_t size = version >= 6   ? sizeof attributes
                           : version >= 4 ? 2 * sizeof(std::uint64_t)
                                          : sizeof(std::uint64_t);
  const Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) return Landlocked::failed;
  const Fd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return Landlocked::failed;
  Rules rules(ruleset.get(), attributes.files);
  if (hidden.children.empty()) {
    landlock_path_beneath_attr rule{};
    rule.allowed_access = attributes.files;
    rule.parent_fd = root.get();
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) !=
        0) {
      return Landlocked::failed;
    }
  } else if (!rules.allow_all_but(hidden, root)) {
    return Landlocked::failed;
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return Landlocked::failed;
  return Landlocked::yes;
}

}  // namespace gateway::commands
