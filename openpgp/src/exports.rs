//! The functions of `openpgp_abi.h`.
use pgp::types::{Fingerprint, KeyDetails as _, Timestamp};

use crate::abi::{Buffer, Slice, free_handle, guard, handle, last_text, list, put, put_bytes, put_handle};
use crate::certificate::Certificate;
use crate::failure::{Failure, Outcome, Status, fail};
use crate::key::{Key, Kind};
use crate::open::{self, Limits, Opened, OpenedBy};
use crate::seal;
use crate::verify;

#[repr(C)]
pub struct PgpFingerprint {
    bytes: [u8; 32],
    size: u8,
}

impl PgpFingerprint {
    fn of(fingerprint: &Fingerprint) -> PgpFingerprint {
        let from = fingerprint.as_bytes();
        let size = from.len().min(32);
        let mut bytes = [0; 32];
        bytes[..size].copy_from_slice(&from[..size]);
        PgpFingerprint { bytes, size: size as u8 }
    }
}

/// What is said of a certificate; the slices live as long as it.
#[repr(C)]
pub struct PgpCertificate {
    fingerprint: Slice,
    bytes: Slice,
    relays: Slice,
    address: Slice,
    created: u32,
    can_encrypt: u8,
    modern: u8,
    post_quantum: u8,
    revoked: u8,
}

#[repr(C)]
pub struct PgpSealing {
    plaintext: Slice,
    recipients: *const *const Certificate,
    recipient_count: usize,
    passphrase: Slice,
    signer: *const Key,
    now: u32,
    compress: u8,
    name_recipients: u8,
}

#[repr(C)]
pub struct PgpOpening {
    message: Slice,
    keys: *const *const Key,
    key_count: usize,
    passphrases: *const Slice,
    passphrase_count: usize,
    max_plaintext: u64,
    max_session_keys: u32,
}

/// What is said of an opened mail; the slice lives as long as it.
#[repr(C)]
pub struct PgpOpened {
    plaintext: Slice,
    by_passphrase: u8,
    index: u32,
    signatures: u32,
}

#[repr(C)]
pub struct PgpSignature {
    index: u32,
    created: u32,
    recipients: u32,
}

const fn shareable<T: Send + Sync>() {}
const _: () = {
    shareable::<Key>();
    shareable::<Certificate>();
    shareable::<Opened>();
};

