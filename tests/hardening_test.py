"""What cmake/Hardening.cmake asks for is in the finished programs: hardening_test.py PROGRAM...

Reads the ELF files themselves, with readelf of the binutils that linked them: a flag that a compiler
ignored or another one undid is missed here.
"""
import functools
import re
import subprocess
import sys
import unittest

PROGRAMS = []


def readelf(*args):
    """readelf's text about a file."""
    return subprocess.run(["readelf", "-W", *args], capture_output=True, text=True, check=True).stdout


def of_each_program(check):
    """Makes check(self, path) a test of all programs."""
    @functools.wraps(check)
    def test(self):
        self.assertTrue(PROGRAMS, "no program was named")
        for path in PROGRAMS:
            with self.subTest(path):
                check(self, path)
    return test


class Hardening(unittest.TestCase):
    @of_each_program
    def test_it_is_loaded_at_a_random_address(self, path):
        self.assertRegex(readelf("-h", path), r"Type:\s+DYN")
        self.assertRegex(readelf("-d", path), r"FLAGS_1\b.*\bPIE\b")

    @of_each_program
    def test_what_the_loader_wrote_is_read_only_before_main(self, path):
        self.assertIn("GNU_RELRO", readelf("-l", path))
        self.assertRegex(readelf("-d", path), r"\bBIND_NOW\b|FLAGS_1\b.*\bNOW\b")

    @of_each_program
    def test_no_memory_is_written_and_executed(self, path):
        segments = readelf("-l", path)
        flags = dict(re.findall(r"^\s+(GNU_STACK)\s+(?:0x\w+\s+){5}([RWE ]{3})", segments, re.MULTILINE))
        self.assertEqual(flags, {"GNU_STACK": "RW "})
        loaded = re.findall(r"^\s+LOAD\s+(?:0x\w+\s+){5}([RWE ]{3})", segments, re.MULTILINE)
        self.assertIn("R E", loaded)
        self.assertNotIn("RWE", loaded)

    @of_each_program
    def test_stacks_have_guards_and_calls_into_libc_are_checked(self, path):
        symbols = readelf("--dyn-syms", path)
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"\b__(memcpy|memmove|read|pread|pread64|snprintf|fprintf|printf)_chk\b")

    @of_each_program
    def test_functions_begin_where_an_indirect_jump_may_land(self, path):
        """endbr64, of -fcf-protection. The mark of the whole file (IBT, SHSTK) says nothing: the linker leaves it
        out because the start files of Debian 12's C library have none."""
        if "X86-64" not in readelf("-h", path):
            self.skipTest("-fcf-protection is for x86")
        with open(path, "rb") as file:
            self.assertGreater(file.read().count(b"\xf3\x0f\x1e\xfa"), 1000)

    @of_each_program
    def test_access_beyond_a_container_ends_the_program(self, path):
        with open(path, "rb") as file:
            self.assertIn(b"__n < this->size()", file.read(), "_GLIBCXX_ASSERTIONS")


if __name__ == "__main__":
    PROGRAMS = sys.argv[1:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
