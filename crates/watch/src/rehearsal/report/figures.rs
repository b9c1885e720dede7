//! The figures of one watch: what was promised and came, how old what is known is, where the time went.

use super::{Pair, PairOf, Parts, WatchReport, state};
use crate::rehearsal::record::LookRecord;
use crate::rehearsal::spread::Spread;
use crate::rehearsal::world::Look;
use crate::request::Watch;

/// An answer on the clock of the rehearsal.
#[derive(Debug, Clone, Copy)]
struct Answer {
    observed_s: f64,
    in_hands_s: f64,
    /// Parts after the observation's start.
    parts: Parts,
}

/// What a watch was promised and got, of its observations and what became of them.
pub(super) fn watch_report(
    watch: &Watch,
    own: &[(&Look, &LookRecord)],
    length_s: f64,
) -> WatchReport {
    let count = |wanted: &str| {
        own.iter()
            .filter(|(_, record)| state(record) == wanted)
            .count()
    };
    let (mut promised, mut came, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for (look, record) in own {
        if let Some(p) = look.promise {
            promised.push(Answer {
                observed_s: look.start_s,
                in_hands_s: p.in_hands_s,
                parts: Parts::default(),
            });
        }
        let Some(answer) = answer(look, record) else {
            continue;
        };
        came.push(answer);
        if let Some(p) = look.promise {
            late.push(answer.in_hands_s - p.in_hands_s);
        }
    }
    let delay =
        |list: &[Answer]| Spread::of(list.iter().map(|a| a.in_hands_s - a.observed_s).collect());
    let (told_promised, told_came) = (told(&promised, length_s), told(&came, length_s));
    let spread =
        |told: &[Told]| Spread::over_time(&told.iter().map(Told::waits).collect::<Vec<_>>());
    let untold = |told: &[Told]| {
        1.0 - told.iter().map(|t| t.to_s - t.from_s).sum::<f64>() / length_s.max(1.0)
    };
    WatchReport {
        watch: watch.id.clone(),
        product: watch.product.clone(),
        opportunities: own.len(),
        promised: promised.len(),
        came: came.len(),
        missed: count("missed"),
        lost: count("lost"),
        waiting: count("waiting"),
        late_s: Spread::of(late),
        observation_to_answer_s: Pair {
            promised: delay(&promised),
            came: delay(&came),
        },
        time_to_answer_s: Pair {
            promised: spread(&told_promised),
            came: spread(&told_came),
        },
        age_s: Pair {
            promised: Spread::over_time(&ages(&promised, length_s)),
            came: Spread::over_time(&ages(&came, length_s)),
        },
        untold_share: PairOf {
            promised: untold(&told_promised).max(0.0),
            came: untold(&told_came).max(0.0),
        },
        parts_s: parts(&told_came),
    }
}

fn answer(look: &Look, record: &LookRecord) -> Option<Answer> {
    if state(record) != "came" {
        return None;
    }
    let (left_s, down_s, home_s) = (record.left_s?, record.down_s?, record.home_s?);
    let in_hands_s = record.processed_s? + look.publish_s;
    Some(Answer {
        observed_s: look.start_s,
        in_hands_s,
        parts: Parts {
            waiting_for_a_pass_s: 0.0,
            on_board_s: look.ready_s - look.start_s,
            waiting_for_a_downlink_s: left_s - look.ready_s,
            downlink_s: down_s - left_s,
            on_the_ground_s: home_s - down_s,
            processing_s: in_hands_s - home_s,
        },
    })
}

/// A stretch of time whose events one answer tells of first.
#[derive(Debug, Clone, Copy)]
struct Told {
    from_s: f64,
    to_s: f64,
    by: Answer,
}

impl Told {
    /// Least and greatest wait of its events.
    fn waits(&self) -> (f64, f64) {
        (
            self.by.in_hands_s - self.to_s,
            self.by.in_hands_s - self.from_s,
        )
    }
}

/// For the time from 0 to `length_s`, which answer is the first in hands that was observed after.
fn told(answers: &[Answer], length_s: f64) -> Vec<Told> {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|a, b| {
        a.observed_s
            .total_cmp(&b.observed_s)
            .then(a.in_hands_s.total_cmp(&b.in_hands_s))
    });
    let mut found = Vec::new();
    let mut best: Option<Answer> = None;
    // From the last observation back: the first in hands of those observed later.
    for (number, own) in sorted.iter().enumerate().rev() {
        best = match best {
            Some(b) if b.in_hands_s <= own.in_hands_s => Some(b),
            _ => Some(*own),
        };
        let before_s = number.checked_sub(1).map_or(0.0, |i| sorted[i].observed_s);
        let (from_s, to_s) = (
            before_s.clamp(0.0, length_s),
            own.observed_s.clamp(0.0, length_s),
        );
        if let Some(by) = best.filter(|_| to_s > from_s) {
            found.push(Told { from_s, to_s, by });
        }
    }
    found.reverse();
    found
}

