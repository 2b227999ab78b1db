//! Mails for the owners of certificates, or for who knows a passphrase.
use std::io::{self, Write};

use pgp::composed::{ArmorOptions, Encryption, MessageBuilder, SubpacketConfig};
use pgp::crypto::{
    aead::{AeadAlgorithm, ChunkSize},
    hash::HashAlgorithm,
    sym::SymmetricKeyAlgorithm,
};
use pgp::packet::{Subpacket, SubpacketData};
use pgp::types::{CompressionAlgorithm, KeyDetails as _, KeyVersion, Password, SigningKey as _, StringToKey, Timestamp};
use rand::{RngCore as _, rngs::OsRng};

use crate::certificate::Certificate;
use crate::failure::{Failure, Outcome, Status, fail};
use crate::key::{self, Key};

const CIPHER: SymmetricKeyAlgorithm = SymmetricKeyAlgorithm::AES128;
const MODE: AeadAlgorithm = AeadAlgorithm::Ocb;
const CHUNK: ChunkSize = ChunkSize::C8KiB;
pub const MAX_RECIPIENTS: usize = 1000;

pub struct Options<'a> {
    pub signer: Option<&'a Key>,
    pub now: Timestamp,
    pub compress: bool,
    pub name_recipients: bool,
}

/// `pgp` ends the lines of an armor with LF; mail and the relays want CRLF.
struct CrLf<'a>(&'a mut Vec<u8>);

impl Write for CrLf<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) => {
                    self.0.extend_from_slice(text);
                    self.0.extend_from_slice(b"\r\n");
                }
                None => self.0.extend_from_slice(line),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn to_certificates(plaintext: &[u8], recipients: &[&Certificate], options: &Options<'_>) -> Outcome<Vec<u8>> {
    if recipients.is_empty() || recipients.len() > MAX_RECIPIENTS {
        return fail(Status::Argument, "a mail has 1 to 1,000 recipients");
    }
    let now = u64::from(options.now.as_secs());
    let cannot = Failure(Status::CannotEncrypt, "a recipient's certificate cannot receive");
    let Some(subkeys) = recipients.iter().map(|recipient| recipient.encryption_subkey(now)).collect::<Option<Vec<_>>>() else {
        return Err(cannot);
    };
    // A reader instead of from_bytes: no copy of the plaintext.
    let message = MessageBuilder::from_reader("", plaintext);
    if recipients.iter().all(|recipient| recipient.is_modern()) {
        let mut message = message.seipd_v2(OsRng, CIPHER, MODE, CHUNK);
        for subkey in subkeys {
            message.encrypt_to_key_anonymous(OsRng, subkey)?;
        }
        finish(message, plaintext.len(), recipients, options)
    } else {
        let mut message = message.seipd_v1(OsRng, CIPHER);
        for subkey in subkeys {
            message.encrypt_to_key_anonymous(OsRng, subkey)?;
        }
        finish(message, plaintext.len(), recipients, options)
    }
}

pub fn to_passphrase(plaintext: &[u8], passphrase: &[u8], options: &Options<'_>) -> Outcome<Vec<u8>> {
    if passphrase.is_empty() {
        return fail(Status::Argument, "the passphrase is empty");
    }
    let mut salt = [0u8; 8];
    OsRng.fill_bytes(&mut salt);
    let mut message = MessageBuilder::from_reader("", plaintext).seipd_v2(OsRng, CIPHER, MODE, CHUNK);
    // The only derivation that receivers accept: these passphrases are random, so it need not cost much.
    let derivation = StringToKey::Salted { hash_alg: HashAlgorithm::Sha256, salt };
    message.encrypt_with_password(OsRng, derivation, &Password::from(passphrase))?;
    finish(message, plaintext.len(), &[], options)
}

fn finish<'a, R: io::Read, E: Encryption>(
    mut message: MessageBuilder<'a, R, E>,
    size: usize,
    recipients: &[&Certificate],
    options: &Options<'a>,
) -> Outcome<Vec<u8>> {
    if let Some(signer) = options.signer {
        let (hashed, unhashed) = subpackets(signer, recipients, options)?;
        let config = SubpacketConfig::UserDefined { hashed, unhashed };
        message.sign_with_subpackets(&signer.key.primary_key, Password::empty(), signer.key.hash_alg(), config);
    }
    if options.compress {
        message.compression(CompressionAlgorithm::ZLIB);
    }
    let mut out = Vec::with_capacity(if options.compress { size / 2 } else { size + size * 2 / 5 } + 4096);
    message.to_armored_writer(OsRng, ArmorOptions::default(), CrLf(&mut out))?;
    Ok(out)
}

/// Creation time, the recipients by name, and who signs.
fn subpackets(signer: &Key, recipients: &[&Certificate], options: &Options<'_>) -> Outcome<(Vec<Subpacket>, Vec<Subpacket>)> {
    let mut hashed = vec![Subpacket::critical(SubpacketData::SignatureCreationTime(options.now))?];
    if options.name_recipients {
        for recipient in recipients {
            let data = SubpacketData::IntendedRecipientFingerprint(recipient.key.fingerprint());
            let critical = signer.key.version() == KeyVersion::V6;
            hashed.push(if critical { Subpacket::critical(data)? } else { Subpacket::regular(data)? });
        }
    }
    hashed.push(Subpacket::regular(SubpacketData::IssuerFingerprint(signer.key.fingerprint()))?);
    Ok((hashed, key::issuer(&signer.key)?))
}
