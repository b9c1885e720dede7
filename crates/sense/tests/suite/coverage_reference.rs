//! Windows and coverage of every look against values of an independent tool
//! (`tests/reference/README.md`).

use crate::coverage::{HOURS, covered, looking, target, trajectories};
use crate::reference::from;
use corridor_sense::coverage::Take;
use jiff::Timestamp;

const REFERENCE: &str = include_str!("../reference/coverage.csv");

#[derive(Debug, Default)]
struct Worst {
    edge_s: f64,
    share: f64,
    cumulated: f64,
    goal_s: f64,
    windows: usize,
    grazing: usize,
}

#[test]
fn windows_and_shares_agree_with_another_tool() {
    let trajectories = trajectories();
    let rows: Vec<Vec<&str>> = REFERENCE
        .lines()
        .filter(|l| !l.starts_with('#'))
        .skip(1)
        .map(|l| l.split(',').collect())
        .collect();
    let mut pairs: Vec<(&str, &str)> = rows.iter().map(|r| (r[0], r[1])).collect();
    pairs.dedup();
    assert!(pairs.len() == 58, "{}", pairs.len());
    // What takes all it sees, and what takes one strip: which, hangs on what was taken before, and of two that
    // add nearly as much either may be the one.
    let mut kinds = [Worst::default(), Worst::default()];
    let seconds = |t: Timestamp| t.duration_since(from()).as_secs_f64();
    for (place, look) in pairs {
        let (place_target, instrument) = (target(place), looking(look));
        let found = covered(
            &trajectories,
            &instrument,
            &place_target,
            Take::Strip,
            HOURS,
        );
        let pointed = ["right20to50", "both25to40", "agile60"].contains(&look);
        let worst = &mut kinds[usize::from(pointed)];
        let mine = rows.iter().filter(|r| r[0] == place && r[1] == look);
        let (want, goals): (Vec<_>, Vec<_>) = mine.partition(|r| !r[2].is_empty());
        let point = place_target.samples().len() == 1;
        let mut left: Vec<_> = found.windows.iter().collect();
        for row in &want {
            let n = |k: usize| row[k].parse::<f64>().unwrap();
            let same = left.iter().position(|w| {
                w.opportunity.norad_id == row[2].parse().ok()
                    && seconds(w.opportunity.start) < n(4) + 3.0
                    && n(3) < seconds(w.opportunity.end) + 3.0
            });
            let Some(same) = same.map(|k| left.remove(k)) else {
                // What only touches the edge of a field of view may fall between the tool's points.
                assert!(n(5) < 0.004 && !point, "{row:?} is lost: {found:?}");
                worst.grazing += 1;
                continue;
            };
            let edge_s = (seconds(same.opportunity.start) - n(3))
                .abs()
                .max((seconds(same.opportunity.end) - n(4)).abs());
            let share = (same.opportunity.coverage - n(5)).abs();
            let cumulated = (same.cumulated_share - n(6)).abs();
            if edge_s > 1.0 || share > 0.01 || cumulated > 0.01 {
                println!("{row:?} {edge_s:.3} {share:.4} {cumulated:.4} {same:?}");
            }
            worst.edge_s = worst.edge_s.max(edge_s);
            worst.share = worst.share.max(share);
            worst.cumulated = worst.cumulated.max(cumulated);
            worst.windows += 1;
        }
        for more in left {
            assert!(
                more.opportunity.coverage < 0.004,
                "{place} {look}: {more:?} is invented"
            );
            worst.grazing += 1;
        }
        for goal in goals {
            let share: f64 = goal[5].parse().unwrap();
            match (found.time_to(&place_target, share), goal[3].parse::<f64>()) {
                (Some(t), Ok(want)) => {
                    let off = (seconds(t) - want).abs();
                    if off > 3.0 {
                        println!("{goal:?} {:?} {}", seconds(t), found.share);
                    }
                    worst.goal_s = worst.goal_s.max(off);
                }
                (None, Err(_)) => {}
                // A share that is just reached or just not.
                (t, want) => assert!(
                    (found.share - share).abs() < 0.01,
                    "{goal:?} {t:?} {want:?}"
                ),
            }
        }
    }
    println!("all at once: {:#?}\nby strips: {:#?}", kinds[0], kinds[1]);
    assert!(kinds[0].windows > 150 && kinds[1].windows > 80);
    // Points of the tool's outline at 84 degrees north are 17 km apart: 2.4 s of flight.
    assert!(kinds.iter().all(|k| k.edge_s < 2.5 && k.grazing < 3));
    assert!(kinds[0].share < 0.01 && kinds[0].cumulated < 0.01 && kinds[0].goal_s < 2.0);
    assert!(kinds[1].share < 0.04 && kinds[1].cumulated < 0.02);
}
