//! Memory that is overwritten before it is freed: secret keys, session keys and plaintexts pass through
//! buffers of `pgp`, of its ciphers and of zlib that know nothing of wiping, and so do the copies
//! that a growing vector leaves behind.
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;

unsafe extern "C" {
    fn explicit_bzero(data: *mut c_void, size: usize);
}

pub struct Wiping;

unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, data: *mut u8, layout: Layout) {
        unsafe {
            explicit_bzero(data.cast(), layout.size());
            System.dealloc(data, layout);
        }
    }

    /// Never by the system's own realloc, which may move without wiping.
    unsafe fn realloc(&self, data: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return std::ptr::null_mut() };
            let fresh = System.alloc(wanted);
            if !fresh.is_null() {
                std::ptr::copy_nonoverlapping(data, fresh, layout.size().min(size));
                self.dealloc(data, layout);
            }
            fresh
        }
    }
}
