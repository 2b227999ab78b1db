//! Our secret key: made, read, written, and the certificate that peers get of it.
use pgp::composed::{
    ArmorOptions, Deserializable as _, EncryptionCaps, KeyType, SecretKeyParamsBuilder, SignedKeyDetails, SignedPublicKey,
    SignedSecretKey, SubkeyParamsBuilder,
};
use pgp::crypto::{
    aead::AeadAlgorithm, ecc_curve::ECCCurve, hash::HashAlgorithm, public_key::PublicKeyAlgorithm, sym::SymmetricKeyAlgorithm,
};
use pgp::packet::{
    Features, KeyFlags, Notation, PacketTrait as _, SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize as _;
use pgp::types::{CompressionAlgorithm, KeyDetails as _, KeyVersion, PacketHeaderVersion, Password, SignedUser, Timestamp};
use rand::rngs::OsRng;
use smallvec::smallvec;

use crate::certificate::{self, Certificate};
use crate::failure::{Failure, Outcome, Status, fail};
use crate::fence;

/// The notation that says where an owner is reached.
pub const RELAYS: &str = "relays@chatmail.at";
pub const MAX_SIZE: usize = 1024 * 1024;

pub struct Key {
    pub key: SignedSecretKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Version 4, as Delta Chat makes them: Ed25519 signs, an X25519 subkey receives.
    Classic,
    /// Version 6: Ed25519 signs, a subkey of ML-KEM-768 with X25519 receives.
    PostQuantum,
}

impl Key {
    pub fn generate(kind: Kind, address: &str, now: Timestamp) -> Outcome<Key> {
        let (version, primary, subkey) = match kind {
            Kind::Classic => (KeyVersion::V4, KeyType::Ed25519Legacy, KeyType::ECDH(ECCCurve::Curve25519Legacy)),
            Kind::PostQuantum => (KeyVersion::V6, KeyType::Ed25519, KeyType::MlKem768X25519),
        };
        let impossible = Failure(Status::Argument, "no key can be made of this");
        let Ok(subkey) = SubkeyParamsBuilder::default()
            .version(version)
            .key_type(subkey)
            .can_encrypt(EncryptionCaps::All)
            .created_at(now)
            .build()
        else {
            return Err(impossible);
        };
        let mut params = SecretKeyParamsBuilder::default();
        params.version(version).key_type(primary).can_certify(true).can_sign(true).feature_seipd_v2(true);
        params.created_at(now).subkey(subkey);
        if kind == Kind::Classic {
            params.primary_user_id(format!("<{address}>"));
        }
        let Ok(params) = params.build() else { return Err(impossible) };
        let mut key = params.generate(OsRng)?;
        // The library signs with the system's time; ours may be set by the caller.
        let issuer = issuer(&key)?;
        for subkey in &mut key.secret_subkeys {
            let mut config = SignatureConfig::from_key(OsRng, &key.primary_key, SignatureType::SubkeyBinding)?;
            let mut flags = KeyFlags::default();
            flags.set_encrypt_comms(true);
            flags.set_encrypt_storage(true);
            config.hashed_subpackets = vec![
                Subpacket::regular(SubpacketData::SignatureCreationTime(now))?,
                Subpacket::regular(SubpacketData::KeyFlags(flags))?,
                Subpacket::regular(SubpacketData::IssuerFingerprint(key.primary_key.fingerprint()))?,
            ];
            config.unhashed_subpackets = issuer.clone();
            let signature = config.sign_subkey_binding(
                &key.primary_key,
                key.primary_key.public_key(),
                &Password::empty(),
                subkey.key.public_key(),
            )?;
            subkey.signatures = vec![signature];
        }
        let mut made = Key { key };
        made.key.details = made.details(address, "", now)?;
        made.key.verify_bindings()?;
        Ok(made)
    }

    /// Binary or armored, without passphrase.
    pub fn read(data: &[u8]) -> Outcome<Key> {
        if data.len() > MAX_SIZE {
            return fail(Status::TooLarge, "the secret key is too large");
        }
        let binary = certificate::to_binary(data)?;
        fence::check_keys(&binary, true)?;
        let key = SignedSecretKey::from_bytes(&binary[..])?;
        let locked = key.primary_key.secret_params().is_encrypted()
            || key.secret_subkeys.iter().any(|subkey| subkey.key.secret_params().is_encrypted());
        if locked {
            return fail(Status::Unsupported, "the secret key is locked by a passphrase");
        }
        let rsa = |algorithm| matches!(algorithm, PublicKeyAlgorithm::RSA | PublicKeyAlgorithm::RSAEncrypt | PublicKeyAlgorithm::RSASign);
        if rsa(key.algorithm()) || key.secret_subkeys.iter().any(|subkey| rsa(subkey.key.algorithm())) {
            // RUSTSEC-2023-0071: what the operations of a private RSA key cost depends on the key.
            return fail(Status::Unsupported, "RSA is supported for the keys of peers alone");
        }
        key.verify_bindings().map_err(|_| Failure(Status::Unverified, "a signature of the secret key is wrong"))?;
        Ok(Key { key })
    }

    pub fn to_bytes(&self) -> Outcome<Vec<u8>> {
        Ok(self.key.to_bytes()?)
    }

    pub fn to_armor(&self) -> Outcome<Vec<u8>> {
        Ok(self.key.to_armored_bytes(ArmorOptions::default())?)
    }

    pub fn certificate(&self, address: &str, relays: &str, now: Timestamp) -> Outcome<Certificate> {
        let now = Timestamp::from_secs(now.as_secs().max(self.key.created_at().as_secs()));
        let details = self.details(address, relays, now)?;
        let primary_key = self.key.primary_key.public_key().clone();
        let public_subkeys = self.key.to_public_key().public_subkeys;
        Certificate::of(SignedPublicKey { primary_key, details, public_subkeys })
    }

    /// The direct key signature, and for version 4 a user id with its signature.
    fn details(&self, address: &str, relays: &str, now: Timestamp) -> Outcome<SignedKeyDetails> {
        let key = &self.key;
        let public = key.primary_key.public_key();
        let mut config = SignatureConfig::from_key(OsRng, &key.primary_key, SignatureType::Key)?;
        config.hashed_subpackets = self.preferences(now)?;
        if !relays.is_empty() {
            let notation = Notation { readable: true, name: RELAYS.into(), value: relays.to_owned().into() };
            config.hashed_subpackets.push(Subpacket::regular(SubpacketData::Notation(notation))?);
        }
        config.unhashed_subpackets = issuer(key)?;
        let direct = config.sign_key(&key.primary_key, &Password::empty(), public)?;
        let mut users = vec![];
        if key.version() == KeyVersion::V4 {
            let id = UserId::from_str(PacketHeaderVersion::New, format!("<{address}>"))?;
            let mut config = SignatureConfig::from_key(OsRng, &key.primary_key, SignatureType::CertPositive)?;
            config.hashed_subpackets = self.preferences(now)?;
            config.hashed_subpackets.push(Subpacket::regular(SubpacketData::IsPrimary(true))?);
            config.unhashed_subpackets = issuer(key)?;
            let signature = config.sign_certification(&key.primary_key, public, &Password::empty(), id.tag(), &id)?;
            users.push(SignedUser { id, signatures: vec![signature] });
        }
        Ok(SignedKeyDetails {
            revocation_signatures: vec![],
            direct_signatures: vec![direct],
            users,
            user_attributes: vec![],
        })
    }

    /// What every signature over the key itself says, as Delta Chat's do.
    fn preferences(&self, now: Timestamp) -> Outcome<Vec<Subpacket>> {
        use SymmetricKeyAlgorithm::{AES128, AES192, AES256};
        let mut flags = KeyFlags::default();
        flags.set_certify(true);
        flags.set_sign(true);
        let mut features = Features::default();
        features.set_seipd_v1(true);
        features.set_seipd_v2(true);
        let hashes = smallvec![HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512, HashAlgorithm::Sha224];
        let said = [
            SubpacketData::SignatureCreationTime(now),
            SubpacketData::IssuerFingerprint(self.key.fingerprint()),
            SubpacketData::KeyFlags(flags),
            SubpacketData::Features(features),
            SubpacketData::PreferredSymmetricAlgorithms(smallvec![AES256, AES192, AES128]),
            SubpacketData::PreferredHashAlgorithms(hashes),
            SubpacketData::PreferredCompressionAlgorithms(smallvec![CompressionAlgorithm::ZLIB, CompressionAlgorithm::ZIP]),
            SubpacketData::PreferredAeadAlgorithms(smallvec![(AES256, AeadAlgorithm::Ocb)]),
        ];
        said.into_iter().map(|data| Subpacket::regular(data).map_err(Failure::from)).collect()
    }
}

/// Signatures of version 4 name the issuer's key id as well.
pub fn issuer(key: &SignedSecretKey) -> Outcome<Vec<Subpacket>> {
    if key.version() != KeyVersion::V4 {
        return Ok(vec![]);
    }
    Ok(vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?])
}
