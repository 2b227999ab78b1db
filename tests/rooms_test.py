#!/usr/bin/env python3
"""The rooms stand in one straight line: nothing includes upward, and no room links what it may not.

Reads every #include "room/..." in the tree and every LINKS line of the rooms' CMakeLists.txt.
"""
import pathlib
import re
import sys

ROOMS = ["base", "crypto", "store", "messaging", "rpc", "gateway"]  # from the ground up
# System headers that only some rooms may know.
FENCED = {
    "sqlite3.h": {"store"},
    "sodium.h": {"crypto"},
    "utf8proc.h": {"base"},
    "sys/socket.h": {"gateway"},
    "httplib.h": {"gateway"},
    "curl/curl.h": {"gateway"},
    "nlohmann/json.hpp": {"rpc", "gateway"},
    "nlohmann/json_fwd.hpp": {"rpc", "gateway"},
}
LINKS = {
    "base": {"tl::expected", "fmt::fmt", "Threads::Threads", "spdlog::spdlog_header_only",
             "PkgConfig::UTF8PROC"},
    "crypto": {"PkgConfig::SODIUM"},
    "store": {"PkgConfig::SQLITE"},
    "messaging": set(),
    "rpc": {"nlohmann_json::nlohmann_json", "PkgConfig::QRENCODE"},
    "gateway": {"PkgConfig::HTTPLIB", "PkgConfig::CURL", "CLI11::CLI11", "PkgConfig::MAGIC"},
}


def include_faults(room, name, text):
    """The faults of one source file of a room."""
    rank = ROOMS.index(room)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if not match:
            continue
        header = match.group(1)
        first = header.split("/")[0]
        if first in ROOMS and ROOMS.index(first) > rank:
            yield f"{name}:{number}: {room} includes upward: {header}"
        if first == "tests":
            yield f"{name}:{number}: {room} includes a test: {header}"
        if header in FENCED and room not in FENCED[header]:
            yield f"{name}:{number}: {header} belongs to {', '.join(sorted(FENCED[header]))}"


def link_faults(room, text):
    """The faults of one room's CMakeLists.txt: what it links beyond itself and the rooms below."""
    allowed = LINKS[room] | set(ROOMS[: ROOMS.index(room)])
    for call in re.findall(r"(?:edge_room|target_link_libraries)\(\s*" + room + r"\b([^)]*)\)", text):
        call = re.sub(r"SOURCES\s[^)]*?(?=\bLINKS\b|\bPRIVATE_LINKS\b|$)", "", call, flags=re.S)
        for word in call.split():
            if word in {"LINKS", "PRIVATE_LINKS", "PUBLIC", "PRIVATE", "edge_build_options"}:
                continue
            if word not in allowed:
                yield f"{room}/CMakeLists.txt: {room} may not link {word}"


def self_test():
    """A check that cannot fail checks nothing."""
    assert list(include_faults("base", "x", '#include "crypto/keys.h"'))
    assert list(include_faults("messaging", "x", "#include <sqlite3.h>"))
    assert not list(include_faults("gateway", "x", '#include "rpc/method.h"'))
    assert list(link_faults("crypto", "edge_room(crypto SOURCES a.cpp LINKS base PkgConfig::SQLITE)"))
    assert list(link_faults("base", "edge_room(base SOURCES a.cpp LINKS store)"))
    assert not list(link_faults("crypto", "edge_room(crypto SOURCES a.cpp LINKS base PkgConfig::SODIUM)"))


def main():
    self_test()
    root = pathlib.Path(sys.argv[1])
    faults, files = [], 0
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in {".h", ".cpp"}:
                files += 1
                faults += include_faults(room, path.relative_to(root), path.read_text())
        faults += link_faults(room, (root / room / "CMakeLists.txt").read_text())
    assert files > 10, "no sources found: wrong folder?"
    print("\n".join(faults) if faults else f"{files} files: every include and link goes downward")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
