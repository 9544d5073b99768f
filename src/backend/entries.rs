//! Maps of descriptors: in the order of the document, every key once, mergeable over those of a base.
//!
//! Deliberately absent: what the keys and values are.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// A map in the order of the document, every key once.
#[derive(Debug, Clone)]
pub(super) struct Entries<K, V>(pub(super) Vec<(K, V)>);

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, K: Deserialize<'de> + PartialEq + fmt::Debug, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + PartialEq + fmt::Debug, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<K, V> {
    type Value = Entries<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<K>()? {
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(serde::de::Error::custom(format!("the key {key:?} occurs twice")));
            }
            entries.push((key, map.next_value::<V>()?));
        }
        Ok(Entries(entries))
    }
}

impl<K: PartialEq, V> Entries<K, V> {
    /// These entries over those of a base: `merge` joins two values of one key.
    pub(super) fn over(self, base: Self, merge: fn(V, V) -> V) -> Self {
        let mut merged = base.0;
        for (key, value) in self.0 {
            match merged.iter().position(|(known, _)| *known == key) {
                Some(position) => {
                    let (key, before) = merged.remove(position);
                    merged.insert(position, (key, merge(value, before)));
                }
                None => merged.push((key, value)),
            }
        }
        Self(merged)
    }
}
