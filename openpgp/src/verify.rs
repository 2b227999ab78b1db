//! Whose signature a mail has. `pgp` checks the arithmetic; what a signature must say is decided here.
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureType, SubpacketData};
use pgp::types::{Fingerprint, KeyDetails as _, VerifyingKey as _};

use crate::certificate::Certificate;
use crate::open::{Opened, Unverified};

/// The signature of the certificate's primary key over the mail, as an index.
pub fn verify(opened: &Opened, certificate: &Certificate, now: u64) -> Option<usize> {
    opened.signatures.iter().position(|unverified| is_of(unverified, certificate, now))
}

fn is_of(unverified: &Unverified, certificate: &Certificate, now: u64) -> bool {
    let signature = &unverified.signature;
    if !is_acceptable(signature, now) || u8::from(signature.version()) != u8::from(certificate.key.version()) {
        return false;
    }
    let (Some(bytes), Some(start), Some(algorithm)) =
        (signature.signature(), signature.signed_hash_value(), signature.hash_alg())
    else {
        return false;
    };
    unverified.hash.get(..2).is_some_and(|first| first == start)
        && certificate.key.primary_key.verify(algorithm, &unverified.hash, bytes).is_ok()
}

/// Over a document (not over a key), by a hash that holds, not expired, without a critical part that we do
/// not know.
fn is_acceptable(signature: &Signature, now: u64) -> bool {
    use HashAlgorithm::{Sha3_256, Sha3_512, Sha256, Sha384, Sha512};
    let Some(config) = signature.config() else { return false };
    let unknown = |data: &SubpacketData| matches!(data, SubpacketData::Other(..) | SubpacketData::Experimental(..));
    let Some(created) = config.created() else { return false };
    let lifetime = signature.signature_expiration_time().map_or(0, |duration| u64::from(duration.as_secs()));
    matches!(config.typ(), SignatureType::Binary | SignatureType::Text)
        && matches!(config.hash_alg, Sha256 | Sha384 | Sha512 | Sha3_256 | Sha3_512)
        && !config.hashed_subpackets().any(|subpacket| subpacket.is_critical && unknown(&subpacket.data))
        && (lifetime == 0 || u64::from(created.as_secs()) + lifetime > now)
}

pub fn intended(signature: &Signature) -> impl Iterator<Item = &Fingerprint> {
    let subpackets = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
    subpackets.filter_map(|subpacket| match &subpacket.data {
        SubpacketData::IntendedRecipientFingerprint(fingerprint) => Some(fingerprint),
        _ => None,
    })
}
