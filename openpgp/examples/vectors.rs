//! Writes tests/data/openpgp anew: keys of kinds that we never make, and mails of kinds that we never send.
//!
//!     cargo run --release --example vectors ../tests/data/openpgp
use std::path::Path;

use pgp::composed::{
    ArmorOptions, EncryptionCaps, KeyType, MessageBuilder, SecretKeyParamsBuilder, SignedPublicKey, SignedSecretKey,
    SubkeyParamsBuilder, SubpacketConfig,
};
use pgp::crypto::{
    aead::{AeadAlgorithm, ChunkSize},
    ecc_curve::ECCCurve,
    hash::HashAlgorithm,
    sym::SymmetricKeyAlgorithm,
};
use pgp::packet::{KeyFlags, SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{Duration, KeyDetails as _, Password, Timestamp};
use rand::rngs::OsRng;

const NOW: u32 = 1_800_000_000;

fn key(kind: KeyType, subkey: KeyType, subkeys: usize) -> SignedSecretKey {
    let now = Timestamp::from_secs(NOW);
    let subkey = SubkeyParamsBuilder::default().key_type(subkey).can_encrypt(EncryptionCaps::All).created_at(now).build().unwrap();
    let mut params = SecretKeyParamsBuilder::default();
    params.key_type(kind).can_certify(true).can_sign(true).created_at(now).primary_user_id("<peer@example.org>".into());
    params.subkeys(vec![subkey; subkeys]);
    params.build().unwrap().generate(OsRng).unwrap()
}

fn classic(subkeys: usize) -> SignedSecretKey {
    key(KeyType::Ed25519Legacy, KeyType::ECDH(ECCCurve::Curve25519Legacy), subkeys)
}

fn mail(signer: &SignedSecretKey, to: &SignedPublicKey, hash: HashAlgorithm, hashed: Vec<Subpacket>) -> String {
    let mut message = MessageBuilder::from_bytes("", b"hello".to_vec()).seipd_v2(
        OsRng,
        SymmetricKeyAlgorithm::AES128,
        AeadAlgorithm::Ocb,
        ChunkSize::C8KiB,
    );
    message.encrypt_to_key_anonymous(OsRng, &to.public_subkeys[0]).unwrap();
    let config = SubpacketConfig::UserDefined { hashed, unhashed: vec![] };
    message.sign_with_subpackets(&signer.primary_key, Password::empty(), hash, config);
    message.to_armored_string(OsRng, ArmorOptions::default()).unwrap()
}

fn regular(data: SubpacketData) -> Subpacket {
    Subpacket::regular(data).unwrap()
}

fn created() -> Subpacket {
    regular(SubpacketData::SignatureCreationTime(Timestamp::from_secs(NOW)))
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder to write to");
    let write = |name: &str, text: String| std::fs::write(Path::new(&folder).join(name), text).unwrap();
    let public = |key: &SignedSecretKey| key.to_public_key().to_armored_string(ArmorOptions::default()).unwrap();
    let secret = |key: &SignedSecretKey| key.to_armored_string(ArmorOptions::default()).unwrap();

    // A key that does not announce SEIPD version 2.
    let old = classic(1);
    write("old.asc", public(&old));
    write("old-secret.asc", secret(&old));
    let reader = old.to_public_key();

    let rsa = key(KeyType::Rsa(2048), KeyType::Rsa(2048), 1);
    write("rsa.asc", public(&rsa));
    write("rsa-secret.asc", secret(&rsa));
    write("rsa-mail.asc", mail(&rsa, &reader, HashAlgorithm::Sha256, vec![created()]));

    // Two subkeys, the second of which expires after ten days; and a secret key that has the second alone.
    let mut rotating = classic(2);
    let mut config = SignatureConfig::from_key(OsRng, &rotating.primary_key, SignatureType::SubkeyBinding).unwrap();
    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    config.hashed_subpackets = vec![
        created(),
        regular(SubpacketData::KeyFlags(flags)),
        regular(SubpacketData::KeyExpirationTime(Duration::from_secs(10 * 86400))),
        regular(SubpacketData::IssuerFingerprint(rotating.primary_key.fingerprint())),
    ];
    let signature = config
        .sign_subkey_binding(
            &rotating.primary_key,
            rotating.primary_key.public_key(),
            &Password::empty(),
            rotating.secret_subkeys[1].key.public_key(),
        )
        .unwrap();
    rotating.secret_subkeys[1].signatures = vec![signature];
    write("rotating.asc", public(&rotating));
    rotating.secret_subkeys.remove(0);
    write("rotating-second-secret.asc", secret(&rotating));

    let mut revoked = classic(1).to_public_key();
    let revoker = classic(1);
    revoked.primary_key = revoker.primary_key.public_key().clone();
    revoked.details = revoker.details.clone();
    revoked.public_subkeys = revoker.to_public_key().public_subkeys;
    write("before-revocation.asc", revoked.to_armored_string(ArmorOptions::default()).unwrap());
    let mut config = SignatureConfig::from_key(OsRng, &revoker.primary_key, SignatureType::KeyRevocation).unwrap();
    config.hashed_subpackets = vec![created(), regular(SubpacketData::IssuerFingerprint(revoker.fingerprint()))];
    let signature = config.sign_key(&revoker.primary_key, &Password::empty(), revoker.primary_key.public_key()).unwrap();
    revoked.details.revocation_signatures = vec![signature];
    write("revoked.asc", revoked.to_armored_string(ArmorOptions::default()).unwrap());

    // Signatures whose arithmetic is right and which do not count.
    let expiring = regular(SubpacketData::SignatureExpirationTime(Duration::from_secs(3600)));
    write("expiring-mail.asc", mail(&old, &reader, HashAlgorithm::Sha256, vec![created(), expiring]));
    let unknown = SubpacketData::Other(77, vec![1, 2, 3].into());
    write("unknown-mail.asc", mail(&old, &reader, HashAlgorithm::Sha256, vec![created(), regular(unknown)]));
    write("weak-mail.asc", mail(&rsa, &reader, HashAlgorithm::Sha224, vec![created()]));
}
