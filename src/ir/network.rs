//! Networks as patterns and as regular expressions on the text of addresses.
//!
//! Patterns are exact for canonical texts only (RFC 5952; the assumption `canonical-ips`): `10.*`. The
//! regular expression is exact for every text: its language is the grammar of `text::ip`, restricted to the
//! network. Both are held against `text::ip::within` by property tests. Deliberately absent: approximations;
//! where a network has no few exact patterns there are none.

use crate::text::pattern::{Part, Pattern};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};
use std::net::{Ipv4Addr, Ipv6Addr};

/// More patterns than this are no readable way to say a network.
const MAX_PATTERNS: usize = 20;

/// The patterns that exactly the addresses of the network match among canonical texts. `None` where there
/// are none, or too many.
pub fn patterns(net: &IpNet) -> Option<Vec<Pattern>> {
    let texts = match net {
        IpNet::V4(net) => v4_patterns(net),
        IpNet::V6(net) => v6_patterns(net)?,
    };
    (texts.len() <= MAX_PATTERNS).then(|| texts.iter().map(|text| wildcards(text)).collect())
}

/// `*` and `?` as wildcards: the texts of this module have no other use for them.
fn wildcards(text: &str) -> Pattern {
    Pattern::new(text.chars().map(|c| match c {
        '*' => Part::Any,
        '?' => Part::One,
        c => Part::Text(c.to_string()),
    }))
}

/// Fixed octets, then the cover of the octet that the prefix cuts, then anything. All dots are written where
/// a `?` could stand for one: `1??.*` would match `1.2.3.4`, but with one `?` there would be two dots in a row.
fn v4_patterns(net: &Ipv4Net) -> Vec<String> {
    let (fixed, cut) = (usize::from(net.prefix_len() / 8), net.prefix_len() % 8);
    let octets = net.network().octets();
    let mut start: String = octets.iter().take(fixed).map(|octet| format!("{octet}.")).collect();
    if fixed == 4 {
        start.pop();
        return vec![start];
    }
    if fixed > 0 && cut == 0 {
        return vec![format!("{start}*")];
    }
    let low = octets.get(fixed).copied().unwrap_or(0);
    let high = low | (0xff_u8.checked_shr(u32::from(cut)).unwrap_or(0));
    let rest = 3 - fixed;
    let finish = |numeral: String| {
        let dots = if numeral.contains("??") { rest } else { rest.min(1) };
        format!("{start}{numeral}{}", ".*".repeat(dots))
    };
    decimal_cover(low, high).into_iter().map(finish).collect()
}

/// The numerals from `low` to `high` as few texts in which `?` stands for a digit.
fn decimal_cover(low: u8, high: u8) -> Vec<String> {
    let mut cover = Vec::new();
    for (digits, first, last) in [(1, 0, 9), (2, 10, 99), (3, 100, 255)] {
        let (from, to) = (u16::from(low).max(first), u16::from(high).min(last));
        if from <= to {
            cover_digits("", digits, (from, to), &mut cover);
        }
    }
    cover
}

/// Covers the numerals that begin with `start` and have so many more digits, within a range.
fn cover_digits(start: &str, digits: u32, range: (u16, u16), cover: &mut Vec<String>) {
    let base = start.parse::<u16>().unwrap_or(0) * 10_u16.pow(digits);
    let least = if start.is_empty() && digits > 1 { 10_u16.pow(digits - 1) } else { base };
    let most = (base + (10_u16.pow(digits) - 1)).min(255);
    if range.0 <= least && most <= range.1 {
        cover.push(format!("{start}{}", "?".repeat(digits as usize)));
    } else if digits > 0 && least <= range.1 && range.0 <= most {
        for digit in 0..=9 {
            if !(start.is_empty() && digits > 1 && digit == 0) {
                cover_digits(&format!("{start}{digit}"), digits - 1, range, cover);
            }
        }
    }
}

