"""What a chatmail relay lets through, as its filter decides: an oracle for every mail that a program submits to the rig.

why_refused() gives the answer of the filter, or None where a mail passes. The rules: MAIL FROM is the address of the From header;
the mail is multipart/encrypted with exactly two parts, "Version: 1" and an armored OpenPGP message without comments whose packets
are in the new format, encrypted session keys first and one SEIPD packet last; or it is the plain request of a join.
"""
import base64
import binascii
import email
import email.policy
import email.utils

PKESK, SKESK, SEIPD = 1, 3, 18
BEGIN, END = "-----BEGIN PGP MESSAGE-----\r\n", "-----END PGP MESSAGE-----"
LARGEST = 31457280


def why_refused(sender, data):
    """The answer of the filter to a mail (bytes) from this MAIL FROM; None when it passes."""
    if len(data) > LARGEST:
        return f"552 5.3.4 Message size exceeds fixed limit of {LARGEST}"
    mail = email.message_from_bytes(data, policy=email.policy.compat32)
    froms = mail.get_all("From", [])
    if len(froms) != 1:
        return f"500 {len(froms)} From headers"
    address = email.utils.parseaddr(froms[0])[1]
    if address.lower() != sender.lower():
        return f"500 Invalid FROM <{address}> for <{sender}>"
    fault = encrypted_fault(mail)
    if fault is None or is_join_request(mail):
        return None
    return f"523 Encryption Needed: Invalid Unencrypted Mail ({fault})"


def is_join_request(mail):
    """The first message of a join without encryption."""
    if mail.get("Secure-Join") not in ("vc-request", "vg-request") or not mail.is_multipart():
        return False
    parts = mail.get_payload()
    if len(parts) != 1 or parts[0].get_content_type() != "text/plain":
        return False
    body = parts[0].get_payload(decode=True).decode("utf-8", "replace").strip().lower()
    return body in ("secure-join: vc-request", "secure-join: vg-request")


def encrypted_fault(mail):
    """What keeps a mail from being an OpenPGP mail (RFC 3156); None when it is one."""
    if mail.get_content_type() != "multipart/encrypted" or not mail.is_multipart():
        return f"it is {mail.get_content_type()}"
    parts = mail.get_payload()
    if len(parts) != 2:
        return f"it has {len(parts)} parts"
    version, message = parts
    if version.get_content_type() != "application/pgp-encrypted":
        return f"the first part is {version.get_content_type()}"
    if version.get_payload(decode=True).strip() != b"Version: 1":
        return "the first part is not 'Version: 1'"
    if message.get_content_type() != "application/octet-stream":
        return f"the second part is {message.get_content_type()}"
    return armor_fault(message.get_payload(decode=True).decode("ascii", "replace"))


def armor_fault(text):
    if not text.startswith(BEGIN):
        return f"the armor begins with {text[:30]!r}"
    text = text[len(BEGIN):].rstrip("\r\n")
    if not text.endswith(END):
        return f"the armor ends with {text[-30:]!r}"
    text = text[:-len(END)]
    if not text.startswith("\r\n"):
        return "the armor has a comment"
    body, _, _ = text.rpartition("=")
    try:
        return packets_fault(base64.b64decode((body or text).replace("\r\n", ""), validate=True))
    except binascii.Error as wrong:
        return f"the armor is not base64: {wrong}"


def packets_fault(data):
    place = 0
    kind = None
    try:
        while place < len(data):
            if kind is not None and kind not in (PKESK, SKESK):
                return f"a packet of type {kind} is not the last"
            if data[place] & 0xC0 != 0xC0:
                return f"an old packet header, {data[place]:#x}"
            kind = data[place] & 0x3F
            place += 1
            while 224 <= data[place] < 255:
                place += 1 + (1 << (data[place] & 0x1F))
            if data[place] < 192:
                place += 1 + data[place]
            elif data[place] < 224:
                place += 2 + ((data[place] - 192) << 8) + data[place + 1] + 192
            else:
                place += 5 + int.from_bytes(data[place + 1:place + 5], "big")
    except IndexError:
        return "a packet's header is cut off"
    if place != len(data):
        return "the last packet is cut off"
    return None if kind == SEIPD else f"the last packet is of type {kind}"
