"""Every decision that the code or a document cites exists, and its number stands once. Run by ctest: decisions_test.py ROOT."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
FOLDERS = ("base", "crypto", "store", "messaging", "rpc", "gateway", "tests", "bench", "scripts", "docs", "cmake", "packaging")
KINDS = {".h", ".cpp", ".py", ".md", ".sh", ".cmake", ".txt", ".js", ".mjs", ".html", ""}
HEADING = re.compile(r"^#{1,2} (\d+)\. ", re.M)
CITED = re.compile(r"\b[Dd]ecisions? (\d+(?:(?:, | and | to |, and )\d+)*)")


def files():
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in KINDS and "corpus" not in path.parts:
                yield path
    yield from ROOT.glob("*.md")


def main():
    wrong, known = [], {}
    for page in sorted((ROOT / "docs/decisions").glob("*.md")):
        for number in HEADING.findall(page.read_text()):
            if number in known:
                wrong.append(f"decision {number} stands in {known[number]} and in {page.name}")
            known[number] = page.name
    cited = 0
    for path in files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        # A comment's line may end between the word and its number.
        text = re.sub(r"\n\s*(?://|#|\*)?\s*", " ", text)
        for numbers in CITED.findall(text):
            for number in re.findall(r"\d+", numbers):
                cited += 1
                if number not in known:
                    wrong.append(f"{path.relative_to(ROOT)} cites decision {number}, which does not exist")
    if cited < 40:
        wrong.append(f"only {cited} citations were found: the search is broken")
    print("\n".join(wrong) or f"{cited} citations of {len(known)} decisions")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
