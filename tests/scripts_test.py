#!/usr/bin/env python3
"""Every shell script parses, and the list of packages is a list of packages.

A fresh machine runs scripts/setup before anything else: what is wrong there stops all the rest.
"""
import pathlib
import re
import subprocess
import sys


def shell_scripts(folder):
    for path in sorted(folder.iterdir()):
        if path.is_file():
            first = path.read_bytes().split(b"\n", 1)[0]
            if re.match(rb"#!.*\b(ba)?sh\b", first) or path.suffix == ".sh":
                yield path


def list_faults(output):
    """The faults of what `scripts/setup --list` prints."""
    lines = output.splitlines()
    faults = [f"not a package and why it is needed: {line!r}" for line in lines
              if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+ +\| \S.*", line)]
    names = [line.split("|")[0].strip() for line in lines]
    faults += [f"listed twice: {name}" for name in sorted(set(names)) if names.count(name) > 1]
    if not {"g++", "cmake", "python3"} <= set(names):
        faults.append("g++, cmake and python3 are not all in the list")
    return faults


def self_test():
    assert list_faults("g++ | the compiler\n")
    assert list_faults("g++ | a\ncmake | b\npython3 | c\ncmake | d\n") == ["listed twice: cmake"]
    assert list_faults("g++ | a\ncmake | b\npython3 | c\ntables:: x\n")
    assert not list_faults("g++ | a\ncmake | b\npython3 | c\n")


def main():
    self_test()
    root = pathlib.Path(sys.argv[1])
    scripts = list(shell_scripts(root / "scripts"))
    assert len(scripts) > 5, "no scripts found: wrong folder?"
    faults = []
    for path in scripts:
        parsed = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True)
        if parsed.returncode != 0:
            faults.append(f"{path.name}: {parsed.stderr.strip()}")
    listed = subprocess.run([str(root / "scripts" / "setup"), "--list"], capture_output=True, text=True)
    if listed.returncode != 0 or listed.stderr:
        faults.append(f"setup --list ended with {listed.returncode}: {listed.stderr.strip()}")
    else:
        faults += list_faults(listed.stdout)
    print("\n".join(faults) if faults else f"{len(scripts)} scripts parse; the list of packages is whole")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
