"""A file system of a few megabytes, which a test can fill and resize."""
import pathlib
import shutil
import subprocess
import tempfile


class SmallDisk:
    """Mounted at `folder` until the test ends. The test is skipped where mounting is not allowed."""

    def __init__(self, test, megabytes):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-disk-"))
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.folder],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode:
            test.skipTest(f"mounting is not allowed here: {mounted.stderr.strip()}")
        test.addCleanup(subprocess.run, ["umount", "-l", self.folder], check=False)

    def resize(self, megabytes):
        subprocess.run(["mount", "-o", f"remount,size={megabytes}m", self.folder], check=True)
