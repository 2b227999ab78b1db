#!/usr/bin/env python3
"""openpgp/NOTICES.md lists exactly the crates of openpgp/Cargo.lock: notices_test.py ROOT

What is linked into the programs may only be given away with its notices; scripts/notices writes them.
"""
import pathlib
import re
import sys


def locked(text):
    """The crates of a lock file as "name version", without our own."""
    pairs = re.findall(r'^\[\[package\]\]\nname = "([^"]+)"\nversion = "([^"]+)"\nsource = ', text, re.M)
    return {f"{name} {version}" for name, version in pairs}


def listed(text):
    return set(re.findall(r"^- ([a-z0-9_-]+ \d\S*) \(", text, re.M | re.I))


def faults(lock, notices):
    for name in sorted(locked(lock) - listed(notices)):
        yield f"openpgp/NOTICES.md does not list {name}: run scripts/notices"
    for name in sorted(listed(notices) - locked(lock)):
        yield f"openpgp/NOTICES.md lists {name}, which is not in Cargo.lock: run scripts/notices"


def self_test():
    lock = '[[package]]\nname = "a"\nversion = "1.0"\nsource = "x"\n\n[[package]]\nname = "own"\nversion = "2.0"\n'
    assert locked(lock) == {"a 1.0"}
    assert not list(faults(lock, "- a 1.0 (MIT)\n"))
    assert list(faults(lock, "- a 1.1 (MIT)\n")) and list(faults(lock, "")) and list(faults("", "- a 1.0 (MIT)\n"))


def main():
    self_test()
    root = pathlib.Path(sys.argv[1])
    lock, notices = (root / "openpgp/Cargo.lock").read_text(), (root / "openpgp/NOTICES.md").read_text()
    assert len(locked(lock)) > 20, "no crates found: wrong folder?"
    found = list(faults(lock, notices))
    print("\n".join(found) if found else f"{len(locked(lock))} crates, each with its licence")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
