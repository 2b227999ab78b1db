//! Encrypted mails, opened. What the sender chooses (counts, nesting, expansion) is bounded here.
use std::io::{self, BufRead, Read as _};

use pgp::armor::BlockType;
use pgp::composed::{
    DecryptionOptions, Edata, Esk, Message, PlainSessionKey, decrypt_session_key_with_password,
};
use pgp::packet::{PacketParser, ProtectedDataConfig, Signature, SymEncryptedProtectedDataConfig};
use pgp::types::{DecryptionKey as _, EskType, Password, PkeskVersion, Seipdv1ReadMode, StringToKey, Tag};

use crate::certificate::dearmor;
use crate::failure::{Failure, Outcome, Status, fail};
use crate::fence;
use crate::key::Key;
use crate::limited::{Allowance, Events, Limited, SLACK};

const MAX_SIGNATURES: usize = 4;
const MAX_PASSPHRASES: usize = 1000;

pub struct Limits {
    pub plaintext: u64,
    pub session_keys: usize,
}

#[derive(Clone, Copy)]
pub enum OpenedBy {
    Key(usize),
    Passphrase(usize),
}

/// A signature and the hash of what it covers, to be verified when the sender's certificate is known.
pub struct Unverified {
    pub signature: Signature,
    pub hash: Box<[u8]>,
}

pub struct Opened {
    pub plaintext: Vec<u8>,
    pub by: OpenedBy,
    pub signatures: Vec<Unverified>,
}

fn changed() -> Failure {
    Failure(Status::Sealed, "it was changed on the way")
}

pub fn open(data: &[u8], keys: &[&Key], passphrases: &[&[u8]], limits: &Limits) -> Outcome<Opened> {
    if passphrases.len() > MAX_PASSPHRASES {
        return fail(Status::Argument, "there are too many passphrases");
    }
    let dearmored;
    let binary = if data.first().is_some_and(|byte| byte & 0x80 != 0) {
        data
    } else {
        dearmored = dearmor(data.trim_ascii_start(), &[BlockType::Message])?;
        &dearmored[..]
    };
    let events = Events::default();
    let opened = open_binary(binary, keys, passphrases, limits, &events);
    opened.map_err(|failure| told(failure, &events))
}

/// What happened below `pgp` says more than its error.
fn told(failure: Failure, events: &Events) -> Failure {
    if events.exceeded() {
        Failure(Status::TooLarge, "its text is larger than the limit")
    } else if events.broken() {
        changed()
    } else {
        failure
    }
}

/// What `open` does once the encryption is off.
pub fn open_content(content: &[u8], max: u64) -> Outcome<Opened> {
    let events = Events::default();
    let mut plaintext = vec![];
    let signatures = read_content(content, max, &events, &mut plaintext).map_err(|failure| told(failure, &events))?;
    Ok(Opened { plaintext, by: OpenedBy::Key(0), signatures })
}

fn open_binary(
    binary: &[u8],
    keys: &[&Key],
    passphrases: &[&[u8]],
    limits: &Limits,
    events: &Events,
) -> Outcome<Opened> {
    fence::check_message(binary, limits.session_keys)?;
    let Message::Encrypted { esk, mut edata, .. } = Message::from_bytes(binary)? else {
        return fail(Status::Unsupported, "it is not an encrypted message");
    };
    // The fence saw the same octets; this is what `pgp` made of them.
    let Edata::SymEncryptedProtectedData { reader } = &edata else {
        return fail(Status::Unsupported, "it is encrypted in a way that is not supported");
    };
    let cipher = match reader.config() {
        ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V1) => None,
        ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V2 { sym_alg, .. }) => Some(*sym_alg),
        _ => return fail(Status::Unsupported, "it is encrypted in a way that is not supported"),
    };
    let (session_key, by) = session_key(&esk, keys, passphrases)?;
    let Some(cipher) = session_key.sym_algorithm().or(cipher) else {
        return fail(Status::Unsupported, "it is encrypted in a way that is not supported");
    };
    if !matches!(u8::from(cipher), 7..=9) {
        return fail(Status::Unsupported, "it is encrypted in a way that is not supported");
    }
    // Version 1 is held in memory until its integrity is known.
    let held = limits.plaintext.saturating_add(SLACK).min(1 << 30) as usize;
    let options = DecryptionOptions::new().set_seipdv1_read_mode(Seipdv1ReadMode::CheckFirst { max_message_size: held });
    edata.decrypt_with_options(&session_key, options).map_err(|_| changed())?;
    drop(session_key);

    let mut plaintext = Vec::new();
    let signatures = read_content(&mut edata, limits.plaintext, events, &mut plaintext)?;
    // Reading to the end verifies the last tag.
    expect_end(&mut edata)?;
    let mut behind = edata.get_mut().get_mut();
    expect_end(&mut behind)?;
    Ok(Opened { plaintext, by, signatures })
}

