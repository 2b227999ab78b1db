//! Looks at the outermost packets of an input before `pgp` does: their number, the versions and the
//! algorithms of keys and signatures. What is not on these lists is refused here.
//!
//! The lists are closed, because the cost of an algorithm is the input's choice: a signature of DSA with
//! numbers of 16,384 bits costs a tenth of a second, and a certificate has room for thousands.
use crate::failure::{Failure, Outcome, Status, fail};

/// Of a certificate or secret key.
pub const MAX_PACKETS: usize = 500;
/// Bits of an RSA modulus.
const MAX_RSA_BITS: usize = 8192;

const RSA: [u8; 2] = [1, 3];
/// ECDSA, Ed25519 and Ed448 in both their forms, and ML-DSA with either.
const SIGNING: [u8; 6] = [19, 22, 27, 28, 30, 31];
/// ECDH, X25519, X448, and ML-KEM with either.
const RECEIVING: [u8; 5] = [18, 25, 26, 35, 36];

const TAG_PKESK: u8 = 1;
const TAG_SIGNATURE: u8 = 2;
const TAG_SKESK: u8 = 3;
const TAG_SECRET_KEY: u8 = 5;
const TAG_PUBLIC_KEY: u8 = 6;
const TAG_SECRET_SUBKEY: u8 = 7;
const TAG_MARKER: u8 = 10;
const TAG_PUBLIC_SUBKEY: u8 = 14;
const TAG_SEIPD: u8 = 18;
const TAG_PADDING: u8 = 21;

fn malformed() -> Failure {
    Failure(Status::Malformed, "it is damaged or not OpenPGP")
}

struct Packet<'a> {
    tag: u8,
    /// The body, or its first chunk when it comes in several.
    body: &'a [u8],
    /// Whether its length was given in one piece.
    whole: bool,
}

/// The packet at the start of the data and what follows it.
fn split(data: &[u8]) -> Outcome<(Packet<'_>, &[u8])> {
    let byte = |at: usize| data.get(at).copied().map(usize::from).ok_or_else(malformed);
    let first = byte(0)?;
    if first & 0x80 == 0 {
        return Err(malformed());
    }
    let (tag, start, size, whole): (u8, usize, usize, bool) = if first & 0x40 != 0 {
        let tag = (first & 0x3f) as u8;
        match byte(1)? {
            short @ 0..=191 => (tag, 2, short, true),
            long @ 192..=223 => (tag, 3, ((long - 192) << 8) + byte(2)? + 192, true),
            partial @ 224..=254 => (tag, 2, 1usize << (partial & 0x1f), false),
            _ => (tag, 6, byte(2)? << 24 | byte(3)? << 16 | byte(4)? << 8 | byte(5)?, true),
        }
    } else {
        let tag = ((first >> 2) & 0x0f) as u8;
        match first & 3 {
            0 => (tag, 2, byte(1)?, true),
            1 => (tag, 3, byte(1)? << 8 | byte(2)?, true),
            2 => (tag, 5, byte(1)? << 24 | byte(2)? << 16 | byte(3)? << 8 | byte(4)?, true),
            _ => (tag, 1, data.len() - 1, false),
        }
    };
    let end = start.checked_add(size).ok_or_else(malformed)?;
    let body = data.get(start..end).ok_or_else(malformed)?;
    Ok((Packet { tag, body, whole }, &data[end..]))
}

fn octet(body: &[u8], at: usize) -> Outcome<u8> {
    body.get(at).copied().ok_or_else(malformed)
}

fn check_key(body: &[u8]) -> Outcome {
    if !matches!(octet(body, 0)?, 4 | 6) {
        return fail(Status::Unsupported, "the key has a version that is not supported");
    }
    let algorithm = octet(body, 5)?;
    if RSA.contains(&algorithm) {
        // A version 6 key has four more octets before its numbers.
        let at = if body[0] == 6 { 10 } else { 6 };
        let bits = usize::from(octet(body, at)?) << 8 | usize::from(octet(body, at + 1)?);
        if bits > MAX_RSA_BITS {
            return fail(Status::Unsupported, "the RSA key is too large");
        }
        return Ok(());
    }
    if !SIGNING.contains(&algorithm) && !RECEIVING.contains(&algorithm) {
        return fail(Status::Unsupported, "the key has an algorithm that is not supported");
    }
    Ok(())
}

fn check_signature(body: &[u8]) -> Outcome {
    if !matches!(octet(body, 0)?, 4 | 6) {
        return fail(Status::Unsupported, "a signature has a version that is not supported");
    }
    let algorithm = octet(body, 2)?;
    if !RSA.contains(&algorithm) && !SIGNING.contains(&algorithm) {
        return fail(Status::Unsupported, "a signature has an algorithm that is not supported");
    }
    Ok(())
}

/// A certificate or a transferable secret key in binary.
pub fn check_keys(data: &[u8], secret: bool) -> Outcome {
    let (primary, subkey) = if secret { (TAG_SECRET_KEY, TAG_SECRET_SUBKEY) } else { (TAG_PUBLIC_KEY, TAG_PUBLIC_SUBKEY) };
    let mut rest = data;
    let mut count = 0;
    while !rest.is_empty() {
        let (packet, after) = split(rest)?;
        if !packet.whole {
            return Err(malformed());
        }
        count += 1;
        if count > MAX_PACKETS {
            return fail(Status::TooLarge, "it has too many packets");
        }
        if (count == 1) != (packet.tag == primary) {
            return fail(Status::Malformed, if count == 1 { "it does not begin with a key" } else { "it holds more than one key" });
        }
        if packet.tag == primary || packet.tag == subkey {
            check_key(packet.body)?;
        } else if packet.tag == TAG_SIGNATURE {
            check_signature(packet.body)?;
        }
        rest = after;
    }
    if count == 0 {
        return Err(malformed());
    }
    Ok(())
}

/// An encrypted message in binary: at most `max` session keys, then a container whose ciphers are known.
pub fn check_message(data: &[u8], max: usize) -> Outcome {
    let mut rest = data;
    let mut session_keys = 0;
    let mut others = 0;
    loop {
        let (packet, after) = split(rest)?;
        match packet.tag {
            TAG_PKESK | TAG_SKESK => {
                session_keys += 1;
                if session_keys > max {
                    return fail(Status::TooLarge, "it has too many recipients");
                }
            }
            TAG_MARKER | TAG_PADDING => {
                others += 1;
                if others > 16 {
                    return fail(Status::Unsupported, "it has too many packets without content");
                }
            }
            TAG_SEIPD => return check_container(packet.body),
            _ => return fail(Status::Unsupported, "it is not an encrypted message"),
        }
        if !packet.whole {
            return Err(malformed());
        }
        rest = after;
    }
}

fn check_container(body: &[u8]) -> Outcome {
    match octet(body, 0)? {
        1 => Ok(()),
        2 => {
            let (cipher, mode, chunk) = (octet(body, 1)?, octet(body, 2)?, octet(body, 3)?);
            // AES; EAX, OCB or GCM; chunks of 4 MiB at most.
            if !matches!(cipher, 7..=9) || !matches!(mode, 1..=3) || chunk > 16 {
                return fail(Status::Unsupported, "it is encrypted in a way that is not supported");
            }
            Ok(())
        }
        _ => fail(Status::Unsupported, "it is encrypted in a way that is not supported"),
    }
}
