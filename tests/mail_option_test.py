#!/usr/bin/env python3
"""A build without mail leaves all of it out, and one that cannot be built with it says what to do.

    mail_option_test.py CMAKE ROOT
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

MAIL = re.compile(r"^(crypto/openpgp|messaging/mail|gateway/mail)/|^openpgp/")
# What a build without mail knows all the same: the abstract classes at its seam, and what they speak of.
SEAM = {"messaging/mail/mail_transport.h", "messaging/mail/mail_login.h", "messaging/mail/mail_accounts.h"}


def configure(cmake, root, folder, *options):
    command = [cmake, "-S", str(root), "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DEDGE_BENCH=OFF", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def open_includes(text):
    """The headers of mail that a source includes where EDGE_MAIL is not asked for."""
    depth, guarded = 0, []
    for line in text.splitlines():
        directive = re.match(r"\s*#\s*(if\w*|else|elif|endif|include)\b(.*)", line)
        if not directive:
            continue
        word, rest = directive.groups()
        if word.startswith("if"):
            depth += 1
            if "EDGE_MAIL" in rest and word != "ifndef" and "!" not in rest:
                guarded.append(depth)
        elif word in ("else", "elif") and guarded and guarded[-1] == depth:
            guarded.pop()
        elif word == "endif":
            if guarded and guarded[-1] == depth:
                guarded.pop()
            depth -= 1
        elif word == "include" and not guarded:
            header = re.match(r'\s*"([^"]+)"', rest)
            if header and MAIL.match(header.group(1)) and header.group(1) not in SEAM:
                yield header.group(1)


def with_headers(root, sources):
    """The sources and every header of the tree that they include where EDGE_MAIL is not asked for."""
    seen, todo = set(), list(sources)
    while todo:
        one = todo.pop()
        if one in seen or not (root / one).is_file():
            continue
        seen.add(one)
        todo += re.findall(r'^\s*#\s*include\s*"([^"]+)"', (root / one).read_text(), re.M)
    return seen


def self_test():
    assert MAIL.match("messaging/mail/form/x.cpp") and not MAIL.match("messaging/mailroom.cpp")
    assert not list(open_includes('#include "messaging/mail/mail_login.h"'))
    assert list(open_includes('#include "messaging/mail/a.h"')) == ["messaging/mail/a.h"]
    assert not list(open_includes('#ifdef EDGE_MAIL\n#include "messaging/mail/a.h"\n#endif'))
    assert list(open_includes('#ifdef EDGE_MAIL\n#else\n#include "messaging/mail/a.h"\n#endif'))
    assert list(open_includes('#ifndef EDGE_MAIL\n#include "openpgp/mime_abi.h"\n#endif'))


def without(cmake, root):
    """The faults of a build without mail."""
    with tempfile.TemporaryDirectory() as folder:
        done = configure(cmake, root, folder, "-DEDGE_MAIL=OFF", "-DEDGE_CARGO_OLDEST=99")
        if done.returncode != 0:
            yield f"-DEDGE_MAIL=OFF does not configure: {done.stderr.strip()}"
            return
        rules = pathlib.Path(folder, "build.ninja").read_text()
        compiled = json.loads(pathlib.Path(folder, "compile_commands.json").read_text())
    if "cargo" in rules or "libedge_openpgp" in rules:
        yield "a build without mail still knows cargo or its library"
    sources = {str(pathlib.Path(one["file"]).relative_to(root)) for one in compiled if pathlib.Path(one["file"]).is_relative_to(root)}
    assert len(sources) > 100, "no sources found: wrong folder?"
    yield from (f"{name} is compiled without mail" for name in sorted(sources) if MAIL.match(name))
    for name in sorted(one for one in with_headers(root, sources) if not MAIL.match(one) or one in SEAM):
        for header in open_includes((root / name).read_text()):
            yield f"{name} includes {header} in a build without mail: #ifdef EDGE_MAIL, and edge_knows_mail() in its CMakeLists.txt"


def with_old_rust(cmake, root):
    """The faults of the error that a too old rustc gets."""
    with tempfile.TemporaryDirectory() as folder:
        done = configure(cmake, root, folder, "-DEDGE_CARGO_OLDEST=99")
    if done.returncode == 0:
        yield "a rustc that is too old is not refused"
    for words in ("scripts/setup", "EDGE_MAIL=OFF"):
        if words not in done.stderr:
            yield f"the error of a rustc that is too old does not say {words}: {done.stderr.strip()}"


def main():
    self_test()
    cmake, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    faults = [*without(cmake, root), *with_old_rust(cmake, root)]
    print("\n".join(faults) if faults else "a build without mail is whole, and one without cargo says so")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
