//! Designs of planned satellites: orbits whose ground track repeats, Walker patterns
//! (`corridor_orbit::elements::designed`), and what planned satellites would change.

pub mod compare;
pub mod repeat;