#[unsafe(no_mangle)]
pub extern "C" fn edge_pgp_last_text() -> Slice {
    Slice::of(last_text().as_bytes())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_buffer_free(buffer: *mut Buffer) {
    if let Some(buffer) = unsafe { buffer.as_mut() } {
        buffer.free();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_key_free(key: *mut Key) {
    unsafe { free_handle(key) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_certificate_free(certificate: *mut Certificate) {
    unsafe { free_handle(certificate) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_opened_free(opened: *mut Opened) {
    unsafe { free_handle(opened) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_key_generate(post_quantum: u8, address: Slice, now: u32, out: *mut *mut Key) -> i32 {
    guard(|| {
        let kind = if post_quantum == 0 { Kind::Classic } else { Kind::PostQuantum };
        let key = Key::generate(kind, unsafe { address.text()? }, Timestamp::from_secs(now))?;
        unsafe { put_handle(out, key) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_key_read(data: Slice, out: *mut *mut Key) -> i32 {
    guard(|| unsafe { put_handle(out, Key::read(data.get()?)?) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_key_bytes(key: *const Key, armored: u8, out: *mut Buffer) -> i32 {
    guard(|| {
        let key = unsafe { handle(key)? };
        unsafe { put_bytes(out, if armored == 0 { key.to_bytes()? } else { key.to_armor()? }) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_key_fingerprint(key: *const Key, out: *mut PgpFingerprint) -> i32 {
    guard(|| unsafe { put(out, PgpFingerprint::of(&handle(key)?.key.fingerprint())) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_key_certificate(
    key: *const Key,
    address: Slice,
    relays: Slice,
    now: u32,
    out: *mut *mut Certificate,
) -> i32 {
    guard(|| {
        let (key, address, relays) = unsafe { (handle(key)?, address.text()?, relays.text()?) };
        unsafe { put_handle(out, key.certificate(address, relays, Timestamp::from_secs(now))?) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_certificate_read(data: Slice, stored: u8, out: *mut *mut Certificate) -> i32 {
    guard(|| {
        let data = unsafe { data.get()? };
        let certificate = if stored == 0 { Certificate::read(data)? } else { Certificate::read_stored(data)? };
        unsafe { put_handle(out, certificate) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_certificate_merge(
    known: *const Certificate,
    fresh: *const Certificate,
    out: *mut *mut Certificate,
) -> i32 {
    guard(|| {
        let (known, fresh) = unsafe { (handle(known)?, handle(fresh)?) };
        unsafe { put_handle(out, known.merge(fresh)?) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_certificate_info(certificate: *const Certificate, out: *mut PgpCertificate) -> i32 {
    guard(|| {
        let certificate = unsafe { handle(certificate)? };
        let info = PgpCertificate {
            fingerprint: Slice::of(&certificate.fingerprint),
            bytes: Slice::of(&certificate.bytes),
            relays: Slice::of(&certificate.relays),
            address: Slice::of(&certificate.address),
            created: certificate.key.created_at().as_secs(),
            can_encrypt: certificate.encryption_subkey(0).is_some().into(),
            modern: certificate.is_modern().into(),
            post_quantum: certificate.is_post_quantum(0).into(),
            revoked: certificate.revoked.into(),
        };
        unsafe { put(out, info) }
    })
}

/// For certificates, or for the passphrase when there is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_seal(sealing: *const PgpSealing, out: *mut Buffer) -> i32 {
    guard(|| {
        let sealing = unsafe { handle(sealing)? };
        let plaintext = unsafe { sealing.plaintext.get()? };
        let passphrase = unsafe { sealing.passphrase.get()? };
        let options = seal::Options {
            signer: unsafe { sealing.signer.as_ref() },
            now: Timestamp::from_secs(sealing.now),
            compress: sealing.compress != 0,
            name_recipients: sealing.name_recipients != 0,
        };
        let sealed = if sealing.recipient_count == 0 {
            seal::to_passphrase(plaintext, passphrase, &options)?
        } else if passphrase.is_empty() {
            let pointers = unsafe { list(sealing.recipients, sealing.recipient_count)? };
            let recipients = pointers.iter().map(|pointer| unsafe { handle(*pointer) }).collect::<Outcome<Vec<_>>>()?;
            seal::to_certificates(plaintext, &recipients, &options)?
        } else {
            return fail(Status::Argument, "a passphrase and recipients");
        };
        unsafe { put_bytes(out, sealed) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_open(opening: *const PgpOpening, out: *mut *mut Opened) -> i32 {
    guard(|| {
        let opening = unsafe { handle(opening)? };
        let pointers = unsafe { list(opening.keys, opening.key_count)? };
        let keys = pointers.iter().map(|pointer| unsafe { handle(*pointer) }).collect::<Outcome<Vec<_>>>()?;
        let slices = unsafe { list(opening.passphrases, opening.passphrase_count)? };
        let passphrases = slices.iter().map(|slice| unsafe { slice.get() }).collect::<Outcome<Vec<_>>>()?;
        let limits = Limits { plaintext: opening.max_plaintext, session_keys: opening.max_session_keys as usize };
        let opened = open::open(unsafe { opening.message.get()? }, &keys, &passphrases, &limits)?;
        unsafe { put_handle(out, opened) }
    })
}

/// What is inside of an encryption, without one: for tests and fuzzing, which cannot seal what no sender
/// should.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_open_content(content: Slice, max_plaintext: u64, out: *mut *mut Opened) -> i32 {
    guard(|| {
        let opened = open::open_content(unsafe { content.get()? }, max_plaintext)?;
        unsafe { put_handle(out, opened) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_opened_info(opened: *const Opened, out: *mut PgpOpened) -> i32 {
    guard(|| {
        let opened = unsafe { handle(opened)? };
        let (by_passphrase, index) = match opened.by {
            OpenedBy::Key(index) => (0, index),
            OpenedBy::Passphrase(index) => (1, index),
        };
        let info = PgpOpened {
            plaintext: Slice::of(&opened.plaintext),
            by_passphrase,
            index: index as u32,
            signatures: opened.signatures.len() as u32,
        };
        unsafe { put(out, info) }
    })
}

/// The fingerprint that the first signature names; unverified.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_opened_issuer(opened: *const Opened, out: *mut PgpFingerprint) -> i32 {
    guard(|| {
        let opened = unsafe { handle(opened)? };
        let issuers = opened.signatures.iter().flat_map(|unverified| unverified.signature.issuer_fingerprint());
        let Some(issuer) = issuers.into_iter().next() else { return fail(Status::NotSigned, "it names no signer") };
        unsafe { put(out, PgpFingerprint::of(issuer)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_opened_verify(
    opened: *const Opened,
    certificate: *const Certificate,
    now: u32,
    out: *mut PgpSignature,
) -> i32 {
    guard(|| {
        let (opened, certificate) = unsafe { (handle(opened)?, handle(certificate)?) };
        let Some(index) = verify::verify(opened, certificate, u64::from(now)) else {
            return fail(Status::NotSigned, "it is not signed by this key");
        };
        let signature = &opened.signatures[index].signature;
        let found = PgpSignature {
            index: index as u32,
            created: signature.created().map_or(0, Timestamp::as_secs),
            recipients: verify::intended(signature).count() as u32,
        };
        unsafe { put(out, found) }
    })
}

/// The recipient `number` that signature `index` names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_pgp_opened_recipient(opened: *const Opened, index: u32, number: u32, out: *mut PgpFingerprint) -> i32 {
    guard(|| {
        let opened = unsafe { handle(opened)? };
        let signature = opened.signatures.get(index as usize);
        let found = signature.and_then(|unverified| verify::intended(&unverified.signature).nth(number as usize));
        let fingerprint = found.ok_or(Failure(Status::Argument, "no such recipient"))?;
        unsafe { put(out, PgpFingerprint::of(fingerprint)) }
    })
}