/// Stretches from 0 to `length_s` with the age of the newest answer in hands, from the first answer on.
fn ages(answers: &[Answer], length_s: f64) -> Vec<(f64, f64)> {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|a, b| {
        a.in_hands_s
            .total_cmp(&b.in_hands_s)
            .then(b.observed_s.total_cmp(&a.observed_s))
    });
    let mut found = Vec::new();
    let mut newest_s: Option<f64> = None;
    for (number, own) in sorted.iter().enumerate() {
        let newest = newest_s.map_or(own.observed_s, |n| n.max(own.observed_s));
        newest_s = Some(newest);
        let from_s = own.in_hands_s;
        let to_s = sorted
            .get(number + 1)
            .map_or(length_s, |next| next.in_hands_s)
            .min(length_s);
        if to_s > from_s {
            found.push((from_s - newest, to_s - newest));
        }
    }
    found
}

/// Mean parts over the time told of.
fn parts(told: &[Told]) -> Parts {
    let mut sum = Parts::default();
    let all_s: f64 = told.iter().map(|t| t.to_s - t.from_s).sum();
    for t in told {
        let share = (t.to_s - t.from_s) / all_s;
        let own = &t.by.parts;
        sum.waiting_for_a_pass_s += share * (t.by.observed_s - 0.5 * (t.from_s + t.to_s));
        sum.on_board_s += share * own.on_board_s;
        sum.waiting_for_a_downlink_s += share * own.waiting_for_a_downlink_s;
        sum.downlink_s += share * own.downlink_s;
        sum.on_the_ground_s += share * own.on_the_ground_s;
        sum.processing_s += share * own.processing_s;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(observed_s: f64, in_hands_s: f64) -> Answer {
        Answer {
            observed_s,
            in_hands_s,
            parts: Parts {
                on_board_s: in_hands_s - observed_s,
                ..Parts::default()
            },
        }
    }

    /// An answer that is observed later but in hands sooner tells of what came before it, too.
    #[test]
    fn events_and_ages_by_hand() {
        let answers = [
            answer(100.0, 500.0),
            answer(200.0, 300.0),
            answer(600.0, 650.0),
        ];
        let told = told(&answers, 1_000.0);
        let shown: Vec<[f64; 3]> = told
            .iter()
            .map(|t| [t.from_s, t.to_s, t.by.in_hands_s])
            .collect();
        assert_eq!(
            shown,
            [
                [0.0, 100.0, 300.0],
                [100.0, 200.0, 300.0],
                [200.0, 600.0, 650.0]
            ]
        );
        let p = parts(&told);
        // Waiting: 200 s events wait 100 s on average, 400 s events 200 s; then 100 s and 50 s.
        assert!((p.waiting_for_a_pass_s - (200.0 * 100.0 + 400.0 * 200.0) / 600.0).abs() < 1e-9);
        assert!((p.on_board_s - (200.0 * 100.0 + 400.0 * 50.0) / 600.0).abs() < 1e-9);
        let spread = Spread::over_time(&told.iter().map(Told::waits).collect::<Vec<_>>()).unwrap();
        let sum: f64 = p.named().iter().map(|(_, s)| s).sum();
        assert!(
            (spread.mean_s - sum).abs() < 1e-9,
            "parts add up to the mean"
        );
        // Ages: from 300 s on the observation of 200 s, which the late one of 100 s does not make older.
        assert_eq!(
            ages(&answers, 1_000.0),
            [(100.0, 300.0), (300.0, 450.0), (50.0, 400.0)]
        );
        assert!(super::told(&[], 10.0).is_empty() && ages(&[], 10.0).is_empty());
    }
}
