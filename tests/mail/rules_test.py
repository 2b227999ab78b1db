"""The oracle itself: it lets a real mail through and refuses what a relay refuses."""
import base64
import unittest

from relay_rules import why_refused

PKESK = bytes([0xC1, 3, 6, 0, 18])
SEIPD = bytes([0xD2, 0xFF, 0, 0, 1, 0]) + bytes(256)


def armored(packets, comment="", begin="-----BEGIN PGP MESSAGE-----\r\n"):
    text = base64.b64encode(packets).decode()
    lines = "\r\n".join(text[place:place + 64] for place in range(0, len(text), 64))
    return f"{begin}{comment}\r\n{lines}\r\n=AAAA\r\n-----END PGP MESSAGE-----\r\n"


def mail(body, sender="a@rig.test", kind="multipart/encrypted", version="Version: 1", more=""):
    return (f"Content-Type: {kind}; protocol=\"application/pgp-encrypted\"; boundary=\"b\"\r\nMIME-Version: 1.0\r\n"
            f"From: <{sender}>\r\nTo: \"hidden-recipients\": ;\r\nSubject: [...]\r\n\r\n--b\r\n"
            f"Content-Type: application/pgp-encrypted\r\n\r\n{version}\r\n\r\n--b\r\n"
            f"Content-Type: application/octet-stream\r\n\r\n{body}\r\n{more}--b--\r\n").encode()


class Rules(unittest.TestCase):
    def test_what_passes(self):
        self.assertIsNone(why_refused("a@rig.test", mail(armored(PKESK + SEIPD))))
        self.assertIsNone(why_refused("A@Rig.test", mail(armored(PKESK * 5 + bytes([0xC3, 2, 6, 7]) + SEIPD))))
        request = ("Content-Type: multipart/mixed; boundary=b\r\nFrom: <a@rig.test>\r\nSecure-Join: vc-request\r\n\r\n--b\r\n"
                   "Content-Type: text/plain\r\n\r\nsecure-join: vc-request\r\n--b--\r\n").encode()
        self.assertIsNone(why_refused("a@rig.test", request))
        self.assertIn("523", why_refused("a@rig.test", request.replace(b"text/plain", b"text/html")))
        self.assertIn("523", why_refused("a@rig.test", request.replace(b"\r\nsecure-join", b"\r\nhello secure-join")))

    def test_what_is_refused(self):
        good = armored(PKESK + SEIPD)
        old = bytes([0x84]) + PKESK[1:]
        for words, sender, data in (
                ("Invalid FROM", "b@rig.test", mail(good)),
                ("multipart/mixed", "a@rig.test", mail(good, kind="multipart/mixed")),
                ("3 parts", "a@rig.test", mail(good, more="--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n")),
                ("Version: 1", "a@rig.test", mail(good, version="Version: 2")),
                ("comment", "a@rig.test", mail(armored(PKESK + SEIPD, "Version: us\r\n"))),
                ("comment", "a@rig.test", mail(armored(PKESK + SEIPD, "Comment: hello\r\n"))),
                ("armor begins", "a@rig.test", mail(armored(PKESK + SEIPD, begin="-----BEGIN PGP MESSAGE-----\n"))),
                ("armor begins", "a@rig.test", mail("\r\n" + good)),
                ("old packet header", "a@rig.test", mail(armored(old + SEIPD))),
                ("cut off", "a@rig.test", mail(armored(PKESK + SEIPD[:-1]))),
                ("is not the last", "a@rig.test", mail(armored(PKESK + SEIPD + SEIPD))),
                ("is of type 1", "a@rig.test", mail(armored(PKESK))),
                ("is of type 11", "a@rig.test", mail(armored(bytes([0xCB, 7]) + b"b\0\0\0\0\0x"))),
                ("text/plain", "a@rig.test", b"From: <a@rig.test>\r\n\r\nin the clear\r\n"),
                ("From headers", "a@rig.test", b"Subject: nobody\r\n\r\n"),
                ("fixed limit", "a@rig.test", mail("x" * 31457280))):
            with self.subTest(words):
                self.assertIn(words, why_refused(sender, data) or "it passed")


if __name__ == "__main__":
    unittest.main()
