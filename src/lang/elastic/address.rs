//! Requests on fields of type ip.
//!
//! Source: Elasticsearch, "IP field type". Addresses are one line of 128-bit numbers, on which IPv4 stands at
//! `::ffff:0:0/96`; records hold canonical texts, IPv4 as such. Deliberately absent: zones, signs and leading
//! zeros in prefix lengths.

use super::{Result, invalid, unread};
use crate::diag::quote;
use crate::ir::{Case, Comparison, Pattern, Predicate};
use crate::source::Place;
use crate::text::ip;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The test that an address is the one, or in the network, that a text says.
pub(super) fn term(text: &str, place: Place) -> Result<Predicate> {
    match text.split_once('/') {
        // Records have canonical texts alone, on which every case relation says the same; this is the one of rules.
        None => Ok(Predicate::like(Pattern::exact(&address(text, place)?.to_string()), Case::Fold)),
        Some((base, length)) => network(base, length, text, place).map(|network| Predicate::Within { any: on_both_families(network) }),
    }
}

/// The test that an address compares so with the one that a text says; `None` where no address does.
pub(super) fn compare(op: Comparison, text: &str, place: Place) -> Result<Option<Predicate>> {
    let bound = match address(text, place)? {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    };
    let range = match op {
        Comparison::Lt => bound.checked_sub(1).map(|high| (0, high)),
        Comparison::Lte => Some((0, bound)),
        Comparison::Gt => bound.checked_add(1).map(|low| (low, u128::MAX)),
        Comparison::Gte => Some((bound, u128::MAX)),
        Comparison::Eq => Some((bound, bound)),
    };
    Ok(range.map(|(low, high)| Predicate::Within { any: blocks(low, high).into_iter().flat_map(on_both_families).collect() }))
}

fn address(text: &str, place: Place) -> Result<IpAddr> {
    match ip::address(text) {
        Some(address) => Ok(address.to_canonical()),
        None if text.contains('%') => Err(unread(place, "an address with a zone")),
        None => Err(invalid(place, format!("{} is no IP address, and the field has addresses", quote(text)))),
    }
}

fn network(base: &str, length: &str, text: &str, place: Place) -> Result<IpNet> {
    let Some(address) = ip::address(base) else { return Err(invalid(place, format!("{} is no network", quote(text)))) };
    if address.to_canonical() != address {
        return Err(invalid(place, format!("{} is a network of IPv4-mapped addresses", quote(text))));
    }
    let digits = length.strip_prefix(['+', '-']).unwrap_or(length);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number && (digits != length || (length.len() > 1 && length.starts_with('0'))) {
        return Err(unread(place, format!("the prefix length {}", quote(length))));
    }
    let network = length.parse().ok().and_then(|length| IpNet::new(address, length).ok());
    network.map(|network| network.trunc()).ok_or_else(|| invalid(place, format!("{} has no valid prefix length", quote(text))))
}

/// A network, with all IPv4 addresses where it covers those.
fn on_both_families(network: IpNet) -> Vec<IpNet> {
    let mapped = IpAddr::V6(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped());
    let covers = matches!(network, IpNet::V6(network) if network.prefix_len() <= 96) && network.contains(&mapped);
    let all = Ipv4Net::new(Ipv4Addr::UNSPECIFIED, 0).ok().map(IpNet::V4).filter(|_| covers);
    std::iter::once(network).chain(all).collect()
}

/// The networks that together are the addresses from one to another.
fn blocks(mut low: u128, high: u128) -> Vec<IpNet> {
    let mut blocks = Vec::new();
    loop {
        // The largest block that starts here and does not end beyond.
        let room = high - low;
        let size = (0..=low.trailing_zeros().min(128)).rev().find(|&bits| last_offset(bits) <= room).unwrap_or(0);
        blocks.extend(block(low, size));
        match low.checked_add(last_offset(size)).and_then(|last| last.checked_add(1)) {
            Some(next) if next <= high => low = next,
            Some(_) | None => return blocks,
        }
    }
}

/// The offset of the last address in a block of so many free bits.
fn last_offset(bits: u32) -> u128 {
    1_u128.checked_shl(bits).map_or(u128::MAX, |size| size - 1)
}

fn block(start: u128, bits: u32) -> Option<IpNet> {
    let address = Ipv6Addr::from_bits(start);
    let prefix = u8::try_from(128 - bits).ok()?;
    match (address.to_ipv4_mapped(), prefix.checked_sub(96)) {
        (Some(address), Some(prefix)) => Ipv4Net::new(address, prefix).ok().map(IpNet::V4),
        (Some(_) | None, _) => Ipv6Net::new(address, prefix).ok().map(IpNet::V6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(op: Comparison, text: &str) -> Vec<String> {
        match compare(op, text, Place::NOWHERE) {
            Ok(Some(Predicate::Within { any })) => any.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn ranges_are_networks() {
        assert_eq!(networks(Comparison::Gte, "::"), ["::/0", "0.0.0.0/0"]);
        assert_eq!(networks(Comparison::Gt, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), [""; 0]);
        assert_eq!(networks(Comparison::Eq, "10.0.0.1"), ["10.0.0.1/32"]);
        let at_least = networks(Comparison::Gte, "255.255.255.254");
        assert_eq!(at_least.first().map(String::as_str), Some("255.255.255.254/31"));
        assert!(at_least.contains(&"::1:0:0:0/80".to_owned()) && !at_least.contains(&"0.0.0.0/0".to_owned()), "{at_least:?}");
    }

    #[test]
    fn every_address_is_in_one_range_or_the_other() {
        for bound in ["0.0.0.0", "10.1.2.3", "255.255.255.255", "::", "::1", "::ffff:0:0", "2001:db8::1", "ffff::"] {
            let (below, above) = (compare(Comparison::Lt, bound, Place::NOWHERE), compare(Comparison::Gte, bound, Place::NOWHERE));
            for text in
                ["0.0.0.0", "10.1.2.2", "10.1.2.3", "10.1.2.4", "255.255.255.255", "::", "::1", "::fffe:0:1", "2001:db8::1", "ffff::1"]
            {
                let is_in =
                    |range: &Result<Option<Predicate>>| matches!(range, Ok(Some(Predicate::Within { any })) if ip::within(text, any));
                assert_ne!(is_in(&below), is_in(&above), "{text} and {bound}");
            }
        }
    }
}
