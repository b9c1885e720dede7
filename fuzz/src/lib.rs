//! Every parser of bytes that come from outside, for `cargo fuzz` and for the ordinary test that
//! replays `seeds/`.

pub mod parsers;
