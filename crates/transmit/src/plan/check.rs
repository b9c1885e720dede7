//! The one gate through which contacts come into a plan.

use super::{CONTACTS_MAX, ContactPlan, NAME_MAX_BYTES, NODES_MAX, PlanContact, Read};
use jiff::Timestamp;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Largest time of a plan, s: beyond it a second has fewer than four decimals in a double.
const TIME_MAX_S: f64 = 1e12;

/// Largest rate, bit/s.
const RATE_MAX_BIT_S: f64 = 1e15;

/// Largest one-way light time, s: about the heliopause.
const OWLT_MAX_S: f64 = 1e6;

/// Most lines reported one by one; what is beyond is counted in the last.
const REPORTED_MAX: usize = 10_000;

/// A line or contact that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The file, as it was named to the reader.
    pub file: String,
    /// Line, from 1; 0 where there is none.
    pub line: usize,
    /// Why, with the value at fault.
    pub reason: String,
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// Takes contacts one by one, checks each and keeps the report.
#[derive(Debug, Default)]
pub struct Builder {
    file: String,
    numbers: HashMap<String, u32>,
    names: Vec<String>,
    contacts: Vec<PlanContact>,
    dropped: Vec<Dropped>,
    dropped_beyond: usize,
}

impl Builder {
    /// A plan read from `file`, which is only a name for the report.
    pub fn new(file: &str) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }

    /// Makes a node known, with or without contacts. The reason it cannot be, otherwise.
    ///
    /// # Errors
    /// The reason in words.
    pub fn node(&mut self, name: &str) -> Result<u32, String> {
        if let Some(&known) = self.numbers.get(name) {
            return Ok(known);
        }
        if name.is_empty() {
            return Err("node without a name".into());
        }
        if name.len() > NAME_MAX_BYTES {
            return Err(format!(
                "node name of {} bytes, at most {NAME_MAX_BYTES}",
                name.len()
            ));
        }
        if name.chars().any(char::is_control) {
            return Err(format!("node name {name:?} holds control characters"));
        }
        if self.names.len() >= NODES_MAX {
            return Err(format!("more than {NODES_MAX} nodes"));
        }
        let number = self.names.len() as u32;
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        Ok(number)
    }

    /// Takes a contact, or reports why not.
    #[allow(clippy::too_many_arguments, reason = "the columns of a contact plan")]
    pub fn contact(
        &mut self,
        line: usize,
        from: &str,
        to: &str,
        start_s: f64,
        end_s: f64,
        rate_bit_s: f64,
        owlt_s: f64,
    ) {
        let window = PlanContact {
            from: 0,
            to: 0,
            start_s,
            end_s,
            rate_bit_s,
            owlt_s,
        };
        let reason = fault(&window)
            .or_else(|| (from == to).then(|| format!("contact of {from} with itself")))
            .or_else(|| {
                (self.contacts.len() >= CONTACTS_MAX)
                    .then(|| format!("more than {CONTACTS_MAX} contacts"))
            });
        if let Some(reason) = reason {
            return self.drop_line(line, format!("contact {from} to {to}: {reason}"));
        }
        match (self.node(from), self.node(to)) {
            (Ok(from), Ok(to)) => self.contacts.push(PlanContact { from, to, ..window }),
            (Err(reason), _) | (_, Err(reason)) => self.drop_line(line, reason),
        }
    }

    /// Reports a line that is left out.
    pub fn drop_line(&mut self, line: usize, reason: impl Into<String>) {
        if self.dropped.len() >= REPORTED_MAX {
            self.dropped_beyond += 1;
            return;
        }
        self.dropped.push(Dropped {
            file: self.file.clone(),
            line,
            reason: reason.into(),
        });
    }

    /// The plan in its order, and the report.
    pub fn finish(mut self, epoch: Option<Timestamp>) -> Read {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_by(|a, b| name_order(&self.names[*a as usize], &self.names[*b as usize]));
        let mut place = vec![0_u32; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old as usize] = new as u32;
        }
        let mut nodes = vec![String::new(); order.len()];
        for (old, name) in self.names.into_iter().enumerate() {
            nodes[place[old] as usize] = name;
        }
        for contact in &mut self.contacts {
            contact.from = place[contact.from as usize];
            contact.to = place[contact.to as usize];
        }
        self.contacts.sort_by(order_of);
        if self.dropped_beyond > 0 {
            let reason = format!("and {} more lines left out", self.dropped_beyond);
            self.dropped.push(Dropped {
                file: self.file,
                line: 0,
                reason,
            });
        }
        self.dropped.sort_by_key(|d| (d.line == 0, d.line));
        Read {
            plan: ContactPlan {
                nodes,
                contacts: self.contacts,
                epoch,
            },
            dropped: self.dropped,
        }
    }
}

/// What is wrong with the figures of a contact.
fn fault(contact: &PlanContact) -> Option<String> {
    let PlanContact {
        start_s,
        end_s,
        rate_bit_s,
        owlt_s,
        ..
    } = *contact;
    let in_time = |t: f64| t.is_finite() && t.abs() <= TIME_MAX_S;
    if !in_time(start_s) {
        return Some(format!("start {start_s}, expected seconds within ±1e12"));
    }
    if !in_time(end_s) {
        return Some(format!("end {end_s}, expected seconds within ±1e12"));
    }
    if end_s <= start_s {
        return Some(format!(
            "end {end_s} is not after start {start_s}, expected an end after the start"
        ));
    }
    if !(rate_bit_s > 0.0 && rate_bit_s <= RATE_MAX_BIT_S) {
        return Some(format!(
            "rate {rate_bit_s} bit/s, expected more than 0 and at most 1e15"
        ));
    }
    if !(0.0..=OWLT_MAX_S).contains(&owlt_s) {
        return Some(format!("light time {owlt_s} s, expected 0 to 1e6"));
    }
    None
}

fn order_of(a: &PlanContact, b: &PlanContact) -> Ordering {
    (a.from, a.to)
        .cmp(&(b.from, b.to))
        .then(a.start_s.total_cmp(&b.start_s))
        .then(a.end_s.total_cmp(&b.end_s))
        .then(a.rate_bit_s.total_cmp(&b.rate_bit_s))
        .then(a.owlt_s.total_cmp(&b.owlt_s))
}

/// Numbers by value before other names, these by their bytes.
pub(super) fn name_order(a: &str, b: &str) -> Ordering {
    let number = |name: &str| name.parse::<u64>().ok().filter(|n| n.to_string() == name);
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}