fn v6_patterns(net: &Ipv6Net) -> Option<Vec<String>> {
    let groups = net.network().segments();
    let (fixed, cut) = (usize::from(net.prefix_len() / 16), net.prefix_len() % 16);
    if let (true, Some(v4)) = (net.prefix_len() >= 96, net.network().to_ipv4_mapped()) {
        let inner = Ipv4Net::new(v4, net.prefix_len() - 96).ok()?;
        return Some(if inner.prefix_len() == 0 { vec!["::ffff:*.*".to_owned()] } else { prefixed("::ffff:", v4_patterns(&inner)) });
    }
    match (fixed, cut) {
        (0, 0) => Some(vec!["*:*".to_owned()]),
        (_, 0) => whole_groups(groups.get(..fixed)?),
        (0, cut) => first_group(*groups.first()?, cut),
        (_, cut) => {
            // Every value of the group that the prefix cuts, one after the other.
            let low = *groups.get(fixed)?;
            let count = 1_usize << (16 - cut);
            let values = (count <= MAX_PATTERNS).then(|| (low..=low | (0xffff >> cut)).collect::<Vec<u16>>())?;
            let mut start = groups.get(..=fixed)?.to_vec();
            let mut cover = Vec::new();
            for value in values {
                start.pop();
                start.push(value);
                cover.extend(whole_groups(&start)?);
            }
            Some(cover)
        }
    }
}

fn prefixed(prefix: &str, texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(|text| format!("{prefix}{text}")).collect()
}

/// Addresses that begin with these groups. Canonical text shortens the longest run of two or more zero
/// groups, so a run of at most two zeros at the end of the fixed groups is written out or is the start of
/// the shortened run; longer runs, and runs in the middle, have no exact patterns.
fn whole_groups(groups: &[u16]) -> Option<Vec<String>> {
    if let Ok(all) = <[u16; 8]>::try_from(groups) {
        return Some(vec![Ipv6Addr::from(all).to_string()]);
    }
    let zeros = groups.iter().rev().take_while(|&&group| group == 0).count();
    let (before, _) = groups.split_at_checked(groups.len() - zeros)?;
    let middle_run = before.windows(2).any(|pair| pair == [0, 0]);
    if zeros > 2 || middle_run {
        return None;
    }
    let start: String = before.iter().map(|group| format!("{group:x}:")).collect();
    let spelled = format!("{start}{}*", "0:".repeat(zeros));
    let shortened = if start.is_empty() { "::*".to_owned() } else { format!("{start}:*") };
    Some(if zeros == 0 { vec![spelled] } else { vec![spelled, shortened] })
}

/// Addresses whose first group begins with these bits. `canonical-ips` leaves out first groups of fewer than
/// four digits (but `0` and `64`), which nobody was given, so that a `?` is a digit here.
fn first_group(group: u16, cut: u8) -> Option<Vec<String>> {
    if group < 0x1000 {
        return None;
    }
    let digits = format!("{group:04x}");
    let (whole, bits) = (usize::from(cut / 4), cut % 4);
    let start: String = digits.chars().take(whole).collect();
    if bits == 0 {
        return Some(vec![format!("{start}{}:*", "?".repeat(4 - whole))]);
    }
    let low = digits.chars().nth(whole)?.to_digit(16)?;
    let high = low | (0xf >> bits);
    Some((low..=high).map(|digit| format!("{start}{digit:x}{}:*", "?".repeat(3 - whole))).collect())
}

/// A short regular expression that exactly the addresses of the network match among canonical texts, for an
/// IPv6 network whose prefix ends inside a group: `^2603:1006:14[0-9a-f]{2}:`. `None` for all others, and
/// where zeros among the whole groups may be shortened.
pub fn canonical_regex(net: &IpNet) -> Option<Hir> {
    let IpNet::V6(net) = net else { return None };
    let (fixed, cut) = (usize::from(net.prefix_len() / 16), u32::from(net.prefix_len() % 16));
    let groups = net.network().segments();
    let (whole, low) = (groups.get(..fixed)?, *groups.get(fixed)?);
    if whole.is_empty() || whole.contains(&0) || cut == 0 || fixed == 7 {
        return None;
    }
    let start: String = whole.iter().map(|group| format!("{group:x}:")).collect();
    regex_syntax::parse(&format!("^{start}{}:", cut_group(low, 16 - cut))).ok()
}

