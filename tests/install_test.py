#!/usr/bin/env python3
"""cmake --install puts the programs, their manual pages and the completions where they belong.

    install_test.py CMAKE BUILD-FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile

FILES = {
    "bin/privitty-edged": "", "bin/privitty-edge": "", "share/man/man1/privitty-edge.1": ".SH COMMANDS",
    "share/man/man1/privitty-edged.1": ".SH OPTIONS", "share/bash-completion/completions/privitty-edge": "complete -o default",
    "share/zsh/site-functions/_privitty-edge": "#compdef privitty-edge",
    "share/fish/vendor_completions.d/privitty-edge.fish": "complete -c privitty-edge", "share/doc/privitty-edge/LICENSE": "Apache",
    "lib/systemd/system/privitty-edged.service": "[Service]",
}


def main():
    cmake, build = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([cmake, "--install", build, "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
        for name, text in FILES.items():
            path = pathlib.Path(folder, name)
            assert path.is_file(), f"{name} was not installed"
            assert not text or text in path.read_text(encoding="utf-8"), f"{name} lacks {text}"
        version = subprocess.run([pathlib.Path(folder, "bin/privitty-edge"), "--version"], capture_output=True, text=True, check=True)
        assert "privitty-edge" in version.stdout, version.stdout
    print(f"{len(FILES)} files are installed")


if __name__ == "__main__":
    main()
