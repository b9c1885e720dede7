//! A-SABR's own format: `node ID NAME` and `contact FROM TO START END RATE DELAY`, the rate in bytes a
//! second (as the same plan in ION's format shows). Plans with rates or delays that change within a
//! contact, and its management prefixes, are reported as left out.

use super::{Builder, ContactPlan, Read};
use std::collections::HashMap;

/// Reads a plan; `file` names it in the report.
pub fn parse(text: &str, file: &str) -> Read {
    let mut plan = Builder::new(file);
    let mut names: HashMap<u64, String> = HashMap::new();
    for (i, raw) in text.lines().enumerate() {
        let line = i + 1;
        let fields: Vec<&str> = raw
            .split('#')
            .next()
            .unwrap_or("")
            .split_whitespace()
            .collect();
        let outcome = match fields.as_slice() {
            [] => Ok(()),
            ["node", id, name @ ..] if !name.is_empty() => node(id, name, &mut names, &mut plan),
            ["contact", rest @ ..] => contact(line, rest, &names, &mut plan),
            [first, ..] => Err(format!("{first:?}: not a line of a plan")),
        };
        if let Err(reason) = outcome {
            plan.drop_line(line, reason);
        }
    }
    plan.finish(None)
}

fn node(
    id: &str,
    name: &[&str],
    names: &mut HashMap<u64, String>,
    plan: &mut Builder,
) -> Result<(), String> {
    let id: u64 = id
        .parse()
        .map_err(|_| format!("node {id:?}, expected a number and a name"))?;
    let name = name.join(" ");
    if names.contains_key(&id) {
        return Err(format!("node {id} is given twice"));
    }
    if names.values().any(|known| *known == name) {
        return Err(format!("node name {name:?} is given twice"));
    }
    plan.node(&name)?;
    names.insert(id, name);
    Ok(())
}

fn contact(
    line: usize,
    fields: &[&str],
    names: &HashMap<u64, String>,
    plan: &mut Builder,
) -> Result<(), String> {
    let [from, to, start, end, rate, delay] = fields else {
        return Err(format!(
            "contact of {} fields, expected from, to, start, end, rate and delay",
            fields.len()
        ));
    };
    let figure = |field: &str, text: &str| {
        text.parse::<f64>()
            .map_err(|_| format!("contact: {field} {text:?}, expected a number"))
    };
    let named = |text: &str| {
        let id: u64 = text
            .parse()
            .map_err(|_| format!("contact: node {text:?}, expected a number"))?;
        names
            .get(&id)
            .cloned()
            .ok_or_else(|| format!("contact: node {id} is unknown, expected a `node` line before"))
    };
    let (from, to) = (named(from)?, named(to)?);
    let (start_s, end_s) = (figure("start", start)?, figure("end", end)?);
    let (rate, owlt_s) = (figure("rate", rate)?, figure("delay", delay)?);
    plan.contact(line, &from, &to, start_s, end_s, rate * 8.0, owlt_s);
    Ok(())
}

/// Writes a plan, every figure whole.
pub fn write(plan: &ContactPlan) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    // Writing to a String cannot fail.
    for (i, name) in plan.nodes.iter().enumerate() {
        let _ = writeln!(text, "node {i} {name}");
    }
    for c in &plan.contacts {
        let rate = c.rate_bit_s / 8.0;
        let (from, to, start, end, owlt) = (c.from, c.to, c.start_s, c.end_s, c.owlt_s);
        let _ = writeln!(text, "contact {from} {to} {start} {end} {rate} {owlt}");
    }
    text
}
