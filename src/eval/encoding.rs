//! Texts as bytes, and bytes as Base64 (sigma.md §4.1 `base64`, `base64offset`, `wide`, `utf16le`, `utf16be`, `utf16`).

/// The bytes of a text where no character encoding is named.
pub(super) fn utf8(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// `wide`, `utf16le`.
pub(super) fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// `utf16be`.
pub(super) fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// `utf16`: a byte order mark, then UTF-16LE.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(utf16le(text)).collect()
}

/// RFC 4648 §4, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |chunk: &[u8]| {
        let group = chunk.iter().chain([0, 0].iter()).take(3).fold(0_usize, |group, &byte| group << 8 | usize::from(byte));
        let digit = |at: usize| match ALPHABET.get(group >> (18 - 6 * at) & 63) {
            Some(&letter) if at <= chunk.len() => char::from(letter),
            _ => '=',
        };
        [0, 1, 2, 3].map(digit)
    };
    bytes.chunks(3).flat_map(digits).collect()
}

/// §4.1 `base64offset`: of the text at each of the three alignments, the characters that do not depend on
/// what surrounds it. Empty cores are dropped (D-19).
pub(super) fn base64_cores(bytes: &[u8]) -> Vec<String> {
    let core = |(offset, start): (usize, usize)| {
        let filled: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
        let encoded = base64(&filled);
        let unsure = match filled.len() % 3 {
            0 => 0,
            1 => 3,
            _ => 2,
        };
        encoded.chars().take(encoded.len() - unsure).skip(start).collect::<String>()
    };
    [(0, 0), (1, 2), (2, 3)].into_iter().map(core).filter(|core| !core.is_empty()).collect()
}
