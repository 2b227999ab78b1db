// Protecting and reading a file, beside what libsodium makes of the same chunks in memory (the most
// that the format allows on one thread), in one run. Protecting takes two threads, reading one.
//
//   prv_bench [FOLDER [MIB [ROUNDS]]]     one JSON line per measurement, the best round of each
//
// The source is sparse and the containers stay in the page cache where they fit; the sync at the
// end is not counted, as `age` and `openssl enc` make none. peak_kib is the program's whole
// resident memory by then.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>

#include "crypto/init.h"
#include "crypto/random.h"
#include "messaging/files/prv_file.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void die(const base::Error& error) {
  fmt::print(stderr, "prv_bench: {}\n", error.message);
  std::exit(1);
}

void report(std::string_view what, std::uint64_t bytes, int rounds,
            const std::function<void()>& run) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = SteadyClock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(SteadyClock::now() - begin).count());
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{{\"bench\":\"prv\",\"what\":\"{}\",\"mib_per_s\":{:.0f},\"peak_kib\":{}}}\n", what,
             static_cast<double>(bytes) / best / 1048576, usage.ru_maxrss);
  std::fflush(stdout);
}

messaging::kernel::OpenFile open_file(const std::string& path, int flags) {
  messaging::kernel::OpenFile file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (file.fd() < 0) die(base::fail_errno(base::Errc::io, path, errno));
  return file;
}

}  // namespace

int main(int argc, char** argv) {
  if (auto ready = crypto::init(); !ready) die(ready.error());
  const std::filesystem::path folder =
      argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string();
  const std::uint64_t size = (argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 256) << 20;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;
  const std::string source = folder / "prv_bench.source";
  const std::string target = folder / "prv_bench.prv";
  {
    const auto made = open_file(source, O_RDWR | O_CREAT | O_TRUNC);
    if (::ftruncate(made.fd(), static_cast<off_t>(size)) != 0) {
      die(base::fail_errno(base::Errc::io, source, errno));
    }
  }

  const crypto::PrvShare share = crypto::random_prv_share();
  crypto::PrvHeader header;
  header.size = size;
  header.name = "bench";
  const crypto::Prv prv = crypto::Prv::create(crypto::random_array<16>(), share, header);
  const std::uint64_t chunks = crypto::chunk_count(size);
  crypto::WipingBytes plain(crypto::kChunk);
  base::Bytes sealed(crypto::kSealedChunk);
  report("libsodium in memory", size, rounds, [&] {
    for (std::uint64_t i = 0; i + 1 < chunks; ++i) prv.chunks().seal_into(sealed, i, false, plain);
  });
  report("encrypt", size, rounds, [&] {
    const auto in = open_file(source, O_RDONLY);
    const auto out = open_file(target, O_WRONLY | O_CREAT | O_TRUNC);
    auto done = messaging::files::write_prv(in.fd(), out.fd(), prv, {}, {});
    if (!done) die(done.error());
  });
  const auto reader = [&] {
    auto file = messaging::files::read_plain_file(open_file(target, O_RDONLY));
    if (!file) die(file.error());
    auto opened = messaging::files::PrvReader::open(std::move(*file), share);
    if (!opened) die(opened.error());
    return std::move(*opened);
  };
  report("stream", size, rounds, [&] {
    const auto opened = reader();
    for (std::uint64_t at = 0; at < size; at += plain.size()) {
      auto got = opened->read_at(at, plain);
      if (!got || *got == 0) die(base::fail(base::Errc::io, "a chunk did not open"));
    }
  });
  constexpr int kRanges = 2000;
  report("ranges of 64 KiB anywhere", kRanges * plain.size(), rounds, [&] {
    const auto opened = reader();
    std::mt19937_64 random(1);
    for (int i = 0; i < kRanges; ++i) {
      auto got = opened->read_at(random() % (size - plain.size()), plain);
      if (!got || *got != plain.size()) die(base::fail(base::Errc::io, "a range did not open"));
    }
  });
  std::filesystem::remove(source);
  std::filesystem::remove(target);
  return 0;
}
