#!/usr/bin/env python3
"""No SQL text compares or sets the column of an enum with a number written by hand.

Finds the columns by the fields of the store's row structs whose type is an enum, and looks at every
text in store/. Statements bind an enum as a parameter or take its number from store/sql_literal.h.
The migrations in store/schema/ are left out: each says what it did at its time.
"""
import pathlib
import re
import sys

TEXT = r'"(?:[^"\\\n]|\\.)*"'


def without_comments(source):
    return re.sub(rf"({TEXT})|//[^\n]*", lambda match: match.group(1) or "", source)


def enum_columns(headers):
    """The names of fields whose type is an enum that one of the headers declares."""
    sources = [without_comments(header) for header in headers]
    enums = {name for source in sources for name in re.findall(r"\benum class (\w+)", source)}
    fields = re.compile(rf"^\s*(?:{'|'.join(sorted(enums))}) (\w+)(?: = [\w:]+|{{}})?;", re.M)
    return {name for source in sources for name in fields.findall(source)}


def faults(columns, name, source):
    """Where a text of this source compares or sets an enum's column with a number."""
    number = re.compile(
        rf"\b(?:{'|'.join(sorted(columns))})\b\s*(?:=|==|<>|!=|<=?|>=?|(?:NOT )?IN \(|IS (?:NOT )?)\s*\d+")
    source = without_comments(source)
    for match in re.finditer(rf"{TEXT}(?:\s*{TEXT})*", source):
        text = "".join(part[1:-1] for part in re.findall(TEXT, match.group()))
        for found in number.finditer(text):
            line = source.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: a number in the place of an enum: {found.group()}"


def self_test():
    """A check that cannot fail checks nothing."""
    columns = enum_columns(["enum class Mood : std::uint8_t { good = 1 };\n"
                            "struct Row {\n  Mood mood = Mood::good;  // now\n  int size = 0;\n};\n"])
    assert columns == {"mood"}
    for sql in ('"mood = 1"', '"a.mood <> 1"', '"mood "\n    "IN (1, ?2)"', '"mood >= 2"'):
        assert list(faults(columns, "x", f"run({sql});")), sql
    for sql in ('"mood = ?1"', '"mood IN (?1, 1)"', '"size = 1"', '"mood = " + sql_literal(m)'):
        assert not list(faults(columns, "x", f"run({sql});  // mood = 1")), sql


def main():
    self_test()
    root = pathlib.Path(sys.argv[1])
    store = [path for path in sorted((root / "store").rglob("*"))
             if path.suffix in {".h", ".cpp"} and path.parent.name != "schema"]
    columns = enum_columns(path.read_text() for path in store
                           if path.suffix == ".h" and path.parent.name in {"tables", "relay"})
    assert {"state", "kind", "type", "blocked", "purpose", "role", "visibility"} <= columns, columns
    found = [fault for path in store
             for fault in faults(columns, path.relative_to(root), path.read_text())]
    print("\n".join(found) if found else
          f"{len(store)} files: no number in the place of {', '.join(sorted(columns))}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
