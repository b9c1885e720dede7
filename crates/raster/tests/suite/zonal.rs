//! Figures under polygons: equal to what exactextract says of the shared scenes.

use corridor_raster::zonal::{self, Ring, Zone};

use crate::real_data::{self, number};

#[test]
fn figures_are_those_of_exactextract() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let reference = real_data::reference("zonal.json");
    let mut worst: f64 = 0.0;
    for expected in reference["zones"].as_array().unwrap() {
        let file = expected["file"].as_str().unwrap();
        let dataset = real_data::open(&dir, file);
        let rings: Vec<Ring> = serde_json::from_value(expected["rings"].clone()).unwrap();
        let zone = Zone::new(dataset.grid(), &[rings]).unwrap();
        let bands: Vec<usize> = (0..dataset.bands()).collect();
        let mut tallies = zonal::statistics(&dataset, &bands, zone.as_ref(), true).unwrap();
        for (band, tally) in tallies.iter_mut().enumerate() {
            let own = [
                Some(tally.count()),
                tally.mean().map(|_| tally.sum()),
                tally.mean(),
                tally.stdev(),
                tally.min(),
                tally.max(),
                tally.quantile(0.5),
                tally.quantile(0.1),
            ];
            for (index, (own, theirs)) in own
                .iter()
                .zip(expected["bands"][band].as_array().unwrap())
                .enumerate()
            {
                if theirs.is_null() || tally.count() < 1e-9 {
                    assert!(
                        own.is_none() || tally.count() < 1e-9,
                        "{file} {index}: {own:?}"
                    );
                    continue;
                }
                let theirs = number(theirs);
                // Its parts of pixels are 32-bit numbers: seven digits.
                let off = (own.unwrap() - theirs).abs() / theirs.abs().max(1.0);
                assert!(
                    off < 1e-6,
                    "{file} band {band} figure {index}: {own:?} {theirs}"
                );
                worst = worst.max(off);
            }
        }
    }
    println!("greatest relative difference to exactextract: {worst:.2e}");
}
