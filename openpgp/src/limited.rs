//! A reader that ends in an error after so many bytes: `pgp` itself sets no limit to what comes out of a
//! decompression, nor to the packets that it collects before the text begins.
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Room for the packet headers and signatures around a text.
pub const SLACK: u64 = 128 * 1024;

/// What happened while reading; shared with who asked for it, as the reader itself is given to `pgp`.
#[derive(Clone, Default)]
pub struct Events {
    exceeded: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
}

impl Events {
    pub fn set_exceeded(&self) {
        self.exceeded.store(true, Ordering::Relaxed);
    }

    /// More was wanted than a limit allows.
    pub fn exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// The reader below failed: the integrity of what it decrypts.
    pub fn broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

/// What is left.
#[derive(Clone)]
pub struct Allowance {
    left: Arc<AtomicU64>,
    events: Events,
}

impl Allowance {
    pub fn new(events: &Events) -> Self {
        Allowance { left: Arc::new(AtomicU64::new(SLACK)), events: events.clone() }
    }

    pub fn raise(&self, by: u64) {
        self.left.fetch_add(by.min(1 << 40), Ordering::Relaxed);
    }
}

pub struct Limited<R> {
    pub reader: R,
    pub allowance: Allowance,
}

// `pgp` wants it of what it reads; the content is nobody's business.
impl<R> std::fmt::Debug for Limited<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limited")
    }
}

impl<R: BufRead> BufRead for Limited<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let events = &self.allowance.events;
        let bytes = self.reader.fill_buf().inspect_err(|_| events.broken.store(true, Ordering::Relaxed))?;
        let left = self.allowance.left.load(Ordering::Relaxed);
        if left == 0 && !bytes.is_empty() {
            events.set_exceeded();
            return Err(io::ErrorKind::Other.into());
        }
        let count = (bytes.len() as u64).min(left) as usize;
        Ok(&bytes[..count])
    }

    fn consume(&mut self, count: usize) {
        self.allowance.left.fetch_sub(count as u64, Ordering::Relaxed);
        self.reader.consume(count);
    }
}

impl<R: BufRead> Read for Limited<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}
