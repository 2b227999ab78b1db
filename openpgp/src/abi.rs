//! What crosses the boundary: slices in, buffers and handles out, a status for everything.
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::failure::{Failure, Outcome, Status, fail};

thread_local! {
    static LAST_TEXT: Cell<&'static str> = const { Cell::new("") };
}

/// Runs what an exported function does: its failure becomes a status, and a panic, too.
pub fn guard(work: impl FnOnce() -> Outcome) -> i32 {
    static QUIET: Once = Once::new();
    // A panic is reported by its status; the default hook would write what it quotes to stderr.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let (status, text) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return Status::Ok as i32,
        Ok(Err(Failure(status, text))) => (status, text),
        Err(payload) => {
            // Dropping what was thrown must not throw again.
            std::mem::forget(payload);
            (Status::Internal, "a fault inside the OpenPGP library")
        }
    };
    let _ = LAST_TEXT.try_with(|last| last.set(text));
    status as i32
}

pub fn last_text() -> &'static str {
    LAST_TEXT.try_with(Cell::get).unwrap_or("")
}

/// Borrowed bytes: the caller's during a call, or those of a handle while it lives.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    pub data: *const u8,
    pub size: usize,
}

impl Slice {
    pub fn of(bytes: &[u8]) -> Slice {
        Slice { data: bytes.as_ptr(), size: bytes.len() }
    }

    /// # Safety
    /// `data` points to `size` bytes that live as long as `'a`.
    pub unsafe fn get<'a>(self) -> Outcome<&'a [u8]> {
        if self.size == 0 {
            return Ok(&[]);
        }
        if self.data.is_null() {
            return fail(Status::Argument, "null bytes");
        }
        Ok(unsafe { std::slice::from_raw_parts(self.data, self.size) })
    }

    /// # Safety
    /// As `get`.
    pub unsafe fn text<'a>(self) -> Outcome<&'a str> {
        std::str::from_utf8(unsafe { self.get()? }).map_err(|_| Failure(Status::Argument, "not UTF-8"))
    }
}

/// Bytes that the caller frees.
#[repr(C)]
pub struct Buffer {
    data: *mut u8,
    size: usize,
    capacity: usize,
}

impl Buffer {
    pub fn free(&mut self) {
        if !self.data.is_null() {
            drop(unsafe { Vec::from_raw_parts(self.data, self.size, self.capacity) });
        }
        *self = Buffer { data: std::ptr::null_mut(), size: 0, capacity: 0 };
    }
}

/// # Safety
/// `out` is null or points to memory for a T.
pub unsafe fn put<T>(out: *mut T, value: T) -> Outcome {
    if out.is_null() {
        return fail(Status::Argument, "null result");
    }
    unsafe { out.write(value) };
    Ok(())
}

/// # Safety
/// As `put`.
pub unsafe fn put_bytes(out: *mut Buffer, bytes: Vec<u8>) -> Outcome {
    if out.is_null() {
        return fail(Status::Argument, "null result");
    }
    let mut bytes = std::mem::ManuallyDrop::new(bytes);
    let buffer = Buffer { data: bytes.as_mut_ptr(), size: bytes.len(), capacity: bytes.capacity() };
    unsafe { out.write(buffer) };
    Ok(())
}

/// # Safety
/// As `put`.
pub unsafe fn put_handle<T>(out: *mut *mut T, value: T) -> Outcome {
    if out.is_null() {
        return fail(Status::Argument, "null result");
    }
    unsafe { out.write(Box::into_raw(Box::new(value))) };
    Ok(())
}

/// # Safety
/// `pointer` is null or came from `put_handle` and was not freed.
pub unsafe fn handle<'a, T>(pointer: *const T) -> Outcome<&'a T> {
    unsafe { pointer.as_ref() }.ok_or(Failure(Status::Argument, "null handle"))
}

/// # Safety
/// `pointer` is null or came from `put_handle` and was not freed.
pub unsafe fn free_handle<T>(pointer: *mut T) {
    if !pointer.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(unsafe { Box::from_raw(pointer) })));
    }
}

/// # Safety
/// `pointer` points to `count` values that live as long as `'a`.
pub unsafe fn list<'a, T>(pointer: *const T, count: usize) -> Outcome<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return fail(Status::Argument, "null list");
    }
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}
