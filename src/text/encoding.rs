//! Encodings of text and of bytes as text: UTF-16, base64 (RFC 4648 §4), hexadecimal digits.

/// A character encoding that a text may have before it is base64-encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// UTF-16, little endian, without a byte order mark.
    Utf16Le,
    /// UTF-16, big endian, without a byte order mark.
    Utf16Be,
    /// UTF-16, little endian, after a byte order mark.
    Utf16,
}

impl Charset {
    /// The bytes of a text.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf16 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        }
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes in base64, standard alphabet, padded.
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, &byte| (group << 8) | u32::from(byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let index = (group >> (18 - 6 * position)) as usize & 63;
            let symbol = if position <= chunk.len() { ALPHABET.get(index).copied().unwrap_or(b'=') } else { b'=' };
            text.push(char::from(symbol));
        }
    }
    text
}

/// Bytes as hexadecimal digits in lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The texts of which one occurs in the base64 of any data that contains these bytes: for each of the three
/// alignments the characters that depend on these bytes alone (sigma.md §4.1, `base64offset`). An
/// alignment without such a character is left out (D-19).
pub fn base64_offsets(bytes: &[u8]) -> Vec<String> {
    let mut cores = Vec::new();
    for (shift, start) in [(0_usize, 0_usize), (1, 2), (2, 3)] {
        let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
        let encoded = base64(&shifted);
        let cut = [0, 3, 2].get(shifted.len() % 3).copied().unwrap_or(0);
        let core: String = encoded.chars().take(encoded.len().saturating_sub(cut)).skip(start).collect();
        if !core.is_empty() {
            cores.push(core);
        }
    }
    cores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4648_vectors() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn offsets_of_the_specification() {
        assert_eq!(base64_offsets(b"/bin/sh"), ["L2Jpbi9za", "9iaW4vc2", "vYmluL3No"]);
        assert_eq!(base64_offsets(b"a").len(), 2, "the second alignment of one byte has no character of its own");
    }

    #[test]
    fn utf16_bytes() {
        assert_eq!(Charset::Utf16Le.bytes("a"), [b'a', 0]);
        assert_eq!(Charset::Utf16Be.bytes("a"), [0, b'a']);
        assert_eq!(Charset::Utf16.bytes("a"), [0xff, 0xfe, b'a', 0]);
    }
}
