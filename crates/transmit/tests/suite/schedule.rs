//! Antenna schedules against proven optima, and under a checker of their own.

use super::real_data::file;
use corridor_transmit::schedule::check::{check, value};
use corridor_transmit::schedule::{
    Budget, Outage, Pass, Problem, ProblemError, Reason, Rules, Satellite, Station, candidates,
    explain, greedy, instance, repair, solve,
};
use proptest::prelude::*;
use serde_json::Value;
use std::time::{Duration, Instant};

fn real(name: &str) -> Option<(Problem, Value)> {
    let text =
        std::fs::read_to_string(file(&format!("transmit/scheduling/sched_{name}.json"))?).unwrap();
    let passes =
        std::fs::read_to_string(file("transmit/scheduling/passes_20260724T12.json")?).unwrap();
    let problem = instance::parse(&text).unwrap().problem(&passes).unwrap();
    Some((problem, serde_json::from_str(&text).unwrap()))
}

#[test]
fn instances_come_to_their_proven_optimum() {
    for name in ["A_weighted", "D_tight4", "E_tight3_outage", "F_equatorial"] {
        let Some((problem, file)) = real(name) else {
            return;
        };
        let started = Instant::now();
        // Enough nodes for all four, and the same on every machine.
        let found = solve(&problem, Budget::Nodes(5_000)).unwrap();
        let elapsed = started.elapsed();
        check(&problem, &found.chosen).unwrap();
        let optimum = file["optimum"]["value"].as_f64().unwrap();
        let choice = candidates(&problem);
        let first: Vec<_> = greedy(&problem, &choice)
            .iter()
            .map(|i| choice[*i])
            .collect();
        println!(
            "{name}: {} of {optimum} ({:.4}), bound {}, {elapsed:.2?}; greedy with exchanges {:.4}",
            found.value,
            found.value / optimum,
            found.bound,
            value(&problem, &first) / optimum
        );
        // Theirs is proven to one part in a million.
        assert!(found.value >= 0.99 * optimum && found.value <= optimum * (1.0 + 1e-6));
        assert!(found.bound >= optimum * (1.0 - 1e-6));
        assert!(found.optimal, "{name}");
        assert!((found.value - value(&problem, &found.chosen)).abs() < 1e-6);
    }
}

#[test]
fn the_published_selection_keeps_our_rules_and_has_its_value() {
    for name in ["A_weighted", "D_tight4", "E_tight3_outage", "F_equatorial"] {
        let Some((problem, file)) = real(name) else {
            return;
        };
        let ids: Vec<u64> = serde_json::from_value(file["optimum"]["selected"].clone()).unwrap();
        let choice = candidates(&problem);
        let chosen: Vec<_> = choice
            .into_iter()
            .filter(|c| ids.contains(&problem.passes[c.pass].id))
            .collect();
        assert_eq!(chosen.len(), ids.len());
        check(&problem, &chosen).unwrap();
        let optimum = file["optimum"]["value"].as_f64().unwrap();
        assert!((value(&problem, &chosen) - optimum).abs() < 1e-6 * optimum);
    }
}

#[test]
fn every_pass_left_out_has_its_reason() {
    let Some((problem, _)) = real("E_tight3_outage") else {
        return;
    };
    let found = solve(&problem, Budget::Nodes(5_000)).unwrap();
    let reasons = explain(&problem, &found.chosen);
    assert_eq!(reasons.len() + found.chosen.len(), problem.passes.len());
    let count = |wanted: fn(&Reason) -> bool| reasons.iter().filter(|r| wanted(&r.1)).count();
    let outage = count(|r| *r == Reason::Outage);
    let busy = count(|r| matches!(r, Reason::StationBusy { .. }));
    let free = count(|r| *r == Reason::Free);
    println!(
        "outage {outage}, station busy {busy}, free {free} of {}",
        reasons.len()
    );
    assert!(outage > 0 && busy > 0);
    assert_eq!(
        free, 0,
        "a proven optimum leaves nothing free that is worth anything"
    );
}

#[test]
fn an_outage_is_repaired_with_few_changes() {
    let Some((mut problem, _)) = real("D_tight4") else {
        return;
    };
    let before = solve(&problem, Budget::Nodes(5_000)).unwrap();
    let svalbard = problem
        .stations
        .iter()
        .position(|s| s.name == "Svalbard")
        .unwrap();
    problem.outages.push(Outage {
        station: svalbard,
        start_s: 40_000.0,
        end_s: 50_000.0,
    });
    let lost = before.chosen.iter().filter(|c| {
        problem.passes[c.pass].station == svalbard && c.start_s < 50_000.0 && c.end_s > 40_000.0
    });
    let lost = lost.count();
    let anew = solve(&problem, Budget::Nodes(5_000)).unwrap();
    let kept = |chosen: &[corridor_transmit::schedule::Candidate]| {
        before.chosen.iter().filter(|c| chosen.contains(c)).count()
    };
    let mended = repair(
        &problem,
        &before.chosen,
        30_000.0,
        0.01,
        Budget::Nodes(2_000),
    )
    .unwrap();
    check(&problem, &mended.chosen).unwrap();
    println!(
        "{lost} passes lost; anew keeps {} of {}, repair {}: {} removed, {} added; value {} of {}",
        kept(&anew.chosen),
        before.chosen.len(),
        kept(&mended.chosen),
        mended.removed.len(),
        mended.added.len(),
        mended.value,
        mended.bound
    );
    assert!(mended.removed.len() >= lost);
    assert!(
        mended.removed.len() + mended.added.len()
            <= before.chosen.len() - kept(&anew.chosen) + anew.chosen.len() - kept(&anew.chosen)
    );
    assert!(mended.value >= 0.989 * mended.bound);
    for c in before.chosen.iter().filter(|c| c.start_s < 30_000.0) {
        assert!(mended.chosen.contains(c), "the past stays");
    }
}

