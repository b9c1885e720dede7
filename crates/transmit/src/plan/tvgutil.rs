//! Time-varying graphs of `aiodtnsim`'s tvgutil: `{"vertices": {NAME: [NAME…]}, "edges": [{"vertices":
//! [FROM, TO], "contacts": [[FROM, TO, START, END, CHARACTERISTICS]]}], "contact_type":
//! "PredictedContact_v2"}`; characteristics are `[[KNOWN_FROM, PROBABILITY, [[FROM, BIT_RATE, DELAY]…]]…]`.
//!
//! A rate that changes within a contact makes one contact a step. Of several forecasts of one contact
//! the last is taken. The probability is not kept: a contact below 1 is reported and dropped, for the plan
//! holds what will be.

use super::json::element_lines;
use super::{Builder, ContactPlan, PlanError, Read};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    vertices: BTreeMap<String, Vec<Value>>,
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    #[serde(default)]
    contacts: Vec<Value>,
}

/// Reads a plan; `file` names it in the report.
///
/// # Errors
/// Where it is no JSON of this shape; contacts that cannot be are dropped instead.
pub fn parse(text: &str, file: &str) -> Result<Read, PlanError> {
    let read: File = serde_json::from_str(text).map_err(|e| PlanError::json(file, &e))?;
    let lines = element_lines(text, "edges");
    let mut plan = Builder::new(file);
    for name in read.vertices.keys() {
        if let Err(reason) = plan.node(name) {
            plan.drop_line(1, reason);
        }
    }
    for (i, edge) in read.edges.iter().enumerate() {
        let line = lines.get(i).copied().unwrap_or(0);
        for contact in &edge.contacts {
            if let Err(reason) = take(line, contact, &mut plan) {
                plan.drop_line(line, format!("contact: {reason}"));
            }
        }
    }
    Ok(plan.finish(None))
}

fn take(line: usize, contact: &Value, plan: &mut Builder) -> Result<(), String> {
    let Some([from, to, start, end, characteristics]) = contact.as_array().map(Vec::as_slice)
    else {
        return Err("expected [from, to, start, end, characteristics]".into());
    };
    let name = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(n) if n.is_u64() => Ok(n.to_string()),
        other => Err(format!("node {other}, expected a name")),
    };
    let (from, to) = (name(from)?, name(to)?);
    let (start_s, end_s) = (figure("start", start)?, figure("end", end)?);
    let latest = characteristics.as_array().and_then(|list| list.last());
    let Some([_, probability, steps]) = latest.and_then(Value::as_array).map(Vec::as_slice) else {
        return Err("expected [[known from, probability, [[from, rate, delay]]]]".into());
    };
    let probability = figure("probability", probability)?;
    if probability < 1.0 {
        return Err(format!(
            "{from} to {to}: probability {probability}, expected 1: the plan holds what will be"
        ));
    }
    let steps = steps.as_array().map(Vec::as_slice).unwrap_or_default();
    if steps.is_empty() {
        return Err(format!("{from} to {to}: no rate"));
    }
    let mut windows = Vec::with_capacity(steps.len());
    for step in steps {
        let Some([at, rate, delay]) = step.as_array().map(Vec::as_slice) else {
            return Err("expected [from, rate, delay]".into());
        };
        windows.push((
            figure("from", at)?,
            figure("rate", rate)?,
            figure("delay", delay)?,
        ));
    }
    let count = windows.len();
    for (i, &(at_s, rate_bit_s, owlt_s)) in windows.iter().enumerate() {
        let (low_s, high_s) = if count == 1 {
            (start_s, end_s)
        } else {
            let next_s = windows.get(i + 1).map_or(end_s, |next| next.0);
            (at_s.max(start_s), next_s.min(end_s))
        };
        plan.contact(line, &from, &to, low_s, high_s, rate_bit_s, owlt_s);
    }
    Ok(())
}

fn figure(field: &str, value: &Value) -> Result<f64, String> {
    value
        .as_f64()
        .ok_or_else(|| format!("{field} {value}, expected a number"))
}

/// Writes a plan, every figure whole.
pub fn write(plan: &ContactPlan) -> String {
    let mut vertices: BTreeMap<&str, Vec<&str>> =
        plan.nodes.iter().map(|n| (n.as_str(), vec![])).collect();
    let mut edges: BTreeMap<(u32, u32), Vec<Value>> = BTreeMap::new();
    for c in &plan.contacts {
        let (from, to) = (plan.name(c.from), plan.name(c.to));
        let rates = json!([[0.0, 1.0, [[c.start_s, c.rate_bit_s, c.owlt_s]]]]);
        let list = edges.entry((c.from, c.to)).or_default();
        if list.is_empty() {
            vertices.entry(from).or_default().push(to);
        }
        list.push(json!([from, to, c.start_s, c.end_s, rates]));
    }
    let edges: Vec<Value> = edges
        .into_iter()
        .map(|((from, to), contacts)| {
            json!({"vertices": [plan.name(from), plan.name(to)], "contacts": contacts})
        })
        .collect();
    let file = json!({"vertices": vertices, "edges": edges, "contact_type": "PredictedContact_v2"});
    file.to_string() + "\n"
}