/// The numerals of the groups that share all but their last `free` bits with `low`. Canonical numerals have
/// no leading zeros, and zero may be the start of a run that is written `::`.
fn cut_group(low: u16, free: u32) -> String {
    let (digits, bits) = (free / 4, free % 4);
    let rest = |count: u32| if count == 0 { String::new() } else { format!("[0-9a-f]{{{count}}}") };
    let class = |low: u32, high: u32| format!("[{}]", (low..=high).map(|digit| format!("{digit:x}")).collect::<String>());
    let partial = (u32::from(low) >> (4 * digits)) & 0xf;
    if low > 0 {
        let kept = u32::from(low) >> (4 * digits + if bits > 0 { 4 } else { 0 });
        let kept = if kept > 0 { format!("{kept:x}") } else { String::new() };
        let partial = if bits > 0 { class(partial, partial | ((1 << bits) - 1)) } else { String::new() };
        return format!("{kept}{partial}{}", rest(digits));
    }
    let short = if digits > 0 { format!("[0-9a-f]{{0,{digits}}}") } else { "0?".to_owned() };
    if bits > 0 { format!("(?:{short}|{}{})", class(1, (1 << bits) - 1), rest(digits)) } else { short }
}

/// The regular expression that exactly the texts of the network's addresses match, whatever their form.
pub fn regex(net: &IpNet) -> Hir {
    let body = match net {
        IpNet::V4(net) => v4(net),
        IpNet::V6(net) => v6(net),
    };
    Hir::concat(vec![Hir::look(Look::Start), body, Hir::look(Look::End)])
}

fn text(text: &str) -> Hir {
    Hir::literal(text.as_bytes().to_vec())
}

fn class(ranges: &[(char, char)]) -> Hir {
    Hir::class(Class::Unicode(ClassUnicode::new(ranges.iter().map(|&(start, end)| ClassUnicodeRange::new(start, end)))))
}

fn repeated(sub: Hir, min: u32, max: u32) -> Hir {
    Hir::repetition(Repetition { min, max: Some(max), greedy: true, sub: Box::new(sub) })
}

fn v4(net: &Ipv4Net) -> Hir {
    dotted(net.network(), net.broadcast())
}

/// The dotted texts whose octets are between those of two addresses.
fn dotted(first: Ipv4Addr, last: Ipv4Addr) -> Hir {
    joined(&first.octets().into_iter().zip(last.octets()).map(|(low, high)| octet(low, high)).collect::<Vec<_>>(), ".")
}

/// Pieces with a separator between them; equal neighbours become a repetition.
fn joined(pieces: &[Hir], separator: &str) -> Hir {
    let mut parts = Vec::new();
    let mut rest = pieces;
    while let Some((first, after)) = rest.split_first() {
        let same = after.iter().take_while(|piece| *piece == first).count();
        let after = after.get(same..).unwrap_or_default();
        let separated = Hir::concat(vec![first.clone(), text(separator)]);
        let count = u32::try_from(same).unwrap_or(0);
        if after.is_empty() {
            parts.extend([repeated(separated, count, count), first.clone()]);
        } else {
            parts.push(repeated(separated, count + 1, count + 1));
        }
        rest = after;
    }
    Hir::concat(parts)
}

/// The decimal numerals from `low` to `high`, without leading zeros.
fn octet(low: u8, high: u8) -> Hir {
    let numerals = decimal_cover(low, high);
    Hir::alternation(
        numerals
            .iter()
            .map(|numeral| match numeral.as_str() {
                "?" => class(&[('0', '9')]),
                "??" => Hir::concat(vec![class(&[('1', '9')]), class(&[('0', '9')])]),
                "???" => Hir::alternation(vec![
                    Hir::concat(vec![text("1"), digits(2)]),
                    Hir::concat(vec![text("2"), class(&[('0', '4')]), digits(1)]),
                    Hir::concat(vec![text("25"), class(&[('0', '5')])]),
                ]),
                "2??" => Hir::alternation(vec![
                    Hir::concat(vec![text("2"), class(&[('0', '4')]), digits(1)]),
                    Hir::concat(vec![text("25"), class(&[('0', '5')])]),
                ]),
                "25?" => Hir::concat(vec![text("25"), class(&[('0', '5')])]),
                other => Hir::concat(other.chars().map(|c| if c == '?' { digits(1) } else { text(c.encode_utf8(&mut [0; 4])) }).collect()),
            })
            .collect(),
    )
}

fn digits(count: u32) -> Hir {
    repeated(class(&[('0', '9')]), count, count)
}

