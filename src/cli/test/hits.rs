//! Which events a rule matches, held in little memory.
//!
//! Matches come event by event and are printed rule by rule, so they are held until the end. A hit is the distance
//! from the one before, seven bits a byte: one byte where a rule matches often, two or three where it matches rarely.

use super::super::record;

/// Ascending numbers of events, all files counted through.
#[derive(Debug, Clone, Default)]
pub(super) struct Hits {
    distances: Vec<u8>,
    next: usize,
    count: usize,
}

impl Hits {
    /// Adds a hit, which comes after all others.
    pub(super) fn push(&mut self, event: usize) {
        let mut distance = event.saturating_sub(self.next);
        while distance > 0x7f {
            self.distances.push((distance & 0x7f) as u8 | 0x80);
            distance >>= 7;
        }
        self.distances.push(distance as u8);
        self.next = event + 1;
        self.count += 1;
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The numbers, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let mut bytes = self.distances.iter();
        let mut next = 0;
        std::iter::from_fn(move || {
            let (mut distance, mut shift) = (0, 0);
            loop {
                let byte = *bytes.next()?;
                distance |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            let event = next + distance;
            next = event + 1;
            Some(event)
        })
    }
}

/// The files of events that were read, in order.
#[derive(Debug, Default)]
pub(super) struct EventFiles {
    /// The name of each, and how many events there are up to its end.
    files: Vec<(String, usize)>,
}

impl EventFiles {
    /// Adds a file with so many events.
    pub(super) fn add(&mut self, name: String, number: usize) {
        self.files.push((name, self.events() + number));
    }

    /// How many events were read.
    pub(super) fn events(&self) -> usize {
        self.files.last().map_or(0, |(_, end)| *end)
    }

    /// An event by its number, all files counted through.
    pub(super) fn event(&self, number: usize) -> Option<record::Event<'_>> {
        let file = self.files.partition_point(|(_, end)| *end <= number);
        let start = file.checked_sub(1).and_then(|before| self.files.get(before)).map_or(0, |(_, end)| *end);
        self.files.get(file).map(|(path, _)| record::Event { path, index: number - start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_come_out_as_they_went_in() {
        for events in
            [vec![], vec![0], vec![0, 1, 2, 129, 130, 16_514, 5_000_000_000, 5_000_000_001], vec![127, 255, 256], vec![usize::MAX - 1]]
        {
            let mut hits = Hits::default();
            events.iter().for_each(|&event| hits.push(event));
            assert_eq!((hits.iter().collect::<Vec<_>>(), hits.len()), (events.clone(), events.len()));
        }
    }

    #[test]
    fn frequent_hits_take_a_byte() {
        let mut hits = Hits::default();
        (0..10_000).for_each(|event| hits.push(event * 100));
        assert_eq!(hits.distances.len(), 10_000);
    }
}
