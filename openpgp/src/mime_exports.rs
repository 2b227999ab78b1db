//! The functions of `mime_abi.h`.
use crate::abi::{Buffer, Slice, free_handle, guard, handle, put, put_bytes, put_handle};
use crate::failure::{Failure, Outcome, Status, fail};
use crate::mime::{self, Limits, Part};

pub struct Mime {
    parts: Vec<Part>,
}

#[repr(C)]
pub struct MimePart {
    parent: u32,
    headers: u32,
    params: u32,
    disposition_params: u32,
    media_type: Slice,
    disposition: Slice,
    file_name: Slice,
    body: Slice,
}

#[repr(C)]
pub struct MimePair {
    name: Slice,
    value: Slice,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_read(mail: Slice, head_alone: u8, limits: *const Limits, out: *mut *mut Mime) -> i32 {
    guard(|| {
        let (mail, limits) = unsafe { (mail.get()?, handle(limits)?) };
        let parts = mime::read(mail, head_alone != 0, *limits)?;
        unsafe { put_handle(out, Mime { parts }) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_free(mail: *mut Mime) {
    unsafe { free_handle(mail) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_count(mail: *const Mime) -> u32 {
    unsafe { mail.as_ref() }.map_or(0, |mail| mail.parts.len() as u32)
}

unsafe fn part<'a>(mail: *const Mime, index: u32) -> Outcome<&'a Part> {
    let mail: &'a Mime = unsafe { handle(mail)? };
    mail.parts.get(index as usize).ok_or(Failure(Status::Argument, "no such part"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_part_at(mail: *const Mime, index: u32, out: *mut MimePart) -> i32 {
    guard(|| {
        let part = unsafe { part(mail, index)? };
        let facts = MimePart {
            parent: part.parent,
            headers: part.headers.len() as u32,
            params: part.params.len() as u32,
            disposition_params: part.disposition_params.len() as u32,
            media_type: Slice::of(part.media_type.as_bytes()),
            disposition: Slice::of(part.disposition.as_bytes()),
            file_name: Slice::of(part.file_name.as_bytes()),
            body: Slice::of(&part.body),
        };
        unsafe { put(out, facts) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_pair_at(mail: *const Mime, index: u32, kind: u8, number: u32, out: *mut MimePair) -> i32 {
    guard(|| {
        let part = unsafe { part(mail, index)? };
        let pairs = match kind {
            0 => &part.headers,
            1 => &part.params,
            2 => &part.disposition_params,
            _ => return fail(Status::Argument, "no such kind"),
        };
        let (name, value) = pairs.get(number as usize).ok_or(Failure(Status::Argument, "no such pair"))?;
        unsafe { put(out, MimePair { name: Slice::of(name.as_bytes()), value: Slice::of(value.as_bytes()) }) }
    })
}

fn text(slice: Slice) -> Outcome<String> {
    Ok(String::from_utf8_lossy(unsafe { slice.get()? }).into_owned())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_decode_words(value: Slice, out: *mut Buffer) -> i32 {
    guard(|| unsafe { put_bytes(out, mime::decode_words(&text(value)?).into_bytes()) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_addresses(value: Slice, max: usize, out: *mut Buffer) -> i32 {
    guard(|| {
        let mut bytes = vec![];
        for (name, address) in mime::addresses(&text(value)?, max) {
            for field in [name, address] {
                bytes.extend_from_slice(field.as_bytes());
                bytes.push(0);
            }
        }
        unsafe { put_bytes(out, bytes) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn edge_mime_date(value: Slice, out: *mut i64) -> i32 {
    guard(|| {
        let date = mime::date(&text(value)?).ok_or(Failure(Status::Malformed, "it is no date"))?;
        unsafe { put(out, date) }
    })
}
