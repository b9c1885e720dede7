//! The repository's own rules.

use crate::program::{files_below, repository};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each crate may import; a line goes down, never sideways or up.
const IMPORTS: [(&str, &[&str]); 10] = [
    ("corridor-orbit", &[]),
    ("corridor-raster", &[]),
    ("corridor-catalog", &[]),
    ("corridor-sense", &["corridor-orbit"]),
    ("corridor-transmit", &["corridor-orbit"]),
    ("corridor-know", &["corridor-raster", "corridor-catalog"]),
    ("corridor-cluster", &["corridor-know"]),
    (
        "corridor-watch",
        &[
            "corridor-orbit",
            "corridor-sense",
            "corridor-transmit",
            "corridor-know",
            "corridor-raster",
            "corridor-catalog",
        ],
    ),
    (
        "corridor-node",
        &[
            "corridor-watch",
            "corridor-catalog",
            "corridor-raster",
            "corridor-know",
            "corridor-orbit",
        ],
    ),
    (
        "corridor",
        &[
            "corridor-node",
            "corridor-watch",
            "corridor-sense",
            "corridor-transmit",
            "corridor-cluster",
            "corridor-know",
            "corridor-raster",
            "corridor-orbit",
        ],
    ),
];
/// Pure maths: no crate of these at any depth.
const PURE: [(&str, &[&str]); 2] = [
    ("corridor-orbit", &["tokio", "rusqlite", "axum"]),
    ("corridor-sense", &["tokio", "rusqlite", "axum"]),
];
const BANNED_MODULES: [&str; 6] = ["utils", "common", "core", "helpers", "types", "shared"];
/// Longest source file, lines; past `LONG_LINES` a file should be split by noun.
const LONGEST_LINES: usize = 800;
const LONG_LINES: usize = 500;

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn imports_only_point_down() {
    let metadata = metadata();
    let allowed: BTreeMap<_, _> = IMPORTS.into_iter().collect();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if package["source"].is_string() {
            continue;
        }
        let allowed = allowed
            .get(name)
            .unwrap_or_else(|| panic!("crate {name} has no place yet"));
        seen.insert(name.to_string());
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if !used.starts_with("corridor") || dependency["kind"] == "dev" {
                continue;
            }
            assert!(allowed.contains(&used), "{name} imports {used}");
        }
    }
    assert_eq!(seen.len(), IMPORTS.len(), "{seen:?}");
}

#[test]
fn pure_maths_sees_no_sockets_and_no_databases() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let name_of = |id: &str| {
        let package = metadata["packages"]
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["id"] == id);
        package.unwrap()["name"].as_str().unwrap().to_string()
    };
    for (name, banned) in PURE {
        let first = nodes
            .iter()
            .find(|n| name_of(n["id"].as_str().unwrap()) == name)
            .unwrap();
        let mut open = vec![first["id"].as_str().unwrap().to_string()];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            assert!(
                !banned.contains(&name_of(&id).as_str()),
                "{name} pulls in {id}"
            );
            let node = nodes.iter().find(|n| n["id"] == id.as_str()).unwrap();
            for dependency in node["deps"].as_array().unwrap() {
                let kinds = dependency["dep_kinds"].as_array().unwrap();
                if kinds.iter().any(|k| k["kind"].is_null()) {
                    open.push(dependency["pkg"].as_str().unwrap().to_string());
                }
            }
        }
    }
}

/// Files under version control, or all of them where there is no git.
fn tracked() -> Vec<PathBuf> {
    let root = repository();
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(&root)
        .output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)
            .unwrap()
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(|name| root.join(name))
            .filter(|path| path.is_file())
            .collect(),
        _ => [
            "crates", "web/src", "dev", "products", "register", "demo", "docs", "fuzz",
        ]
        .iter()
        .flat_map(|folder| files_below(&root.join(folder)))
        .filter(|p| !p.components().any(|c| c.as_os_str() == "target"))
        .collect(),
    }
}

fn ending(path: &Path) -> &str {
    path.extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
}

#[test]
fn names_say_what_is_inside() {
    for path in tracked().iter().filter(|p| ending(p) == "rs") {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let folder = path
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        for name in [stem, folder] {
            assert!(
                !BANNED_MODULES.contains(&name),
                "{} is named {name}",
                path.display()
            );
        }
    }
}

#[test]
fn files_stay_readable() {
    let mut too_long = Vec::new();
    for path in tracked()
        .iter()
        .filter(|p| ["rs", "ts", "svelte", "py"].contains(&ending(p)))
    {
        let lines = std::fs::read_to_string(path).unwrap().lines().count();
        let name = path
            .strip_prefix(repository())
            .unwrap()
            .display()
            .to_string();
        if lines > LONGEST_LINES {
            too_long.push(format!("{name}: {lines}"));
        } else if lines > LONG_LINES {
            println!("long: {name}, {lines} lines");
        }
    }
    assert!(
        too_long.is_empty(),
        "over {LONGEST_LINES} lines: {too_long:#?}"
    );
}

#[test]
fn sources_name_no_machine_and_leave_nothing_to_do() {
    // Put together here, so that this file does not find itself.
    let paths: Vec<String> = ["work", "root", "home"]
        .iter()
        .map(|folder| format!("/{folder}/"))
        .collect();
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X "].concat(),
    ];
    let texts = [
        "rs", "ts", "svelte", "mjs", "js", "css", "html", "toml", "md", "sh", "py", "yml",
    ];
    let mut found = Vec::new();
    for path in tracked().iter().filter(|p| texts.contains(&ending(p))) {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let place = || {
                let name = path.strip_prefix(repository()).unwrap().display();
                format!("{name}:{}: {}", number + 1, line.trim())
            };
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(place());
            }
            let machine = paths.iter().any(|folder| {
                line.match_indices(folder.as_str()).any(|(at, _)| {
                    // The same inside a longer path or an address is not this machine's.
                    let before = line[..at].chars().next_back();
                    before.is_none_or(|c| " \"'`(=:".contains(c))
                })
            });
            if machine {
                found.push(place());
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_test_file_is_part_of_its_suite() {
    for suite in std::fs::read_dir(repository().join("crates")).unwrap() {
        let tests = suite.unwrap().path().join("tests");
        let folder = tests.join("suite");
        if !folder.is_dir() {
            continue;
        }
        let loose: Vec<_> = std::fs::read_dir(&tests)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| ending(p) == "rs")
            .collect();
        assert!(loose.is_empty(), "one test binary a crate: {loose:?}");
        let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_string();
            if name == "main" || (!path.is_dir() && ending(&path) != "rs") {
                continue;
            }
            let named = main
                .lines()
                .any(|line| line.trim_start_matches("pub ").trim() == format!("mod {name};"));
            assert!(named, "{} is in no suite", path.display());
        }
    }
}

#[test]
fn locked_packages_name_no_registry_host() {
    let root = repository();
    let lock = std::fs::read_to_string(root.join("web/package-lock.json")).unwrap();
    assert!(
        !lock.contains("\"resolved\""),
        "web/package-lock.json says where it was fetched from"
    );
    let cargo = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    for line in cargo.lines().filter(|l| l.starts_with("source = ")) {
        let official = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert_eq!(line, official, "Cargo.lock");
    }
    let python = std::fs::read_to_string(root.join("dev/requirements.txt")).unwrap();
    assert!(!python.contains("://"), "dev/requirements.txt names a host");
}
