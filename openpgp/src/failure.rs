//! What went wrong: a status for the caller and a constant text for people.
//!
//! Errors of `pgp` and of the system are reduced to their kind: their own texts quote the data that was
//! being parsed, which may be secret and as long as the input.
use std::io;

use pgp::errors::Error as PgpError;

/// The numbers of `edge_pgp_status` in `openpgp_abi.h`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Status {
    Ok = 0,
    /// A null pointer or an impossible value: a bug of the caller.
    Argument = 1,
    /// Not OpenPGP, or damaged.
    Malformed = 2,
    /// Well-formed, with an algorithm, version or shape outside the profile.
    Unsupported = 3,
    /// A self signature does not verify.
    Unverified = 4,
    /// No key and no passphrase opens it, or it was changed on the way.
    Sealed = 5,
    /// A limit was reached.
    TooLarge = 6,
    /// A certificate that cannot receive.
    CannotEncrypt = 7,
    /// No signature of this certificate.
    NotSigned = 8,
    /// A panic inside.
    Internal = 99,
}

#[derive(Debug)]
pub struct Failure(pub Status, pub &'static str);

pub type Outcome<T = ()> = Result<T, Failure>;

pub fn fail<T>(status: Status, text: &'static str) -> Outcome<T> {
    Err(Failure(status, text))
}

impl From<PgpError> for Failure {
    fn from(error: PgpError) -> Self {
        match error {
            PgpError::Unsupported { .. } | PgpError::Unimplemented { .. } => {
                Failure(Status::Unsupported, "it has a form that is not supported")
            }
            PgpError::MissingKey => Failure(Status::Sealed, "no key opens it"),
            PgpError::MdcError | PgpError::Aead { .. } => Failure(Status::Sealed, "it was changed on the way"),
            _ => Failure(Status::Malformed, "it is damaged or not OpenPGP"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Failure(Status::Malformed, "it is damaged or not OpenPGP")
    }
}
