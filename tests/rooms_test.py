#!/usr/bin/env python3
"""The rooms stand in one straight line: nothing includes upward, and no room links what it may not.

A folder of messaging has a namespace, which no folder below it names.

Reads every #include "room/..." in the tree and every LINKS line of the rooms' CMakeLists.txt, and the
identifiers of the folders that may not know the gateways' own protocol. A rule that allows what no
room does is a fault too.
"""
import pathlib
import re
import sys

ROOMS = ["base", "crypto", "store", "messaging", "rpc", "gateway"]  # from the ground up
# Rooms that are divided: their folders, from the ground up. No file lies beside the folders.
FOLDERS = {
    "messaging": ["model", "kernel", "files", "chats", "outbox", "protected", "groups", "receiving",
                  "delivery", "mail", "peering", "api"],
    "gateway": ["text", "loop", "process", "http", "limits", "tls", "config", "auth", "server", "peer", "mail", "transfer",
                "license",
                "hub", "ws", "relay", "viewer", "commands", "metrics", "endpoints", "daemon", "cli"],
}
# The namespaces of messaging's folders. What rpc calls, and the values that it is given, are messaging's own.
NAMESPACES = {folder: f"messaging::{folder}" for folder in FOLDERS["messaging"]}
NAMESPACES.update({"model": "messaging", "api": "messaging", "protected": "messaging::protection"})
# The table of content kinds names what applies one, without a header of receiving/.
NAMED_FROM_BELOW = {("model", "receiving"): {"Received"}}
# What the gateways' own protocol is made of is known to messaging/peering/ alone. Here, above model/ and
# kernel/, no identifier may hold one of these words and no such header may be included: a chat, a
# group and the outbox are the same by whichever protocol (messaging/kernel/protocol.h).
PROTOCOL_FREE = ["files", "chats", "outbox", "protected", "groups", "receiving", "delivery", "api"]
PROTOCOL_WORDS = re.compile(r"session|deposit|mailbox|token", re.IGNORECASE)
PROTOCOL_HEADERS = re.compile(r"messaging/peering/|messaging/model/deposit\.h|crypto/(ratchet|envelope|noise)\.h|"
                              r"store/tables/(sessions|deposit_tokens|pending_joins|envelopes|routes)\.h")
