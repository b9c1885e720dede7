//! Contact plans of ION's `ionadmin`, which DtnSim reads too: `a contact +START +END FROM TO RATE` with
//! the rate in bytes a second, and `a range +START +END FROM TO OWLT`.
//!
//! A range holds both ways, unless the other way has ranges of its own (ION's rule). A contact is cut
//! to the times for which its range is known, for without a light time it cannot be planned with; what
//! has none is dropped and reported. Times are seconds from the plan's start (`+60`) or dates
//! (`2026/08/22-05:30:00`, UTC); the first date or `# epoch` found is second 0.

use super::{Builder, ContactPlan, PlanContact, Read};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

struct Line {
    number: usize,
    from: String,
    to: String,
    start_s: f64,
    end_s: f64,
    figure: f64,
}

/// Reads a plan; `file` names it in the report. Lines of other commands are reported as left out, but for
/// `m horizon`, which says only how far ION keeps its own memory.
pub fn parse(text: &str, file: &str) -> Read {
    let mut plan = Builder::new(file);
    let mut names: HashMap<String, String> = HashMap::new();
    let mut epoch: Option<Timestamp> = None;
    let (mut contacts, mut ranges): (Vec<Line>, Vec<Line>) = (Vec::new(), Vec::new());
    for (i, raw) in text.lines().enumerate() {
        let number = i + 1;
        let (command, comment) = raw.split_once('#').unwrap_or((raw, ""));
        note(comment, &mut names, &mut epoch);
        let fields: Vec<&str> = command.split_whitespace().collect();
        match fields.as_slice() {
            [] | ["m", "horizon", ..] => {}
            ["a", kind @ ("contact" | "range"), rest @ ..] => {
                match line(number, rest, &mut epoch) {
                    Ok(line) if *kind == "contact" => contacts.push(line),
                    Ok(line) => ranges.push(line),
                    Err(reason) => plan.drop_line(number, format!("{kind}: {reason}")),
                }
            }
            [first, ..] => {
                plan.drop_line(number, format!("{first:?}: not a line of a contact plan"))
            }
        }
    }
    let known = Ranges::of(ranges, &mut plan);
    for line in contacts {
        let named = |id: &String| names.get(id).unwrap_or(id).clone();
        let (from, to) = (named(&line.from), named(&line.to));
        let mut put = |start_s: f64, end_s: f64, owlt_s: f64| {
            plan.contact(
                line.number,
                &from,
                &to,
                start_s,
                end_s,
                line.figure * 8.0,
                owlt_s,
            );
        };
        let parts = known.within(&line);
        if line.end_s <= line.start_s || !line.figure.is_finite() || line.from == line.to {
            put(line.start_s, line.end_s, 0.0);
        } else if parts.is_empty() {
            let reason = format!("contact {from} to {to}: no range is known for its time");
            plan.drop_line(line.number, reason);
        } else {
            for (start_s, end_s, owlt_s) in parts {
                put(start_s, end_s, owlt_s);
            }
        }
    }
    plan.finish(epoch)
}

/// What our own comments say: `node 7 svalbard`, `epoch 2026-08-22T00:00:00Z`.
fn note(comment: &str, names: &mut HashMap<String, String>, epoch: &mut Option<Timestamp>) {
    let comment = comment.trim();
    if let Some((id, name)) = comment
        .strip_prefix("node ")
        .and_then(|rest| rest.split_once(' '))
    {
        if id.parse::<u64>().is_ok() {
            names.insert(id.into(), name.trim().into());
        }
    } else if let Some(at) = comment.strip_prefix("epoch ")
        && epoch.is_none()
    {
        *epoch = at.trim().parse().ok();
    }
}

fn line(number: usize, fields: &[&str], epoch: &mut Option<Timestamp>) -> Result<Line, String> {
    let [start, end, from, to, figure, ..] = fields else {
        return Err(format!(
            "{} fields, expected start, end, from, to and a figure",
            fields.len()
        ));
    };
    let node = |name: &str| match name.parse::<u64>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) => Err(format!("node {name:?}, expected a number")),
    };
    let value: f64 = figure
        .parse()
        .map_err(|_| format!("{figure:?}, expected a number"))?;
    if !value.is_finite() {
        return Err(format!("{figure:?}, expected a finite number"));
    }
    Ok(Line {
        number,
        from: node(from)?,
        to: node(to)?,
        start_s: time(start, epoch)?,
        end_s: time(end, epoch)?,
        figure: value,
    })
}

