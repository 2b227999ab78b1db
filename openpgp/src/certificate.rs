//! Certificates: read, verified, reduced to what is needed, merged.
use std::io::Read as _;

use base64::Engine as _;
use pgp::armor::{BlockType, Dearmor, DearmorOptions};
use pgp::composed::{Deserializable as _, SignedKeyDetails, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{Signature, SignatureType};
use pgp::ser::Serialize as _;
use pgp::types::{Fingerprint, KeyDetails as _, SignedUser, Tag};

use crate::failure::{Failure, Outcome, Status, fail};
use crate::fence;
use crate::key::RELAYS;

pub const MAX_SIZE: usize = 256 * 1024;
const MAX_SUBKEYS: usize = 16;
const MAX_SUBKEY_SIGNATURES: usize = 4;
const MAX_USER_ID: usize = 1024;

pub struct Certificate {
    pub key: SignedPublicKey,
    pub bytes: Vec<u8>,
    pub fingerprint: Vec<u8>,
    pub relays: Vec<u8>,
    pub address: Vec<u8>,
    pub revoked: bool,
}

/// Binary as it is; armor without its lines; anything else is taken for the base64 of an Autocrypt header.
pub fn to_binary(data: &[u8]) -> Outcome<Vec<u8>> {
    if data.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Ok(data.to_vec());
    }
    let text = data.trim_ascii_start();
    if text.starts_with(b"-----BEGIN") {
        return dearmor(text, &[BlockType::PublicKey, BlockType::PrivateKey]);
    }
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD
        .decode(digits)
        .map_err(|_| Failure(Status::Malformed, "it is neither binary, armor nor base64"))
}

pub fn dearmor(text: &[u8], kinds: &[BlockType]) -> Outcome<Vec<u8>> {
    let mut reader = Dearmor::with_options(text, DearmorOptions::new().set_limit(text.len()));
    reader.read_header()?;
    if !reader.typ.as_ref().is_some_and(|kind| kinds.contains(kind)) {
        return fail(Status::Malformed, "its armor holds something else");
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    reader.read_to_end(&mut out)?;
    Ok(out)
}

impl Certificate {
    /// From anywhere: everything is verified.
    pub fn read(data: &[u8]) -> Outcome<Certificate> {
        if data.len() > 2 * MAX_SIZE {
            return fail(Status::TooLarge, "the certificate is too large");
        }
        let binary = to_binary(data)?;
        if binary.len() > MAX_SIZE {
            return fail(Status::TooLarge, "the certificate is too large");
        }
        fence::check_keys(&binary, false)?;
        let key = SignedPublicKey::from_bytes(&binary[..])?;
        key.verify_bindings().map_err(|_| Failure(Status::Unverified, "a signature of the certificate is wrong"))?;
        Certificate::of(reduce(&[&key])?)
    }

    /// What `read` gave before.
    pub fn read_stored(data: &[u8]) -> Outcome<Certificate> {
        if data.len() > MAX_SIZE {
            return fail(Status::TooLarge, "the certificate is too large");
        }
        fence::check_keys(data, false)?;
        Certificate::of(SignedPublicKey::from_bytes(data)?)
    }

    /// Of a key that was verified and reduced.
    pub fn of(key: SignedPublicKey) -> Outcome<Certificate> {
        let bytes = key.to_bytes()?;
        let fingerprint = match key.fingerprint() {
            Fingerprint::V4(bytes) => bytes.to_vec(),
            Fingerprint::V6(bytes) => bytes.to_vec(),
            _ => return fail(Status::Unsupported, "the key has a version that is not supported"),
        };
        let newest = key.details.direct_signatures.iter().max_by_key(|signature| signature.created());
        let relays = newest
            .and_then(|signature| signature.notations().into_iter().find(|notation| &notation.name[..] == RELAYS.as_bytes()))
            .map(|notation| notation.value.to_vec())
            .unwrap_or_default();
        let address = key.details.users.first().map(|user| address_of(user.id.id())).unwrap_or_default();
        let revoked = !key.details.revocation_signatures.is_empty();
        Ok(Certificate { key, bytes, fingerprint, relays, address, revoked })
    }

    pub fn merge(&self, other: &Certificate) -> Outcome<Certificate> {
        Certificate::of(reduce(&[&self.key, &other.key])?)
    }

    /// Whether it announces SEIPD version 2.
    pub fn is_modern(&self) -> bool {
        let details = &self.key.details;
        let of_users = details.users.iter().flat_map(|user| user.signatures.iter());
        details
            .direct_signatures
            .iter()
            .chain(of_users)
            .any(|signature| signature.features().is_some_and(|features| features.seipd_v2()))
    }

    pub fn is_post_quantum(&self, now: u64) -> bool {
        let algorithm = self.encryption_subkey(now).map(|subkey| subkey.algorithm());
        matches!(algorithm, Some(PublicKeyAlgorithm::MlKem768X25519 | PublicKeyAlgorithm::MlKem1024X448))
    }

    /// The first subkey that can encrypt, as Delta Chat chooses it; but one that was revoked, has expired or is
    /// not meant for it only when there is no other, and before those one that will expire, the newest
    /// first: such subkeys are replaced every few days so that old mail becomes unreadable (Autocrypt 2).
    pub fn encryption_subkey(&self, now: u64) -> Option<&SignedPublicSubKey> {
        if self.revoked {
            return None;
        }
        let usable: Vec<_> = self.key.public_subkeys.iter().filter(|subkey| subkey.algorithm().can_encrypt()).collect();
        let good: Vec<_> = usable.iter().copied().filter(|subkey| is_good(subkey, now)).collect();
        let rotating = good.iter().copied().filter(|subkey| expiry(subkey).is_some());
        rotating
            .max_by_key(|subkey| subkey.created_at().as_secs())
            .or_else(|| good.first().copied())
            .or_else(|| usable.first().copied())
    }
}

fn binding(subkey: &SignedPublicSubKey) -> Option<&Signature> {
    let bindings = subkey.signatures.iter().filter(|signature| signature.typ() == Some(SignatureType::SubkeyBinding));
    bindings.max_by_key(|signature| signature.created())
}

/// When it expires, in seconds since 1970.
fn expiry(subkey: &SignedPublicSubKey) -> Option<u64> {
    let lifetime = u64::from(binding(subkey)?.key_expiration_time()?.as_secs());
    (lifetime != 0).then(|| u64::from(subkey.created_at().as_secs()) + lifetime)
}

fn is_good(subkey: &SignedPublicSubKey, now: u64) -> bool {
    let revoked = subkey.signatures.iter().any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation));
    let meant = binding(subkey).is_none_or(|signature| {
        let flags = signature.key_flags();
        flags.encrypt_comms() || flags.encrypt_storage()
    });
    !revoked && meant && expiry(subkey).is_none_or(|end| end > now)
}

