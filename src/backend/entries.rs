//! Maps of descriptors: in the order of the document, every key once, mergeable over those of a base.
//!
//! Deliberately absent: what the keys and values are.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
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

impl<'de, K: Deserialize<'de> + Ord + Clone + fmt::Debug, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + Ord + Clone + fmt::Debug, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<K, V> {
    type Value = Entries<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut known = BTreeSet::new();
        while let Some(key) = map.next_key::<K>()? {
            if !known.insert(key.clone()) {
                return Err(serde::de::Error::custom(format!("the key {key:?} occurs twice")));
            }
            entries.push((key, map.next_value::<V>()?));
        }
        Ok(Entries(entries))
    }
}

impl<K: Ord + Clone, V> Entries<K, V> {
    /// These entries over those of a base: `merge` joins two values of one key.
    pub(super) fn over(self, base: Self, merge: fn(V, V) -> V) -> Self {
        let mut own: BTreeMap<K, V> = BTreeMap::new();
        let mut order = Vec::new();
        for (key, value) in self.0 {
            order.push(key.clone());
            own.insert(key, value);
        }
        let joined = |(key, before): (K, V)| match own.remove(&key) {
            Some(value) => (key, merge(value, before)),
            None => (key, before),
        };
        let mut merged: Vec<(K, V)> = base.0.into_iter().map(joined).collect();
        merged.extend(order.into_iter().filter_map(|key| own.remove_entry(&key)));
        Self(merged)
    }
}
