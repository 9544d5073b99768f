//! Verification: whether a query means what its rule means.

pub mod derive;
mod near;
mod sample;
pub mod shrink;
mod skeleton;
mod slot;
mod solve;
mod strings;
mod truth;
