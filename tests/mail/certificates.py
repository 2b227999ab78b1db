"""Certificates for one run: an authority, what it signed for 127.0.0.1, and some that no client may accept."""
import pathlib
import ssl
import subprocess

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr}")


class Certificate:
    """A certificate file and its key."""

    def __init__(self, folder, name):
        self.file, self.key = folder / f"{name}.pem", folder / f"{name}.key"

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


class Authority:
    """A throw-away authority. `file` is what clients trust, as SSL_CERT_FILE for example."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.own = Certificate(self.folder, "authority")
        self.file = self.own.file
        openssl("req", "-x509", *CURVE, "-days", "2", "-subj", "/CN=throw-away", "-keyout", self.own.key, "-out", self.file)

    def sign(self, name, alternatives):
        """A certificate for these subject alternative names: "IP:127.0.0.1,DNS:localhost"."""
        made = Certificate(self.folder, name)
        openssl("req", "-x509", *CURVE, "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternatives}",
                "-addext", "basicConstraints=critical,CA:FALSE", "-CA", self.file, "-CAkey", self.own.key,
                "-keyout", made.key, "-out", made.file)
        return made
