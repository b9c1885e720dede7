//! Says how long a forecast's search takes; asserts nothing about it.

use crate::reference::{ELEMENTS, area, from, instrument};
use corridor_orbit::elements::omm_csv;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::offset;
use corridor_sense::access::{Sensor, opportunities_of};

#[test]
fn four_hundred_and_fifty_sensors_for_three_days() {
    let sets = omm_csv::parse(ELEMENTS, "elements.csv").sets;
    let trajectories: Vec<Trajectory> = (0..450)
        .map(|k| {
            let mut set = sets[k % sets.len()].clone();
            set.raan_deg = (set.raan_deg + k as f64 * 7.3) % 360.0;
            Trajectory::from_elements(&set).unwrap()
        })
        .collect();
    let kinds = ["agile15", "nadir290", "both50"].map(instrument);
    let sensors: Vec<Sensor<'_>> = trajectories
        .iter()
        .enumerate()
        .map(|(k, trajectory)| Sensor {
            satellite: "S",
            norad_id: None,
            planned: false,
            trajectory,
            instrument: &kinds[k % 3],
        })
        .collect();
    for place in ["olinda", "wide"] {
        let start = std::time::Instant::now();
        let to = offset(from(), 72.0 * 3600.0);
        let found = opportunities_of(&sensors, &area(place), from(), to, 2);
        let windows: usize = found.iter().map(|f| f.as_ref().unwrap().len()).sum();
        println!(
            "{place}: {windows} opportunities of 450 sensors in {:?}",
            start.elapsed()
        );
    }
}
