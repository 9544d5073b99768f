//! IP addresses and networks as texts.
//!
//! Sources: RFC 4291 §2.2 (text forms of IPv6), RFC 5952 (the canonical one), RFC 4632 (CIDR). The grammar
//! is that of Rust's standard library: a strict dotted quad without leading zeros, every RFC 4291 form of
//! IPv6, no port, brackets, zone or blank. Deliberately absent: dotted masks, host bits, name resolution.

use ipnet::IpNet;
use std::net::IpAddr;

/// The address that a text is, if it is one.
pub fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// The network that a text names: `address/prefix` with no host bits set, or a bare address.
pub fn network(text: &str) -> Result<IpNet, NetworkError> {
    if let Some(address) = address(text) {
        return Ok(IpNet::from(address));
    }
    let (base, length) = text.split_once('/').ok_or(NetworkError::NotAnAddress)?;
    let address = address(base).ok_or(NetworkError::NotAnAddress)?;
    let is_number = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let prefix: u8 = if is_number { length.parse().map_err(|_| NetworkError::Prefix)? } else { return Err(NetworkError::Prefix) };
    let net = IpNet::new(address, prefix).map_err(|_| NetworkError::Prefix)?;
    if net.trunc() == net { Ok(net) } else { Err(NetworkError::HostBits(net.trunc())) }
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkError {
    /// What stands before the slash is no IP address.
    NotAnAddress,
    /// The prefix length is no decimal number in range.
    Prefix,
    /// Bits are set beyond the prefix; this is the network that was probably meant.
    HostBits(IpNet),
}

/// Whether some member of the networks contains the address that `text` is. Families never mix, and an
/// IPv4-mapped IPv6 address is IPv6.
pub fn within(text: &str, networks: &[IpNet]) -> bool {
    address(text).is_some_and(|address| networks.iter().any(|net| net.contains(&address)))
}

/// Whether a text is an IP address in its canonical form that was given to somebody. IPv6 addresses begin
/// with a group of four digits, with `64:ff9b:` (RFC 6052) or with zero (IANA's address space registry).
pub fn is_canonical(text: &str) -> bool {
    let Some(address) = address(text) else { return false };
    let given = match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => matches!(address.segments(), [0 | 0x1000.., ..] | [0x64, 0xff9b, ..]),
    };
    given && address.to_string() == text
}

/// Whether some engine could take a text for an IP address: an abbreviated or padded one, one with a zone, a port
/// or a prefix.
pub fn is_alike(text: &str) -> bool {
    let in_number = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | '/' | 'x' | 'X');
    let text = text.trim();
    text.contains(':') || (text.chars().all(in_number) && text.contains(|c: char| c.is_ascii_digit()))
}

/// Whether a text is an IP address in canonical text (RFC 5952), and not an IPv4-mapped one.
pub fn is_spelled_canonically(text: &str) -> bool {
    address(text).is_some_and(|address| {
        let is_mapped = matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
        !is_mapped && address.to_string() == text
    })
}

/// Whether a text is an address that a field of type ip tells apart from every other: no IPv4-mapped IPv6
/// address, and no IPv4 address where the network covers those (`::ffff:0:0/96`).
pub fn is_told_apart(text: &str, network: Option<IpNet>) -> bool {
    let covers_mapped = |network: IpNet| {
        let mapped = |prefix: u8| ipnet::Ipv6Net::new(std::net::Ipv4Addr::UNSPECIFIED.to_ipv6_mapped(), prefix).map(IpNet::V6);
        mapped(96).is_ok_and(|mapped| network.contains(&mapped) || mapped.contains(&network))
    };
    match address(text) {
        None => false,
        Some(IpAddr::V4(_)) => !network.is_some_and(covers_mapped),
        Some(IpAddr::V6(address)) => address.to_ipv4_mapped().is_none(),
    }
}