/// `address` of "Name <address>", or the whole when it has no angles.
fn address_of(id: &[u8]) -> Vec<u8> {
    let inner = id.iter().rposition(|byte| *byte == b'<').map_or(id, |at| &id[at + 1..]);
    let end = inner.iter().position(|byte| *byte == b'>').unwrap_or(inner.len());
    inner[..end].trim_ascii().to_vec()
}

/// The newest direct key signature, the newest user id with its newest signature, and the bound subkeys of
/// certificates of one primary key. Whatever does not verify is left out.
fn reduce(keys: &[&SignedPublicKey]) -> Outcome<SignedPublicKey> {
    let primary = &keys[0].primary_key;
    if keys.iter().any(|key| key.fingerprint() != primary.fingerprint()) {
        return fail(Status::Argument, "the certificates are of different keys");
    }
    let verifies = |signature: &&Signature| signature.verify_key(primary).is_ok();
    let newest = |signatures: Vec<&Signature>| {
        let mut sorted = signatures;
        sorted.sort_by_key(|signature| std::cmp::Reverse(signature.created()));
        sorted.into_iter().find(verifies).cloned()
    };
    let is = |signature: &&Signature, kind| signature.typ() == Some(kind);
    let direct = keys.iter().flat_map(|key| &key.details.direct_signatures).filter(|s| is(s, SignatureType::Key));
    let direct = newest(direct.collect());
    let revocation = keys.iter().flat_map(|key| &key.details.revocation_signatures).filter(|s| is(s, SignatureType::KeyRevocation));
    let revocation = newest(revocation.collect());

    let certifies = |signature: &Signature| {
        use SignatureType::{CertCasual, CertGeneric, CertPersona, CertPositive};
        matches!(signature.typ(), Some(CertGeneric | CertPersona | CertCasual | CertPositive))
    };
    let mut users: Vec<(&SignedUser, &Signature)> = keys
        .iter()
        .flat_map(|key| &key.details.users)
        .filter(|user| user.id.id().len() <= MAX_USER_ID)
        .flat_map(|user| user.signatures.iter().map(move |signature| (user, signature)))
        .filter(|(_, signature)| certifies(signature))
        .collect();
    users.sort_by_key(|(_, signature)| std::cmp::Reverse(signature.created()));
    let user = users
        .into_iter()
        .find(|(user, signature)| signature.verify_certification(primary, Tag::UserId, &user.id).is_ok())
        .map(|(user, signature)| SignedUser { id: user.id.clone(), signatures: vec![signature.clone()] });

    let mut subkeys: Vec<SignedPublicSubKey> = vec![];
    for subkey in keys.iter().rev().flat_map(|key| &key.public_subkeys) {
        if let Some(known) = subkeys.iter_mut().find(|known| known.fingerprint() == subkey.fingerprint()) {
            if subkey.verify_bindings(primary).is_ok() {
                for signature in &subkey.signatures {
                    if !known.signatures.contains(signature) {
                        known.signatures.push(signature.clone());
                    }
                }
                shorten(known);
            }
        } else if subkeys.len() < MAX_SUBKEYS && subkey.verify_bindings(primary).is_ok() {
            let mut kept = subkey.clone();
            shorten(&mut kept);
            subkeys.push(kept);
        }
    }
    let details = SignedKeyDetails {
        revocation_signatures: revocation.into_iter().collect(),
        direct_signatures: direct.into_iter().collect(),
        users: user.into_iter().collect(),
        user_attributes: vec![],
    };
    Ok(SignedPublicKey { primary_key: primary.clone(), details, public_subkeys: subkeys })
}

/// Keeps a revocation and the newest bindings.
fn shorten(subkey: &mut SignedPublicSubKey) {
    let is_revocation = |signature: &Signature| signature.typ() == Some(SignatureType::SubkeyRevocation);
    subkey.signatures.sort_by_key(|signature| (!is_revocation(signature), std::cmp::Reverse(signature.created())));
    subkey.signatures.truncate(MAX_SUBKEY_SIGNATURES);
}
