//! OpenPGP and MIME for chat by e-mail, behind a C ABI: `openpgp_abi.h` and `mime_abi.h`.
//!
//! - `pgp` does the cryptography; this crate chooses the profile and stands between it and hostile input:
//!   what is read is bounded and checked (`fence`, `limited`) before `pgp` sees it.
//! - `mail-parser` decodes what stands in headers and bodies; the structure of a mail is read here (`mime`).
//! - No panic crosses the boundary (`abi::guard`), error texts are constants, and all memory of this
//!   crate is overwritten when it is freed (`allocator`).

mod abi;
mod allocator;
mod certificate;
mod exports;
mod failure;
mod fence;
mod key;
mod limited;
mod mime;
mod mime_exports;
mod open;
mod seal;
mod verify;

#[global_allocator]
static ALLOCATOR: allocator::Wiping = allocator::Wiping;
