//! Digests: of what pages are made of, and in the names of files whose content decides their name.

use crate::text::encoding;
use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    encoding::hex(&sha256(bytes))
}

/// The SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// The first ten digits: enough for a name that must differ from some thousands of others.
pub(super) fn short(text: &str) -> String {
    hex(text.as_bytes()).chars().take(10).collect()
}