OTHER_WORDS = {"stop_token", "get_token"}  # of the standard library
# File: what it may name all the same, and why.
PROTOCOL_EXCEPTIONS = {
    "messaging/api/parts.h": ({"messaging/peering/gateway_protocol.h", "messaging/peering/incoming.h",
                               "messaging/peering/relayed.h", "messaging/peering/transport.h",
                               "DepositTransport"},
                              "wires: it makes the protocols and puts them into their table"),
    "messaging/api/parts.cpp": ({"DepositTransport"}, "wires: it is given what deposits leave by"),
    "messaging/api/engine.cpp": ({"DepositTransport"}, "wires: it is given what deposits leave by"),
    "messaging/api/engine.h": ({"messaging/peering/transport.h", "DepositTransport"},
                               "wires: deposits come in by it, and it is given what they leave by"),
    "messaging/api/accounts.cpp": ({"messaging/peering/incoming.h", "mailbox"},
                                   "an account has one way in, a mailbox; get_info shows it"),
    "messaging/api/account_setup.cpp": ({"messaging/peering/relay_choice.h", "mailbox"},
                                        "an account has one way in, a mailbox, here or at its relay"),
    "messaging/api/account_landing.cpp": ({"messaging/peering/relay_choice.h", "messaging/peering/relayed.h",
                                           "messaging/peering/restored_sessions.h"},
                                          "an account that comes is reached through its relay, and asks for links"),
    "messaging/api/identity_files.cpp": ({"messaging/peering/invites.h", "messaging/peering/relay_choice.h",
                                          "messaging/peering/restored_sessions.h"},
                                         "another identity ends invites, and owns another place at a relay"),
    "messaging/api/transfers.cpp": ({"messaging/peering/relayed.h", "messaging/peering/restored_sessions.h"},
                                    "an account that goes leaves its relay, and its links"),
    "messaging/api/config.cpp": ({"messaging/peering/relay_choice.h", "kMaxRelayToken"},
                                 "the settings relay_url and relay_token are the gateways' own"),
    "messaging/api/securejoin.cpp": ({"messaging/peering/invites.h", "messaging/peering/relayed.h"},
                                     "it says what a scanned link is, and a relay has to know an invite first"),
}
# System headers that only some rooms may know.
FENCED = {
    "sqlite3.h": {"store"},
    "sodium.h": {"crypto"},
    "openpgp/openpgp_abi.h": {"crypto"},
    "openpgp/mime_abi.h": {"messaging"},
    "utf8proc.h": {"base"},
    "sys/socket.h": {"gateway"},
    "httplib.h": set(),  # of the benchmarks alone
    "curl/curl.h": {"gateway"},
    "openssl/ssl.h": {"gateway"},
    "CLI/App.hpp": {"gateway"},
    "toml++/toml.h": {"gateway"},
    "unzip.h": {"messaging"},
    "re2/re2.h": {"gateway"},
    "wslay/wslay.h": {"gateway"},
    "nettle/sha1.h": {"gateway"},
    "spdlog/spdlog.h": {"base"},
    "qrencode.h": {"rpc", "gateway"},
    "nlohmann/json.hpp": {"rpc", "gateway"},
    "nlohmann/json_fwd.hpp": {"rpc", "gateway"},
}
LINKS = {
    "base": {"tl::expected", "fmt::fmt", "Threads::Threads", "spdlog::spdlog_header_only",
             "PkgConfig::UTF8PROC"},
    "crypto": {"PkgConfig::SODIUM", "edge_openpgp"},
    "store": {"PkgConfig::SQLITE"},
    "messaging": {"PkgConfig::MINIZIP"},
    "rpc": {"nlohmann_json::nlohmann_json", "PkgConfig::QRENCODE"},
    "gateway": {"CLI11::CLI11", "PkgConfig::RE2", "PkgConfig::NETTLE", "edge_wslay"},
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


def linked(room, text):
    """What one room's CMakeLists.txt links to the room."""
    for call in re.findall(r"(?:edge_room|target_link_libraries)\(\s*" + room + r"\b([^)]*)\)", text):
        call = re.sub(r"SOURCES\s[^)]*?(?=\bLINKS\b|\bPRIVATE_LINKS\b|$)", "", call, flags=re.S)
        yield from set(call.split()) - {"LINKS", "PRIVATE_LINKS", "PUBLIC", "PRIVATE",
                                        "edge_build_options"}


def folder_of(path):
    """The room and the folder that a path of a divided room names; a folder of None: beside them."""
    parts = path.split("/")
    if parts[0] not in FOLDERS:
        return None
    return parts[0], parts[1] if len(parts) > 2 else None


def folder_faults(name, text, edges):
    """The faults of one source file of a divided room; counts its includes in `edges`."""
    here = folder_of(name)
    if here is None:
        return
    order = FOLDERS[here[0]]
    if here[1] not in order:
        yield f"{name}: is in no folder of {here[0]} ({', '.join(order)})"
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        there = folder_of(match.group(1)) if match else None
        if there is None or there[0] != here[0]:
            continue
        if there[1] not in order:
            yield f"{name}:{number}: no folder of {here[0]} has {match.group(1)}"
        elif order.index(there[1]) > order.index(here[1]):
            yield f"{name}:{number}: {here[1]} includes upward: {match.group(1)}"
        elif there[1] != here[1]:
            edges[here[0], here[1], there[1]] = edges.get((here[0], here[1], there[1]), 0) + 1


def namespace_faults(name, text):
    """A file of messaging that is not in its folder's namespace, or names something of a folder above."""
    here = folder_of(name)
    if here is None or here[0] != "messaging" or here[1] not in NAMESPACES:
        return
    own, order = NAMESPACES[here[1]], FOLDERS["messaging"]
    code = code_of(text)
    opened = re.findall(r"^namespace (messaging[\w:]*) \{", code, flags=re.M)
    if opened and own not in opened:
        yield f"{name}: is in {', '.join(sorted(set(opened)))} and belongs to {own}"
    for folder in order[order.index(here[1]) + 1:]:
        word = NAMESPACES[folder].split("::")[-1]
        allowed = NAMED_FROM_BELOW.get((here[1], folder), set())
        for named in re.findall(rf"(?<![\w.>:])(?:messaging::)?{word}::(\w+)", code) if folder != "api" else []:
            if named not in allowed:
                yield f"{name}: names {word}::{named}, which is above {here[1]}"


def code_of(text):
    """A source without its comments and the contents of its strings."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"',
                  lambda m: '""' if m.group(0).startswith('"') else "", text, flags=re.S)


def protocol_names(name, text):
    """(line, name) of the gateways' protocol that a file which should not know it does know."""
    parts = name.split("/")
    if parts[0] != "messaging" or parts[1] not in PROTOCOL_FREE:
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if match and PROTOCOL_HEADERS.match(match.group(1)):
            yield number, match.group(1)
    lines = re.sub(r"^\s*#\s*include.*", "", code_of(text), flags=re.M).splitlines()
    for number, line in enumerate(lines, 1):
        for word in re.findall(r"[A-Za-z_]\w*", line):
            if PROTOCOL_WORDS.search(word) and word not in OTHER_WORDS:
                yield number, word


def protocol_faults(name, text):
    """Names of the gateways' protocol that are no exception, and exceptions that nothing needs."""
    found = list(protocol_names(name, text))
    allowed, _ = PROTOCOL_EXCEPTIONS.get(name, (set(), ""))
    for number, word in found:
        if word not in allowed:
            yield f"{name}:{number}: {word} is the gateways' protocol's: see messaging/kernel/protocol.h"
    for word in sorted(allowed - {word for _, word in found}):
        yield f"{name} does not name {word}: the exception in PROTOCOL_EXCEPTIONS is stale"


def print_edges(edges):
    for room, order in FOLDERS.items():
        for folder in reversed(order):
            below = [f"{there} {count}" for (of, here, there), count in sorted(edges.items())
                     if of == room and here == folder]
            print(f"{room}/{folder} includes: {', '.join(below) or 'none of the others'}")


def link_faults(room, text):
    """What a room links beyond the rooms below and its libraries, and libraries it does not link."""
    words = set(linked(room, text))
    for word in sorted(words - LINKS[room] - set(ROOMS[: ROOMS.index(room)])):
        yield f"{room}/CMakeLists.txt: {room} may not link {word}"
    for word in sorted(LINKS[room] - words):
        yield f"{room}/CMakeLists.txt: {room} does not link {word}: the rule in LINKS is stale"


def stale_fences(headers):
    """The rules about system headers that nothing needs, given {room: what its files include}."""
    for header, rooms in FENCED.items():
        for room in sorted(rooms):
            if header not in headers[room]:
                yield f"no file of {room} includes {header}: the rule in FENCED is stale"


def stale_folders(present):
    """The folders that the rules name and the tree has not, given {room: its folders}."""
    for room, order in FOLDERS.items():
        for folder in order:
            if folder not in present[room]:
                yield f"{room} has no folder {folder}: the rule in FOLDERS is stale"


def self_test():
    """A check that cannot fail checks nothing."""
    assert list(include_faults("base", "x", '#include "crypto/keys.h"'))
    assert list(include_faults("messaging", "x", "#include <sqlite3.h>"))
    assert not list(include_faults("gateway", "x", '#include "rpc/method.h"'))
    assert list(folder_faults("messaging/model/x.h", '#include "messaging/api/engine.h"', {}))
    assert list(folder_faults("messaging/x.h", "", {}))
    assert list(folder_faults("messaging/api/x.h", '#include "messaging/y.h"', {}))
    assert list(protocol_faults("messaging/chats/x.cpp", "void f(SessionRow& row);"))
    assert list(protocol_faults("messaging/groups/x.cpp", "card.token"))
    assert list(protocol_faults("messaging/delivery/x.cpp", '#include "messaging/peering/reach.h"'))
    assert list(protocol_faults("messaging/delivery/x.cpp", '#include "store/tables/sessions.h"'))
    assert list(protocol_faults("messaging/api/config.cpp", ""))  # a stale exception
    assert not list(protocol_faults("messaging/chats/x.cpp", '// a session\nf("a token");  std::stop_token s;'))
    assert not list(protocol_faults("messaging/peering/x.cpp", "SessionRow row;"))
    assert list(namespace_faults("messaging/chats/x.h", "namespace messaging {\n}"))
    assert list(namespace_faults("messaging/chats/x.h", "namespace messaging::chats {\ngroups::Group g;\n}"))
    assert not list(namespace_faults("messaging/groups/x.h", "namespace messaging::groups {\nchats::f();  // peering::x\n}"))
    counted = {}
    assert not list(folder_faults("messaging/api/x.h", '#include "messaging/model/types.h"', counted))
    assert counted == {("messaging", "api", "model"): 1}
    assert list(link_faults("crypto", "edge_room(crypto SOURCES a.cpp LINKS base PkgConfig::SQLITE)"))
    assert list(link_faults("base", "edge_room(base SOURCES a.cpp LINKS store)"))
    assert not list(link_faults("crypto", "edge_room(crypto SOURCES a.cpp LINKS base PkgConfig::SODIUM edge_openpgp)"))
    assert list(link_faults("crypto", "edge_room(crypto SOURCES a.cpp LINKS base)"))
    assert list(stale_fences({room: set(FENCED) - {"curl/curl.h"} for room in ROOMS}))
    assert not list(stale_fences({room: set(FENCED) for room in ROOMS}))
    assert list(stale_folders({"messaging": FOLDERS["messaging"][1:], "gateway": FOLDERS["gateway"]}))
    assert not list(stale_folders(FOLDERS))


def main():
    self_test()
    root = pathlib.Path(sys.argv[1])
    faults, files, headers, edges = [], 0, {room: set() for room in ROOMS}, {}
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in {".h", ".cpp"}:
                files += 1
                text = path.read_text()
                faults += include_faults(room, path.relative_to(root), text)
                faults += folder_faults(str(path.relative_to(root)), text, edges)
                faults += namespace_faults(str(path.relative_to(root)), text)
                faults += protocol_faults(str(path.relative_to(root)), text)
                headers[room].update(re.findall(r'^\s*#\s*include\s*["<]([^">]+)[">]', text, re.M))
        faults += link_faults(room, (root / room / "CMakeLists.txt").read_text())
    faults += stale_fences(headers)
    faults += stale_folders({room: {path.parent.name for path in (root / room).glob("*/*.cpp")} for room in FOLDERS})
    faults += [f"{name} is no file: the exception in PROTOCOL_EXCEPTIONS is stale"
               for name in PROTOCOL_EXCEPTIONS if not (root / name).is_file()]
    assert files > 10, "no sources found: wrong folder?"
    print_edges(edges)
    print("\n".join(faults) if faults else f"{files} files: every include and link goes downward")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
