//! Spacecraft by the identifier in their frames.
//!
//! Identifiers are assigned by the Space Assigned Numbers Authority (CCSDS 320.0-B); the rows are facts from the
//! `spacecraftsdb` that travels with the crate `ccsds` 0.1.0-beta.25 (MIT OR Apache-2.0), those of Suomi NPP,
//! Aqua and MetOp-B seen in real captures as well. NORAD numbers are those of the public catalogue.

/// A spacecraft whose frames are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacecraft {
    /// Identifier in the transfer frame.
    pub id: u16,
    /// Name.
    pub name: &'static str,
    /// Catalogue number.
    pub norad_id: u32,
    /// Bytes of insert zone in its high-rate frames.
    pub insert_zone_len: usize,
}

const fn row(id: u16, name: &'static str, norad_id: u32, insert_zone_len: usize) -> Spacecraft {
    Spacecraft {
        id,
        name,
        norad_id,
        insert_zone_len,
    }
}

/// Sorted by identifier.
const KNOWN: [Spacecraft; 10] = [
    row(11, "MetOp-B", 38_771, 2),
    row(13, "MetOp-C", 43_689, 2),
    row(42, "Terra", 25_994, 0),
    row(80, "GOES-16", 41_866, 0),
    row(130, "GOES-17", 43_226, 0),
    row(135, "GCOM-W1", 38_337, 0),
    row(154, "Aqua", 27_424, 0),
    row(157, "Suomi NPP", 37_849, 0),
    row(159, "NOAA-20", 43_013, 0),
    row(177, "NOAA-21", 54_234, 9),
];

/// The spacecraft of an identifier, where it is known here.
pub fn by_id(id: u16) -> Option<&'static Spacecraft> {
    KNOWN
        .binary_search_by_key(&id, |s| s.id)
        .ok()
        .map(|i| &KNOWN[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_found() {
        assert!(KNOWN.is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(by_id(157).unwrap().name, "Suomi NPP");
        assert_eq!(by_id(1), None);
    }
}
