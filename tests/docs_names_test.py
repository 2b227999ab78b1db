"""What the documents name exists: links lead to a file, a file's name in backquotes is one of a file here, and the names of code in
ARCHITECTURE.md and the rooms' README.md stand in the code. Run by ctest: docs_names_test.py ROOT."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
FOLDERS = ("base", "crypto", "store", "messaging", "rpc", "gateway", "openpgp", "tests", "bench", "scripts", "docs", "cmake", "packaging")
LEFT_OUT = {"corpus", "vendor", "target", "data"}
CODE = {".h", ".cpp", ".py", ".rs", ".cmake", ".txt", ".toml"}
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
QUOTED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./-]+\.(?:h|cpp|py|rs|cmake)")
NAME = re.compile(r"(?:\w+(?:::|\.))*([A-Za-z_]\w{2,})(?:\(\))?")
PLACEHOLDERS = {"NAME_test.cpp"}


def files():
    for folder in FOLDERS:
        for place, folders, names in os.walk(ROOT / folder):
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            yield from (pathlib.Path(place) / name for name in names)
    yield from (path for path in ROOT.iterdir() if path.is_file())


def main():
    paths = list(files())
    ends, words = set(), set()
    for path in paths:
        parts = path.relative_to(ROOT).parts
        ends.update("/".join(parts[at:]) for at in range(len(parts)))
        words.update(parts)
        if path.suffix in CODE:
            words.update(re.findall(r"\w+", path.read_text(errors="replace")))
    wrong, links, names = [], 0, 0
    for path in paths:
        if path.suffix != ".md" or path.name == "CHANGELOG.md":
            continue
        of_code = path.name == "ARCHITECTURE.md" or (path.name == "README.md" and path.parent.parent == ROOT)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            place = f"{path.relative_to(ROOT)}:{number}"
            for target in LINK.findall(line):
                links += 1
                if ":" not in target and not (path.parent / target).exists():
                    wrong.append(f"{place}: the link leads to no file: {target}")
            for quoted in QUOTED.findall(line):
                if FILE.fullmatch(quoted):
                    names += 1
                    if quoted not in ends and quoted not in PLACEHOLDERS and not (path.parent / quoted).is_file():
                        wrong.append(f"{place}: no file has this name: {quoted}")
                elif of_code and (name := NAME.fullmatch(quoted)):
                    names += 1
                    if name[1] not in words:
                        wrong.append(f"{place}: no code has this name: {quoted}")
    if links < 50 or names < 300:
        wrong.append(f"only {links} links and {names} names were found: the search is broken")
    print("\n".join(wrong) or f"{links} links and {names} names")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