/// `+60`, or a date.
fn time(text: &str, epoch: &mut Option<Timestamp>) -> Result<f64, String> {
    let wrong = || format!("time {text:?}, expected +SECONDS or YYYY/MM/DD-hh:mm:ss");
    if let Some(seconds) = text.strip_prefix('+') {
        let value: f64 = seconds.parse().map_err(|_| wrong())?;
        return if value.is_finite() {
            Ok(value)
        } else {
            Err(wrong())
        };
    }
    let date = jiff::civil::DateTime::strptime("%Y/%m/%d-%H:%M:%S", text).map_err(|_| wrong())?;
    let at = jiff::tz::TimeZone::UTC
        .to_timestamp(date)
        .map_err(|_| wrong())?;
    let epoch = epoch.get_or_insert(at);
    Ok(at.duration_since(*epoch).as_secs_f64())
}

/// Ranges by direction, in order of time.
struct Ranges(BTreeMap<(String, String), Vec<Range>>);

/// Start, end and light time, s.
type Range = (f64, f64, f64);

impl Ranges {
    fn of(lines: Vec<Line>, plan: &mut Builder) -> Self {
        let mut ranges: BTreeMap<(String, String), Vec<Range>> = BTreeMap::new();
        for line in lines {
            if line.end_s <= line.start_s || line.figure < 0.0 {
                let reason = format!(
                    "range {} to {}: {} to {} at {} s, expected an end after the start and a light time of 0 or more",
                    line.from, line.to, line.start_s, line.end_s, line.figure
                );
                plan.drop_line(line.number, reason);
                continue;
            }
            ranges.entry((line.from, line.to)).or_default().push((
                line.start_s,
                line.end_s,
                line.figure,
            ));
        }
        for list in ranges.values_mut() {
            list.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        Self(ranges)
    }

    /// The parts of a contact with a known range, and that.
    fn within(&self, contact: &Line) -> Vec<(f64, f64, f64)> {
        let way = (contact.from.clone(), contact.to.clone());
        let back = (contact.to.clone(), contact.from.clone());
        let Some(list) = self.0.get(&way).or_else(|| self.0.get(&back)) else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        let mut from_s = contact.start_s;
        for &(start_s, end_s, owlt_s) in list {
            let (low, high) = (start_s.max(from_s), end_s.min(contact.end_s));
            if low < high {
                parts.push((low, high, owlt_s));
                from_s = high;
            }
        }
        parts
    }
}

/// Writes a plan with `a contact` and `a range`; times rounded inwards, light times up, rates down to
/// whole figures. What has no second left is reported. Names stand in comments that [`parse`] reads.
pub fn write(plan: &ContactPlan) -> (String, Vec<String>) {
    use std::fmt::Write;
    let numbers = numbers(plan);
    let mut text = String::new();
    let mut left_out = Vec::new();
    // Writing to a String cannot fail.
    if let Some(epoch) = plan.epoch {
        let _ = writeln!(text, "# epoch {epoch}");
    }
    for (number, name) in numbers.iter().zip(&plan.nodes) {
        if number.to_string() != *name {
            let _ = writeln!(text, "# node {number} {name}");
        }
    }
    for contact in &plan.contacts {
        let (start, end) = (contact.start_s.ceil(), contact.end_s.floor());
        let rate = (contact.rate_bit_s / 8.0).floor();
        if end <= start || rate < 1.0 {
            left_out.push(too_short(plan, contact));
            continue;
        }
        let (from, to) = (numbers[contact.from as usize], numbers[contact.to as usize]);
        let _ = writeln!(text, "a contact +{start} +{end} {from} {to} {rate}");
        let owlt = contact.owlt_s.ceil();
        let _ = writeln!(text, "a range +{start} +{end} {from} {to} {owlt}");
    }
    (text, left_out)
}

/// A number for each node: its name where that is one, the next free number otherwise.
pub(super) fn numbers(plan: &ContactPlan) -> Vec<u64> {
    let own = |name: &String| name.parse::<u64>().ok().filter(|n| n.to_string() == *name);
    let mut next = plan.nodes.iter().filter_map(own).max().unwrap_or(0);
    let mut number = |name| {
        own(name).unwrap_or_else(|| {
            next = next.saturating_add(1);
            next
        })
    };
    plan.nodes.iter().map(&mut number).collect()
}

pub(super) fn too_short(plan: &ContactPlan, contact: &PlanContact) -> String {
    format!(
        "contact {} to {} from {} to {} s at {} bit/s: nothing is left of it in whole seconds and whole rates",
        plan.name(contact.from),
        plan.name(contact.to),
        contact.start_s,
        contact.end_s,
        contact.rate_bit_s
    )
}