/// Every way to write an address of the network: eight groups, or `::` for one or more zero groups between
/// a head and a tail; the last two groups also as an IPv4 address (RFC 4291 §2.2).
fn v6(net: &Ipv6Net) -> Hir {
    let groups: Vec<Group> =
        net.network().segments().iter().zip(net.broadcast().segments()).map(|(&low, high)| Group { low, high }).collect();
    let mut ways = vec![tail(&groups)];
    for head in 0..8 {
        let mut tails = Vec::new();
        for start in (head + 1)..=8 {
            let (Some(skipped), Some(rest)) = (groups.get(head..start), groups.get(start..)) else { continue };
            if skipped.iter().all(|group| group.low == 0) {
                tails.push(tail(rest));
            }
        }
        if !tails.is_empty() {
            let before = colons(groups.get(..head).unwrap_or_default());
            ways.push(Hir::concat(vec![before, text("::"), Hir::alternation(tails)]));
        }
    }
    Hir::alternation(ways)
}

/// Groups at the end of an address, the last two of them possibly as an IPv4 address.
fn tail(groups: &[Group]) -> Hir {
    let plain = colons(groups);
    let Some((before, [high, low])) = groups.split_last_chunk::<2>() else { return plain };
    let address = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let dotted = dotted(address(high.low, low.low), address(high.high, low.high));
    let colon = if before.is_empty() { Hir::empty() } else { text(":") };
    Hir::alternation(vec![plain, Hir::concat(vec![colons(before), colon, dotted])])
}

fn colons(groups: &[Group]) -> Hir {
    joined(&groups.iter().map(|group| group.hir()).collect::<Vec<_>>(), ":")
}

/// A group of an IPv6 address: every value from `low` to `high`, which differ in their last bits only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    low: u16,
    high: u16,
}

impl Group {
    /// One to four hexadecimal digits of either case, with or without leading zeros.
    fn hir(self) -> Hir {
        if (self.low, self.high) == (0, u16::MAX) {
            return repeated(nibble(0, 15), 1, 4);
        }
        let nibbles: Vec<(u16, u16)> = [12, 8, 4, 0].iter().map(|shift| ((self.low >> shift) & 15, (self.high >> shift) & 15)).collect();
        numeral(&nibbles)
    }
}

/// The numerals whose digits are in these ranges, leading zeros written or not.
fn numeral(nibbles: &[(u16, u16)]) -> Hir {
    let full = |nibbles: &[(u16, u16)]| Hir::concat(nibbles.iter().map(|&(low, high)| nibble(low, high)).collect());
    match nibbles {
        [] => Hir::empty(),
        [(0, 0), rest @ ..] if !rest.is_empty() => Hir::concat(vec![repeated(text("0"), 0, 1), numeral(rest)]),
        [(0, _), rest @ ..] if !rest.is_empty() => Hir::alternation(vec![full(nibbles), numeral(rest)]),
        _ => full(nibbles),
    }
}

