//! Footprints against the opportunities they belong to: their coverage was counted by another tool.

use crate::reference::{ELEMENTS, area, from, instrument};
use corridor_orbit::elements::omm_csv;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;
use corridor_sense::access::{Sensor, opportunities};
use corridor_sense::footprint;
use geo::{Area as _, BooleanOps, LineString, Polygon};

/// Part of the area within the strip, by planar areas in degrees: true for areas of some degrees.
fn share(ring: &[[f64; 2]], area: &corridor_sense::area::Area) -> f64 {
    let strip = Polygon::new(LineString::from(ring.to_vec()), vec![]);
    let polygon = area.polygon();
    strip.intersection(polygon).unsigned_area() / polygon.unsigned_area()
}

/// The greatest difference between the share drawn and the coverage stated; and how many were seen.
fn worst(sensor_id: &str, area_id: &str, signed: bool) -> (f64, usize) {
    let (instrument, area) = (instrument(sensor_id), area(area_id));
    let (mut worst, mut seen) = (0.0_f64, 0);
    for set in omm_csv::parse(ELEMENTS, "elements.csv").sets {
        let trajectory = Trajectory::from_elements(&set).unwrap();
        let sensor = Sensor {
            satellite: &set.name,
            norad_id: Some(set.norad_id),
            planned: false,
            trajectory: &trajectory,
            instrument: &instrument,
        };
        for found in opportunities(&sensor, &area, from(), offset(from(), 259_200.0)).unwrap() {
            let ring = footprint::strip(&sensor, (found.start, found.end), &area).unwrap();
            assert_eq!(ring.first(), ring.last());
            let off = share(&ring, &area) - found.coverage;
            worst = worst.max(if signed { off } else { off.abs() });
            seen += 1;
        }
    }
    (worst, seen)
}

/// An area ten degrees wide: a strip holds a part of it, and an edge some kilometres off counts little.
const WIDE: &str = "wide";

#[test]
fn a_nadir_strip_holds_what_its_coverage_says() {
    for sensor in ["nadir290", "nadir185"] {
        let (worst, seen) = worst(sensor, WIDE, false);
        println!("{sensor}: {worst:.4} at most, {seen} strips");
        assert!(seen > 20 && worst < 0.02, "{sensor}: {worst} of {seen}");
    }
}

#[test]
fn a_pointed_strip_holds_no_more_than_its_coverage_says() {
    for sensor in ["right250", "both50", "agile60"] {
        let (worst, seen) = worst(sensor, WIDE, true);
        println!("{sensor}: {worst:.4} at most, {seen} strips");
        assert!(seen > 20 && worst < 0.02, "{sensor}: {worst} of {seen}");
    }
}
