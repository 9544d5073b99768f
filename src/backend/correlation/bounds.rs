//! Bounds as whole numbers: what is counted and its bound, both times the same power of ten.
//!
//! Nothing is computed in floating point, since engines would round where Sigma does not. Deliberately absent: bounds
//! with more than four digits after the point, or beyond 10^18.

use crate::ir::Decimal;
use crate::ir::correlation::Threshold;

/// So many digits after the point can be told.
const DIGITS: usize = 4;

/// No bound is larger: sums of a bound and what is counted stay within 64 bits.
const LARGEST: i64 = 1_000_000_000_000_000_000;

/// The power of ten by which all of these become whole numbers.
pub(super) fn scale(thresholds: &[Threshold]) -> Option<i64> {
    let digits = thresholds.iter().map(|threshold| fraction(&threshold.number)).max().unwrap_or(0);
    power(digits)
}

/// The number times a power of ten, times another whole number.
pub(super) fn scaled(number: &Decimal, scale: i64, factor: i64) -> Option<i64> {
    let (own, text) = (fraction(number), number.to_string());
    let digits: String = text.chars().filter(|c| *c != '.').collect();
    let whole: i64 = digits.parse().ok()?;
    let scaled = whole.checked_mul(scale.checked_div(power(own)?)?)?.checked_mul(factor)?;
    (scaled.unsigned_abs() <= LARGEST.unsigned_abs()).then_some(scaled)
}

/// The rank of a percentile as a fraction of two whole numbers without common divisor.
pub(super) fn rank(number: &Decimal) -> Option<(i64, i64)> {
    let scale = power(fraction(number))?;
    let (above, below) = (scaled(number, scale, 1)?, scale.checked_mul(100)?);
    let divisor = divisor(above, below);
    Some((above.checked_div(divisor)?, below.checked_div(divisor)?)).filter(|(above, below)| 0 <= *above && above <= below)
}

fn divisor(a: i64, b: i64) -> i64 {
    match a.checked_rem(b) {
        None | Some(0) => b,
        Some(rest) => divisor(b, rest),
    }
}

fn fraction(number: &Decimal) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

fn power(digits: usize) -> Option<i64> {
    (digits <= DIGITS).then(|| (0..digits).fold(1, |power, _| power * 10))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn bounds_and_ranks_are_whole() {
        let number = |text| Decimal::parse(text).unwrap();
        assert_eq!(scaled(&number("-1.25"), 1000, 2), Some(-2500));
        assert_eq!(scaled(&number("1e30"), 1, 1), None);
        assert_eq!(rank(&number("50")), Some((1, 2)));
        assert_eq!(rank(&number("99.9")), Some((999, 1000)));
        assert_eq!(rank(&number("0")), Some((0, 1)));
        assert_eq!(rank(&number("100")), Some((1, 1)));
        assert_eq!(rank(&number("101")), None);
    }
}
