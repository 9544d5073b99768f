//! The numbers in a window: their sum, their mean, their percentiles (sigma.md §7.1).
//!
//! All numbers of a group are written over one power of ten, so that they are whole. Deliberately absent: floats.

use super::exact::{Fraction, scaled, ten_to};
use super::group::{Item, Texts};
use super::window::Tally;
use crate::text::number::Decimal;
use num_bigint::BigInt;

/// The numbers of each occurrence of a group, over a common denominator.
#[derive(Debug)]
pub(super) struct Numbers {
    numbers: Vec<Vec<BigInt>>,
    denominator: BigInt,
}

impl Numbers {
    /// §7.1: numbers, and texts in JSON's number grammar; their canonical texts are such texts too. Every member of a bag
    /// counts; others are ignored.
    pub(super) fn new(items: &[Item<'_>], fields: impl Fn(&Item<'_>) -> Option<usize>, texts: &Texts) -> Self {
        let numbers = |item: &Item<'_>| -> Vec<(BigInt, u32)> {
            let bag = item.occurrence.bag(fields(item)).iter();
            bag.filter_map(|&symbol| Decimal::parse(texts.text(symbol))).map(|number| scaled(&number)).collect()
        };
        let decimals: Vec<Vec<(BigInt, u32)>> = items.iter().map(numbers).collect();
        let scale = decimals.iter().flatten().map(|(_, scale)| *scale).max().unwrap_or(0);
        let whole = |(digits, own): (BigInt, u32)| digits * ten_to(scale - own);
        let numbers = decimals.into_iter().map(|decimals| decimals.into_iter().map(whole).collect()).collect();
        Self { numbers, denominator: ten_to(scale) }
    }

    fn of(&self, item: usize) -> impl Iterator<Item = &BigInt> {
        self.numbers.get(item).into_iter().flatten()
    }
}

/// The sum of the numbers in the window, and how many they are.
#[derive(Debug)]
pub(super) struct Total {
    numbers: Numbers,
    sum: BigInt,
    count: usize,
}

impl Total {
    pub(super) fn new(numbers: Numbers) -> Self {
        Self { numbers, sum: BigInt::ZERO, count: 0 }
    }

    /// The sum; none of no numbers.
    pub(super) fn sum(&self) -> Option<Fraction> {
        (self.count > 0).then(|| Fraction { numerator: self.sum.clone(), denominator: self.numbers.denominator.clone() })
    }

    /// The mean; none of no numbers.
    pub(super) fn mean(&self) -> Option<Fraction> {
        self.sum().map(|sum| Fraction { denominator: sum.denominator * self.count, ..sum })
    }
}

impl Tally for Total {
    fn add(&mut self, item: usize) {
        for number in self.numbers.numbers.get(item).into_iter().flatten() {
            self.sum += number;
            self.count += 1;
        }
    }

    fn remove(&mut self, item: usize) {
        for number in self.numbers.numbers.get(item).into_iter().flatten() {
            self.sum -= number;
            self.count = self.count.saturating_sub(1);
        }
    }
}

/// The numbers in the window in their order: how many there are of each.
///
/// The counts stand in a binary indexed tree (Fenwick, 1994) over all numbers of the group.
#[derive(Debug)]
pub(super) struct Ranks {
    numbers: Numbers,
    sorted: Vec<BigInt>,
    tree: Vec<usize>,
    count: usize,
}

impl Ranks {
    pub(super) fn new(numbers: Numbers) -> Self {
        let mut sorted: Vec<BigInt> = numbers.numbers.iter().flatten().cloned().collect();
        sorted.sort_unstable();
        sorted.dedup();
        Self { tree: vec![0; sorted.len() + 1], numbers, sorted, count: 0 }
    }

    /// §7.1: the percentile by linear interpolation at rank (n − 1) · p / 100, counted from 0; none of no numbers.
    pub(super) fn percentile(&self, p: &Fraction) -> Option<Fraction> {
        let last = self.count.checked_sub(1)?;
        let (rank, hundred) = (&p.numerator * last, &p.denominator * 100_u32);
        let whole = usize::try_from(&rank / &hundred).ok()?.min(last);
        let part = &rank % &hundred;
        let (below, above) = (self.at(whole)?, self.at(last.min(whole + 1))?);
        Some(Fraction { numerator: below * &hundred + part * (above - below), denominator: &self.numbers.denominator * hundred })
    }

    /// The number at a rank.
    fn at(&self, rank: usize) -> Option<&BigInt> {
        let (mut place, mut left) = (0, rank);
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if let Some(&count) = self.tree.get(place + step).filter(|&&count| count <= left) {
                left -= count;
                place += step;
            }
            step /= 2;
        }
        self.sorted.get(place)
    }

    /// The places of the tree that count a number: its own, then each with the lowest bit added.
    fn places(&self, number: &BigInt) -> impl Iterator<Item = usize> + use<> {
        let (first, length) = (self.sorted.partition_point(|other| other < number) + 1, self.tree.len());
        std::iter::successors(Some(first), |&place| Some(place + (1 << place.trailing_zeros()))).take_while(move |&place| place < length)
    }

    fn change(&mut self, item: usize, count: impl Fn(usize) -> usize) {
        let places: Vec<Vec<usize>> = self.numbers.of(item).map(|number| self.places(number).collect()).collect();
        self.count = places.iter().fold(self.count, |total, _| count(total));
        for place in places.into_iter().flatten() {
            self.tree.get_mut(place).into_iter().for_each(|counted| *counted = count(*counted));
        }
    }
}

impl Tally for Ranks {
    fn add(&mut self, item: usize) {
        self.change(item, |count| count + 1);
    }

    fn remove(&mut self, item: usize) {
        self.change(item, |count| count.saturating_sub(1));
    }
}
