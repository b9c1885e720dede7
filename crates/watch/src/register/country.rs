//! The outlines of countries that the register ships.

use super::file::gunzip;
use crate::error::WatchError;
use corridor_sense::place::{Countries, countries};

/// Natural Earth, as `register/README.md` says.
const SHIPPED: &[u8] = include_bytes!("../../../../register/countries-50m.json.gz");

/// The countries of the world and their lines, as Natural Earth draws them at 1:50 million.
///
/// # Errors
/// [`WatchError::Internal`] where the shipped file does not read.
pub fn shipped_countries() -> Result<Countries, WatchError> {
    const FILE: &str = "register/countries-50m.json";
    let failed = |e: &dyn std::fmt::Display| WatchError::internal("reading countries", e);
    let text = gunzip(SHIPPED).map_err(|e| failed(&e))?;
    countries(FILE, &text).map_err(|e| failed(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_sense::merit::cells_of_polygons;

    /// Land and inland water, km², by the United Nations Statistics Division (Demographic Yearbook 2019,
    /// table 3). Outlines at 1:50 million are within 2.3 % of it, Uruguay's with its lagoons the furthest off;
    /// small and much indented countries would be further.
    const PUBLISHED_KM2: [(&str, f64); 12] = [
        ("Brazil", 8_515_767.0),
        ("Chad", 1_284_000.0),
        ("Bolivia", 1_098_581.0),
        ("Kenya", 591_958.0),
        ("Germany", 357_581.0),
        ("Romania", 238_391.0),
        ("Mongolia", 1_564_116.0),
        ("Zambia", 752_612.0),
        ("Poland", 312_679.0),
        ("Uruguay", 173_626.0),
        ("Australia", 7_692_024.0),
        ("Iceland", 103_000.0),
    ];

    #[test]
    fn areas_are_the_published_ones_whatever_the_step() {
        let countries = shipped_countries().unwrap();
        assert_eq!(countries.all.len(), 241);
        for (name, published_km2) in PUBLISHED_KM2 {
            let country = countries.all.iter().find(|c| c.name == name).unwrap();
            for step_deg in [1.0, 4.0] {
                let cells = cells_of_polygons(&country.land, step_deg).unwrap();
                let found: f64 = cells.iter().map(|c| c.area_km2).sum();
                let off = found / published_km2 - 1.0;
                assert!(
                    off.abs() < 0.025,
                    "{name} at {step_deg}: {found:.0} km², {off:.4}"
                );
            }
        }
    }

    #[test]
    fn every_country_has_a_cell() {
        for country in shipped_countries().unwrap().all {
            let cells = cells_of_polygons(&country.land, 5.0).unwrap();
            assert!(!cells.is_empty(), "{}", country.name);
        }
    }
}
