//! Official vectors that contradict the definition of their process, and how each is mended.

use crate::json5::{Json5, parse};
use std::collections::BTreeMap;

const FILE: &str = include_str!("../../reference/openeo_vectors_mended.json5");

/// What is wrong with a vector, and what puts it right.
pub(super) struct Mended {
    pub(super) reason: String,
    moves: BTreeMap<String, Json5>,
    sets: BTreeMap<String, Json5>,
}

/// Every one of them, by its name such as `lte #15`.
pub(super) fn all() -> BTreeMap<String, Mended> {
    let members = |entry: &Json5, name: &str| match entry.get(name) {
        Some(Json5::Object(members)) => members.clone(),
        _ => BTreeMap::new(),
    };
    let word = |entry: &Json5, name: &str| entry.get(name).unwrap().text().unwrap().to_string();
    let list = parse(FILE);
    let all: BTreeMap<String, Mended> = list
        .items()
        .iter()
        .map(|entry| {
            let mended = Mended {
                reason: word(entry, "reason"),
                moves: members(entry, "move"),
                sets: members(entry, "set"),
            };
            (word(entry, "vector"), mended)
        })
        .collect();
    assert_eq!(all.len(), list.items().len(), "a vector is listed twice");
    all
}

impl Mended {
    /// The vector put right. References to files are to be resolved before.
    pub(super) fn apply(&self, vector: &Json5) -> Json5 {
        let mut vector = vector.clone();
        for (from, to) in &self.moves {
            let (parent, last) = parent(&mut vector, from);
            let Json5::Object(members) = parent else {
                panic!("{from} is no member");
            };
            let moved = members.remove(&last).unwrap_or_else(|| panic!("no {from}"));
            put(&mut vector, to.text().unwrap(), moved);
        }
        for (at, value) in &self.sets {
            put(&mut vector, at, value.clone());
        }
        vector
    }
}

fn put(root: &mut Json5, pointer: &str, value: Json5) {
    let (parent, last) = parent(root, pointer);
    match parent {
        Json5::Object(members) => drop(members.insert(last, value)),
        Json5::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer} leads nowhere"),
    }
}

/// The object or array that holds what a JSON pointer names, and the last step to it.
fn parent<'a>(root: &'a mut Json5, pointer: &str) -> (&'a mut Json5, String) {
    let mut steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let last = steps.pop().unwrap().to_string();
    let parent = steps.into_iter().fold(root, |at, step| match at {
        Json5::Object(members) => members
            .get_mut(step)
            .unwrap_or_else(|| panic!("{pointer}: no {step}")),
        Json5::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        _ => panic!("{pointer}: nothing at {step}"),
    });
    (parent, last)
}