fn any_problem() -> impl Strategy<Value = Problem> {
    let pass = (0_usize..4, 0_usize..3, 0_u16..2_000, 40_u16..600);
    let satellite = (1_u16..500, 0_u8..4, prop::option::of(1_u32..200));
    let outage = (0_usize..3, 0_u16..2_000, 1_u16..400);
    (
        prop::collection::vec(pass, 0..14),
        prop::collection::vec(satellite, 4),
        prop::collection::vec(outage, 0..3),
        prop::collection::vec(1_u32..3, 3),
        0_u8..120,
        prop::option::of(60_u8..200),
    )
        .prop_map(
            |(passes, satellites, outages, antennas, turn, part)| Problem {
                satellites: satellites
                    .into_iter()
                    .map(|(rate, priority, demand)| Satellite {
                        name: "s".into(),
                        rate_bit_s: f64::from(rate) * 1e6,
                        priority: priority.into(),
                        demand_bit: demand.map(|d| f64::from(d) * 1e9),
                    })
                    .collect(),
                stations: antennas
                    .into_iter()
                    .map(|antennas| Station {
                        name: "g".into(),
                        antennas,
                    })
                    .collect(),
                passes: passes
                    .into_iter()
                    .enumerate()
                    .map(|(id, (satellite, station, start, length))| Pass {
                        id: id as u64,
                        satellite,
                        station,
                        start_s: start.into(),
                        end_s: f64::from(start) + f64::from(length),
                    })
                    .collect(),
                outages: outages
                    .into_iter()
                    .map(|(station, start, length)| Outage {
                        station,
                        start_s: start.into(),
                        end_s: f64::from(start) + f64::from(length),
                    })
                    .collect(),
                rules: Rules {
                    turnaround_s: turn.into(),
                    acquisition_s: 30.0,
                    part_min_s: part.map(f64::from),
                },
            },
        )
}

/// The best value by trying every set of candidates.
fn exhaustive(problem: &Problem) -> f64 {
    let choice = candidates(problem);
    let mut best = 0.0_f64;
    for set in 0_u32..1 << choice.len() {
        let chosen: Vec<_> = (0..choice.len())
            .filter(|i| set >> i & 1 == 1)
            .map(|i| choice[i])
            .collect();
        if check(problem, &chosen).is_ok() {
            best = best.max(value(problem, &chosen));
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn never_a_conflict_and_nothing_better_exists(problem in any_problem()) {
        let found = solve(&problem, Budget::Nodes(10_000)).unwrap();
        prop_assert_eq!(check(&problem, &found.chosen), Ok(()));
        prop_assert!(found.bound >= found.value);
        for (_, reason) in explain(&problem, &found.chosen) {
            if let Reason::StationBusy { with } | Reason::SatelliteElsewhere { with } = reason {
                prop_assert!(!with.is_empty());
            }
        }
        if candidates(&problem).len() <= 12 {
            let best = exhaustive(&problem);
            prop_assert!((found.value - best).abs() <= 1e-5 * best.max(1.0), "{} {best}", found.value);
        }
        // No time at all still gives a schedule without conflict.
        let none = solve(&problem, Budget::Time(Duration::ZERO)).unwrap();
        prop_assert_eq!(check(&problem, &none.chosen), Ok(()));
        prop_assert!(none.bound >= found.value - 1e-6 * found.value.abs());
    }
}

#[test]
fn problems_that_cannot_be_are_refused() {
    let pass = Pass {
        id: 7,
        satellite: 0,
        station: 0,
        start_s: 0.0,
        end_s: 100.0,
    };
    let good = Problem {
        satellites: vec![Satellite {
            name: "S".into(),
            rate_bit_s: 1e6,
            priority: 1.0,
            demand_bit: None,
        }],
        stations: vec![Station {
            name: "G".into(),
            antennas: 1,
        }],
        passes: vec![pass],
        outages: vec![],
        rules: Rules {
            turnaround_s: 0.0,
            acquisition_s: 0.0,
            part_min_s: None,
        },
    };
    let refused = |change: &dyn Fn(&mut Problem)| {
        let mut problem = good.clone();
        change(&mut problem);
        solve(&problem, Budget::Nodes(1)).unwrap_err().to_string()
    };
    assert!(solve(&good, Budget::Nodes(1)).is_ok());
    assert!(refused(&|p| p.passes[0].end_s = -1.0).contains("pass 7: end is -1"));
    assert!(refused(&|p| p.passes[0].start_s = f64::NAN).contains("start is NaN"));
    assert!(refused(&|p| p.passes[0].station = 3).contains("station 3 is not among the 1"));
    assert!(refused(&|p| p.satellites[0].rate_bit_s = -1.0).contains("S: rate is -1"));
    assert!(refused(&|p| p.rules.turnaround_s = f64::NAN).contains("turnaround"));
    assert_eq!(
        refused(&|p| p.passes.push(pass)),
        ProblemError::Twice(7).to_string()
    );
    let unknown = instance::parse(
        r#"{"rules":{"antenna_turnaround_s":1,"acquisition_s":1},"satellites":{}}"#,
    )
    .unwrap();
    let error = unknown
        .problem(r#"[{"id":1,"sat":"X","station":"G","start":0,"end":9}]"#)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("pass 1 names the satellite \"X\""),
        "{error}"
    );
    assert!(instance::parse("{}").is_err());
}