fn nibble(low: u16, high: u16) -> Hir {
    let digit = |value: u16| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let mut ranges = Vec::new();
    if low <= 9 {
        ranges.push((digit(low), digit(high.min(9))));
    }
    if high >= 10 {
        let (from, to) = (digit(low.max(10)), digit(high));
        ranges.extend([(from, to), (from.to_ascii_uppercase(), to.to_ascii_uppercase())]);
    }
    class(&ranges)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::ir::Regex;
    use crate::text::fold::Case;
    use crate::text::ip;
    use proptest::prelude::*;
    use std::net::IpAddr;

    fn shown(net: &str) -> Option<Vec<String>> {
        let show = |pattern: &Pattern| {
            let part = |part: &Part| match part {
                Part::Text(text) => text.clone(),
                Part::One => "?".to_owned(),
                Part::Any => "*".to_owned(),
            };
            pattern.parts().iter().map(part).collect::<String>()
        };
        patterns(&net.parse().unwrap()).map(|patterns| patterns.iter().map(show).collect())
    }

    #[test]
    fn patterns_are_few_and_readable() {
        for (net, expected) in [
            ("10.0.0.0/8", vec!["10.*"]),
            ("192.168.0.0/16", vec!["192.168.*"]),
            ("127.0.0.1/32", vec!["127.0.0.1"]),
            ("172.16.0.0/12", vec!["172.16.*", "172.17.*", "172.18.*", "172.19.*", "172.2?.*", "172.30.*", "172.31.*"]),
            ("::1/128", vec!["::1"]),
            ("fe80::/10", vec!["fe8?:*", "fe9?:*", "fea?:*", "feb?:*"]),
            ("fc00::/7", vec!["fc??:*", "fd??:*"]),
            ("2001:db8::/32", vec!["2001:db8:*"]),
            ("2001::/32", vec!["2001:0:*", "2001::*"]),
            ("::ffff:10.0.0.0/104", vec!["::ffff:10.*"]),
        ] {
            assert_eq!(shown(net), Some(expected.into_iter().map(str::to_owned).collect()), "{net}");
        }
        for net in ["fe80::/64", "64:ff9b::/96", "2001:db8:8000::/33", "::/8"] {
            assert_eq!(shown(net), None, "{net}");
        }
    }

    /// Addresses near the edges of a network, and others with runs of zeros.
    fn near(net: IpNet, noise: u128, keep: u128) -> IpAddr {
        match net {
            IpNet::V4(net) => IpAddr::V4(Ipv4Addr::from(u32::from(net.network()) ^ (noise as u32 & keep as u32))),
            IpNet::V6(net) => IpAddr::V6(Ipv6Addr::from(u128::from(net.network()) ^ (noise & keep))),
        }
    }

    fn nets() -> impl Strategy<Value = IpNet> {
        let v6 = prop_oneof![
            any::<u128>(),
            (any::<u128>(), any::<u128>()).prop_map(|(a, b)| a & b & (b >> 1)),
            Just(0),
            Just(0xffff_u128 << 32),
            Just(0x2001_u128 << 112),
            Just(0xfe80_u128 << 112)
        ];
        prop_oneof![
            (any::<u32>(), 0..=32_u8).prop_map(|(bits, prefix)| IpNet::V4(Ipv4Net::new(bits.into(), prefix).unwrap().trunc())),
            (v6, 0..=128_u8).prop_map(|(bits, prefix)| IpNet::V6(Ipv6Net::new(bits.into(), prefix).unwrap().trunc())),
        ]
    }

    /// The text of an address in one of the forms that the grammar allows.
    fn written(address: IpAddr, form: u8) -> String {
        match (address, form % 5) {
            (IpAddr::V6(v6), 1) => v6.segments().map(|group| format!("{group:04X}")).join(":"),
            (IpAddr::V6(v6), 2) => v6.segments().map(|group| format!("{group:x}")).join(":"),
            (IpAddr::V6(v6), 3) => {
                let [a, b, c, d, e, f, ..] = v6.segments();
                let low = Ipv4Addr::from(u128::from(v6) as u32);
                format!("{a:x}:{b:03x}:{c:x}:{d:x}:{e:x}:{f:x}:{low}")
            }
            (IpAddr::V6(v6), 4) => format!("{:x}::{:x}", v6.segments()[0], v6.segments()[7]),
            (address, _) => address.to_string(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn patterns_are_exact_on_canonical_texts(net in nets(), noise in any::<u128>(), keep in any::<u128>(), shift in 0..128_u32) {
            let address = near(net, noise, keep & (keep >> 3) & (u128::MAX >> shift));
            let text = address.to_string();
            if let (Some(patterns), true) = (patterns(&net), ip::is_canonical(&text)) {
                let matched = patterns.iter().any(|pattern| pattern.matches(&text, Case::Sensitive));
                prop_assert_eq!(matched, ip::within(&text, &[net]), "{} in {}: {:?}", text, net, shown(&net.to_string()));
            }
        }

        #[test]
        fn canonical_regex_is_exact_on_canonical_texts(net in nets(), noise in any::<u128>(), keep in any::<u128>(), shift in 0..128_u32) {
            if let Some(tree) = canonical_regex(&net) {
                let regex = Regex::new(&tree).unwrap();
                let address = near(net, noise, keep.checked_shr(shift).unwrap_or(0));
                let text = address.to_string();
                prop_assert_eq!(regex.is_match(&text), net.contains(&address), "{} on {}", regex.pattern(), text);
            }
        }

        #[test]
        fn regex_is_exact(net in nets(), noise in any::<u128>(), keep in any::<u128>(), shift in 0..128_u32, form in any::<u8>(), cut in 0..60_usize, extra in "[0:.f]{0,1}") {
            let mut text = written(near(net, noise, keep & (keep >> 3) & (u128::MAX >> shift)), form);
            if form > 200 && text.len() > cut {
                text.replace_range(cut..cut + 1, &extra);
            }
            let regex = crate::ir::regex::Regex::new(&regex(&net)).map_err(TestCaseError::fail)?;
            prop_assert_eq!(regex.is_match(&text), ip::within(&text, &[net]), "{} in {}: {}", text, net, regex.pattern());
        }
    }
}
