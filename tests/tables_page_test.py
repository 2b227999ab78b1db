#!/usr/bin/env python3
"""store/tables/README.md lists every table of the schema, with the files that write it, its key, its
sealed columns and whether its rows have a MAC, as the migrations and the SQL of store/ have them.
"""
import pathlib
import re
import sqlite3
import sys

TEXT = r'"(?:[^"\\\n]|\\.)*"'
WRITES = re.compile(r"\b(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM) (?:main\.)?(\w+)")


def columns_of(scripts):
    """Of each table that the scripts make: key, sealed columns, whether there is a MAC."""
    db = sqlite3.connect(":memory:")
    for script in scripts:
        db.executescript(script)
    tables = {}
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"
                              " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'").fetchall():
        columns = db.execute("SELECT name, pk FROM pragma_table_info(?)", (name,)).fetchall()
        key = [column for column, place in sorted(columns, key=lambda c: c[1]) if place]
        sealed = [column for column, _ in columns if column == "sealed" or column.endswith("_sealed")]
        tables[name] = {"key": key, "sealed": sealed, "mac": any(c == "mac" for c, _ in columns)}
    return tables


def writers_of(files):
    """Of each table the files whose SQL writes it; `files` are names with their sources."""
    writers = {}
    for name, source in files:
        source = re.sub(rf"({TEXT})|//[^\n]*", lambda match: match.group(1) or "", source)
        for match in re.finditer(rf"{TEXT}(?:\s*{TEXT})*", source):
            text = "".join(part[1:-1] for part in re.findall(TEXT, match.group()))
            for table in WRITES.findall(text):
                writers.setdefault(table, set()).add(name)
    return writers


def listed(page):
    """The rows of the page's tables."""
    rows = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| `") or len(cells) != 6:
            continue
        name = cells[0].strip("`")
        assert name not in rows, f"{name} is listed twice"
        words = [re.findall(r"`([^`]*)`", cell) for cell in cells]
        rows[name] = {"writers": set(words[1]), "key": split(words[2]), "sealed": split(words[3]),
                      "mac": cells[4] == "yes", "says": cells[5]}
    return rows


def split(words):
    return words[0].split(", ") if words else []


def faults(page, tables, writers):
    rows = listed(page)
    for name in sorted(tables.keys() - rows.keys()):
        yield f"{name}: a table of the schema that the page does not list"
    for name in sorted(rows.keys() - tables.keys()):
        yield f"{name}: listed, and no table of the schema"
    for name in sorted(rows.keys() & tables.keys()):
        row, table = rows[name], tables[name]
        for what in ("key", "sealed", "mac"):
            if row[what] != table[what]:
                yield f"{name}: the page says {what} {row[what]}, the schema {table[what]}"
        if row["writers"] != writers.get(name, set()):
            yield (f"{name}: the page says written by {sorted(row['writers'])}, the SQL is in"
                   f" {sorted(writers.get(name, set()))}")
        if not row["says"]:
            yield f"{name}: the page does not say what it holds"


def self_test():
    """A check that cannot fail checks nothing."""
    sql = ["CREATE TABLE pet(owner INTEGER, id INTEGER, sealed BLOB, PRIMARY KEY(owner, id));",
           "ALTER TABLE pet ADD COLUMN mac BLOB"]
    tables = columns_of(sql)
    writers = writers_of([("pets.cpp", 'run("INSERT INTO "\n  "pet(id) VALUES(1)");'),
                          ("other.cpp", "// UPDATE pet SET id = 1\nrun(\"SELECT 1 FROM pet\");")])
    good = "| `pet` | `pets.cpp` | `owner, id` | `sealed` | yes | A pet. |\n"
    assert not list(faults(good, tables, writers))
    for bad in ("", good.replace("`pet`", "`pets`"), good.replace("owner, id", "id"),
                good.replace("`sealed`", "none"), good.replace("yes", "no"),
                good.replace("`pets.cpp`", "`other.cpp`"), good.replace("A pet.", "")):
        assert list(faults(bad, tables, writers)), bad


def scripts_in(path):
    return re.findall(r'R"sql\((.*?)\)sql"', path.read_text(), re.S)


def main():
    self_test()
    store = pathlib.Path(sys.argv[1]) / "store"
    steps = sorted((store / "schema").glob("v*.sql.h"), key=lambda p: int(re.findall(r"\d+", p.name)[0]))
    own = scripts_in(store / "own_tables.cpp")
    tables = columns_of(own + [script for step in steps for script in scripts_in(step)])
    relay = columns_of(scripts_in(store / "relay" / "relay_schema.cpp"))
    assert len(tables) > 30 and len(relay) > 5, (tables, relay)

    def sources(relays):
        for path in sorted(store.rglob("*.cpp")):
            if path.parent.name == "schema" or (path.parent.name == "relay") != relays:
                continue
            place = path.relative_to(store)
            name = place.name if place.parts[0] == "tables" else f"../{place}"
            if path.name != "relay_schema.cpp":
                yield name, path.read_text()

    writers = writers_of(sources(False)) | {
        name: files for name, files in writers_of(sources(True)).items() if name in relay}
    page = (store / "tables" / "README.md").read_text()
    found = list(faults(page, tables | relay, writers))
    print("\n".join(found) if found else
          f"{len(tables)} tables of a store and {len(relay)} of a relay are as the page says")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
