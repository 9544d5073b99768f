//! Numbers without rounding: fractions of whole numbers of any size, in one order.
//!
//! Thresholds are compared exactly (sigma.md §7.1), so sums, means and interpolated percentiles are kept as fractions and
//! compared by cross multiplication. Deliberately absent: reducing fractions, which would cost more than it saves here.

use crate::rule::correlation::{Operator, Threshold};
use crate::text::number::Decimal;
use num_bigint::BigInt;
use std::cmp::Ordering;

/// A fraction; the denominator is positive.
#[derive(Debug, Clone)]
pub(super) struct Fraction {
    pub(super) numerator: BigInt,
    pub(super) denominator: BigInt,
}

impl Fraction {
    /// A number of things.
    pub(super) fn count(count: usize) -> Self {
        Self { numerator: count.into(), denominator: 1.into() }
    }

    /// A decimal, over the power of ten that its fraction needs.
    pub(super) fn decimal(number: &Decimal) -> Self {
        let (digits, scale) = scaled(number);
        Self { numerator: digits, denominator: ten_to(scale) }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        (&self.numerator * &other.denominator).cmp(&(&other.numerator * &self.denominator))
    }
}

/// A decimal as a whole number, and how many of its digits stand after the point.
pub(super) fn scaled(number: &Decimal) -> (BigInt, u32) {
    let text = number.to_string();
    let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{integer}{fraction}").parse().unwrap_or_default();
    (digits, u32::try_from(fraction.len()).unwrap_or(u32::MAX))
}

pub(super) fn ten_to(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// Thresholds that must all hold.
#[derive(Debug)]
pub(super) struct Bounds(Vec<(Operator, Fraction)>);

impl Bounds {
    pub(super) fn new(thresholds: &[Threshold]) -> Self {
        Self(thresholds.iter().map(|threshold| (threshold.operator, Fraction::decimal(&threshold.number))).collect())
    }

    /// Whether what was counted is within all of them.
    pub(super) fn admit(&self, counted: &Fraction) -> bool {
        self.0.iter().all(|(operator, bound)| {
            let order = counted.cmp(bound);
            match operator {
                Operator::Lt => order.is_lt(),
                Operator::Lte => order.is_le(),
                Operator::Gt => order.is_gt(),
                Operator::Gte => order.is_ge(),
                Operator::Eq => order.is_eq(),
                Operator::Neq => order.is_ne(),
            }
        })
    }
}
