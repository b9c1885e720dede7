//! The fuzz targets' seeds, whole, cut short and with bits flipped, through every parser.

#[path = "../../../../fuzz/src/parsers.rs"]
#[allow(
    unreachable_pub,
    missing_docs,
    reason = "it is the public face of the fuzz crate"
)]
mod parsers;

use crate::program::{files_below, repository};
use parsers::{PARSERS, Parser};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Cuts and flips tried on one seed.
const CHANGES_MAX: usize = 120;

fn replay(parser: Parser, name: &str, what: &str, bytes: &[u8]) {
    let parsed = catch_unwind(AssertUnwindSafe(|| parser(bytes)));
    assert!(
        parsed.is_ok(),
        "{name} panics on {what}: {:?}",
        String::from_utf8_lossy(bytes)
    );
}

#[test]
fn seeds_and_broken_seeds_are_read_or_refused() {
    let seeds = repository().join("fuzz/seeds");
    for (name, parser) in PARSERS {
        let files = files_below(&seeds.join(name));
        assert!(!files.is_empty(), "no seed for {name}");
        replay(parser, name, "nothing", b"");
        for path in files {
            let seed = std::fs::read(&path).unwrap();
            assert!(seed.len() <= 8 << 10, "{} is no small seed", path.display());
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            replay(parser, name, &file, &seed);
            let step = seed.len().div_ceil(CHANGES_MAX).max(1);
            for at in (0..seed.len()).step_by(step) {
                replay(parser, name, &format!("{file} cut at {at}"), &seed[..at]);
                let mut flipped = seed.clone();
                flipped[at] ^= 1 << (at % 8);
                replay(
                    parser,
                    name,
                    &format!("{file}, a bit of byte {at} flipped"),
                    &flipped,
                );
                flipped[at] = 0xff;
                replay(parser, name, &format!("{file}, byte {at} set"), &flipped);
            }
        }
    }
}

#[test]
fn every_parser_has_its_target() {
    let fuzz = repository().join("fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let targets = files_below(&fuzz.join("fuzz_targets"));
    assert_eq!(targets.len(), PARSERS.len());
    for (name, _) in PARSERS {
        let text = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(text.contains(&format!("parsers::{name}(data)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