fn session_key(esk: &[Esk], keys: &[&Key], passphrases: &[&[u8]]) -> Outcome<(PlainSessionKey, OpenedBy)> {
    if let [Esk::SymKeyEncryptedSessionKey(packet)] = esk {
        // As Delta Chat: one passphrase, and only the derivation that costs nothing.
        if !matches!(packet.s2k(), Some(StringToKey::Salted { .. })) {
            return fail(Status::Unsupported, "its passphrase is derived in a way that is not supported");
        }
        for (index, passphrase) in passphrases.iter().enumerate() {
            if let Ok(key) = decrypt_session_key_with_password(packet, &Password::from(*passphrase)) {
                return Ok((key, OpenedBy::Passphrase(index)));
            }
        }
        return fail(Status::Sealed, "no passphrase opens it");
    }
    for packet in esk {
        let Esk::PublicKeyEncryptedSessionKey(packet) = packet else { continue };
        let kind = match packet.version() {
            PkeskVersion::V3 => EskType::V3_4,
            PkeskVersion::V6 => EskType::V6,
            _ => continue,
        };
        let Ok(values) = packet.values() else { continue };
        for (index, key) in keys.iter().enumerate() {
            for subkey in &key.key.secret_subkeys {
                if !packet.match_identity(subkey.key.public_key()) {
                    continue;
                }
                if let Ok(Ok(key)) = subkey.key.decrypt(&Password::empty(), values, kind) {
                    return Ok((key, OpenedBy::Key(index)));
                }
            }
        }
    }
    fail(Status::Sealed, "no key opens it")
}

/// What is inside the encryption: a text, signed or not, compressed or not; nothing nested further.
fn read_content<R: BufRead + Send>(
    source: R,
    max: u64,
    events: &Events,
    out: &mut Vec<u8>,
) -> Outcome<Vec<Unverified>> {
    let allowance = Allowance::new(events);
    match Message::from_bytes(Limited { reader: source, allowance: allowance.clone() })? {
        Message::Compressed { reader, .. } => {
            // Compressed bytes are bounded by the size of the mail; what they become is not.
            allowance.raise(1 << 40);
            let mut expanded = reader.decompress()?;
            // Damage of the compressed stream is not damage of the encryption.
            let inside = Events::default();
            let allowance = Allowance::new(&inside);
            let message = Message::from_bytes(Limited { reader: &mut expanded, allowance: allowance.clone() })?;
            allowance.raise(max);
            let signatures = read_text(message, max, events, out).inspect_err(|_| {
                if inside.exceeded() {
                    events.set_exceeded();
                }
            })?;
            expect_end(&mut expanded)?;
            if expanded.get_mut().read(&mut [0u8; 16])? != 0 {
                return Err(changed());
            }
            Ok(signatures)
        }
        message => {
            allowance.raise(max);
            read_text(message, max, events, out)
        }
    }
}

fn read_text(mut message: Message<'_>, max: u64, events: &Events, out: &mut Vec<u8>) -> Outcome<Vec<Unverified>> {
    match &message {
        Message::Literal { .. } => {}
        Message::Signed { reader, .. } => {
            if !matches!(reader.get_ref(), Message::Literal { .. }) {
                return fail(Status::Unsupported, "its content is nested");
            }
            if reader.num_signatures() > MAX_SIGNATURES {
                return fail(Status::Unsupported, "it has too many signatures");
            }
        }
        _ => return fail(Status::Unsupported, "its content is nested"),
    }
    let mut piece = vec![0u8; 32 * 1024];
    loop {
        let count = message.read(&mut piece)?;
        if count == 0 {
            break;
        }
        if out.len() as u64 + count as u64 > max {
            events.set_exceeded();
            return fail(Status::TooLarge, "its text is larger than the limit");
        }
        out.extend_from_slice(&piece[..count]);
    }
    let mut signatures = vec![];
    if let Message::Signed { reader, .. } = &message {
        for index in 0..reader.num_signatures() {
            if let (Some(hash), Some(signature)) = (reader.hash(index), reader.signature(index)) {
                signatures.push(Unverified { signature: signature.clone(), hash: hash.into() });
            }
        }
    }
    Ok(signatures)
}

/// Only packets without content may follow.
fn expect_end(reader: &mut dyn BufRead) -> Outcome {
    let mut rest = vec![];
    reader.take(SLACK + 1).read_to_end(&mut rest).map_err(|_| changed())?;
    if rest.len() as u64 > SLACK {
        return fail(Status::Unsupported, "it has data behind its end");
    }
    let mut packets = PacketParser::new(&rest[..]);
    while let Some(packet) = packets.next_ref() {
        let mut packet = packet?;
        if !matches!(packet.packet_header().tag(), Tag::Padding | Tag::Marker) {
            return fail(Status::Unsupported, "it has data behind its end");
        }
        io::copy(&mut packet, &mut io::sink())?;
    }
    Ok(())
}
