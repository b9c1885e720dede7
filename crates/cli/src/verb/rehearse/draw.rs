//! The days as a picture.

use crate::picture::{Lane, Timeline};
use crate::verb::Failure;
use corridor_watch::rehearsal::Report;
use std::path::Path;

/// Most stations drawn, the busiest first.
const STATIONS_MAX: usize = 24;

/// Writes the picture: per watch the observations and when their answers came, per station its contacts.
pub(super) fn picture(report: &Report, path: &Path) -> Result<(), Failure> {
    let from = report.from;
    let hours = |t: jiff::Timestamp| t.duration_since(from).as_secs_f64() / 3_600.0;
    let mut lanes = Vec::new();
    for watch in &report.watches {
        let own = report
            .observations
            .iter()
            .filter(|o| o.watch == watch.watch);
        let mut lane = Lane::new(&watch.watch);
        for o in own {
            match o.in_hands {
                Some(in_hands) => lane.waits.push((hours(o.observed_start), hours(in_hands))),
                None => lane.none.push(hours(o.observed_start)),
            }
        }
        lanes.push(lane);
    }
    for station in report.stations.iter().take(STATIONS_MAX) {
        let mut lane = Lane::new(&station.station);
        let own = report.contacts.iter().filter(|c| c.to == station.station);
        lane.bars
            .extend(own.map(|c| (hours(c.start), hours(c.end))));
        lanes.push(lane);
    }
    let last = report.observations.iter().filter_map(|o| o.in_hands).max();
    let timeline = Timeline {
        title: "Rehearsal".into(),
        subtitle: format!(
            "{} to {}, seed {}: lines from observation to answer, bars are contacts",
            crate::output::time(from),
            crate::output::time(report.to),
            report.seed
        ),
        from,
        hours: hours(report.to).max(last.map_or(0.0, hours)),
        lanes,
    };
    std::fs::write(path, timeline.png()?)
        .map_err(|e| Failure::Failed(format!("{}: {e}", path.display())))
}
