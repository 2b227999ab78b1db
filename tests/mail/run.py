"""Runs modules of mail tests in one world, their classes beside each other: most of a test is waiting for mails.

    python3 run.py [MODULE…]        all *_test.py of this folder, or those named; also MODULE.CLASS
"""
import concurrent.futures
import pathlib
import sys
import threading
import time
import unittest

import world

AT_ONCE = 12
LOCK = threading.Lock()
BEGAN = time.monotonic()


class Result(unittest.TestResult):
    """Says each test's end in a line."""

    def startTest(self, test):  # noqa: N802
        super().startTest(test)
        self.began = time.monotonic()

    def say(self, test, how):
        with LOCK:
            print(f"[{time.monotonic() - BEGAN:5.1f} s] {test} ({time.monotonic() - getattr(self, 'began', BEGAN):.1f} s) ... {how}",
                  flush=True)

    def addSuccess(self, test):  # noqa: N802
        super().addSuccess(test)
        self.say(test, "ok")

    def addError(self, test, err):  # noqa: N802
        super().addError(test, err)
        self.say(test, "ERROR")

    def addFailure(self, test, err):  # noqa: N802
        super().addFailure(test, err)
        self.say(test, "FAIL")

    def addSkip(self, test, reason):  # noqa: N802
        super().addSkip(test, reason)
        self.say(test, f"skipped: {reason}")


def classes(suite):
    """The tests of each class, as suites of their own."""
    found = {}
    tests = [suite]
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            tests += test
        else:
            found.setdefault(type(test), []).append(test)
    return found


def run(tests):
    # The world is there already: a class is run as if its module had no fixtures.
    result = Result()
    suite = unittest.TestSuite(tests)
    result._moduleSetUpFailed = False
    result._previousTestClass = None
    suite._handleModuleFixture = lambda *_: None
    suite._handleModuleTearDown = lambda *_: None
    suite.run(result)
    return result


def main():
    names = sys.argv[1:] or sorted(path.stem for path in pathlib.Path(__file__).parent.glob("*_test.py"))
    loader = unittest.TestLoader()
    found = classes(loader.loadTestsFromNames(names))
    if loader.errors:
        sys.exit("\n".join(loader.errors))
    world.setUpModule()
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            longest_first = sorted(found, key=lambda kind: -getattr(kind, "COST", 0))
            results = list(pool.map(lambda kind: run(found[kind]), longest_first))
    finally:
        world.tearDownModule()
    bad = [fault for result in results for fault in result.errors + result.failures]
    for test, text in bad:
        print("=" * 70, f"{test}", "-" * 70, text, sep="\n")
    count, skipped = sum(result.testsRun for result in results), sum(len(result.skipped) for result in results)
    print(f"{count} tests in {time.monotonic() - BEGAN:.1f} s: {len(bad)} failed, {skipped} skipped")
    sys.exit(1 if bad or not count else 0)


if __name__ == "__main__":
    main()
