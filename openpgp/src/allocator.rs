//! Memory that keeps nothing of what it held: secret keys, session keys and plaintexts pass through buffers
//! of `pgp`, of its ciphers and of zlib that know nothing of wiping, and so do the copies that a
//! growing vector leaves behind.
//!
//! Small blocks are overwritten when they are freed. Large ones are mappings of their own and go back to the
//! kernel, which gives nobody their content: overwriting them would first have to make the pages
//! that were never used, of which the library's buffers have many.
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

unsafe extern "C" {
    fn explicit_bzero(data: *mut c_void, size: usize);
    fn mmap(address: *mut c_void, size: usize, protection: c_int, flags: c_int, file: c_int, offset: isize) -> *mut c_void;
    fn munmap(address: *mut c_void, size: usize) -> c_int;
    fn mremap(address: *mut c_void, old: usize, new: usize, flags: c_int, ...) -> *mut c_void;
}

const READ_WRITE: c_int = 1 | 2;
const PRIVATE_ANONYMOUS: c_int = 0x02 | 0x20;
const MAY_MOVE: c_int = 1;
const FAILED: *mut c_void = usize::MAX as *mut c_void;

/// From here on a block is a mapping.
const LARGE: usize = 128 * 1024;
/// Mappings begin at a page.
const PAGE: usize = 4096;

fn is_large(layout: Layout) -> bool {
    layout.size() >= LARGE && layout.align() <= PAGE
}

fn or_null(mapping: *mut c_void) -> *mut u8 {
    if mapping == FAILED { null_mut() } else { mapping.cast() }
}

pub struct Wiping;

unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe {
            if is_large(layout) {
                return or_null(mmap(null_mut(), layout.size(), READ_WRITE, PRIVATE_ANONYMOUS, -1, 0));
            }
            System.alloc(layout)
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { if is_large(layout) { self.alloc(layout) } else { System.alloc_zeroed(layout) } }
    }

    unsafe fn dealloc(&self, data: *mut u8, layout: Layout) {
        unsafe {
            if is_large(layout) {
                munmap(data.cast(), layout.size());
                return;
            }
            explicit_bzero(data.cast(), layout.size());
            System.dealloc(data, layout);
        }
    }

    /// Never by the system's own realloc, which may move a block and leave its content.
    unsafe fn realloc(&self, data: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return null_mut() };
            if is_large(layout) && is_large(wanted) {
                return or_null(mremap(data.cast(), layout.size(), size, MAY_MOVE));
            }
            let fresh = self.alloc(wanted);
            if !fresh.is_null() {
                std::ptr::copy_nonoverlapping(data, fresh, layout.size().min(size));
                self.dealloc(data, layout);
            }
            fresh
        }
    }
}
