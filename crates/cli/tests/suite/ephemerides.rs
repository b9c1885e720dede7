//! Ephemerides in place of element sets, and spans that the Earth orientation does not reach.

use crate::program::{Program, repository, text};

#[test]
fn windows_of_an_ephemeris_and_what_it_does_not_cover() {
    let program = Program::new();
    let folder = repository().join("crates/orbit/tests/reference/elements");
    let windows = |file: &str, from: &str, to: &str| {
        let file = text(&folder.join(file));
        let mut command = vec![
            "sense",
            "windows",
            "--elements",
            &file,
            "--at",
            "111.5,50.3",
        ];
        command.extend([
            "--min-elevation",
            "5",
            "--from",
            from,
            "--to",
            to,
            "--format",
            "csv",
        ]);
        program.run(&command)
    };
    let (from, to) = ("2026-08-22T00:00:00Z", "2026-08-22T01:30:00Z");
    // The message is the station's element set, sampled every three minutes.
    let of_table = windows("eme2000-hermite.oem", from, to).ok().out;
    let of_set = windows("omm.csv", from, to).ok().out;
    let row = of_table.lines().nth(1).unwrap();
    let times = |row: &str| {
        row.split(',')
            .skip(3)
            .take(2)
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let same = of_set.lines().find(|l| l.starts_with("ISS")).unwrap();
    assert_eq!(times(row), times(same));
    let beyond = windows(
        "eme2000-hermite.xml",
        "2026-08-21T00:00:00Z",
        "2026-08-23T00:00:00Z",
    )
    .ok();
    assert_eq!(times(beyond.out.lines().nth(1).unwrap()), times(row));
    assert!(
        beyond.err.contains("covers 2026-08-22T00:00:00Z to"),
        "{beyond:?}"
    );
}

#[test]
fn a_span_past_the_earth_orientation_is_answered_with_a_word() {
    let program = Program::new();
    let file = text(&repository().join("crates/orbit/tests/reference/elements/omm.json"));
    let ran = program
        .run(&[
            "sense",
            "propagate",
            "--elements",
            &file,
            "--from",
            "2029-01-01T00:00:00Z",
            "--to",
            "2029-01-01T00:02:00Z",
            "--step",
            "60",
            "--frame",
            "itrf",
            "--format",
            "csv",
        ])
        .ok();
    assert!(
        ran.err.contains("Earth orientation is not known"),
        "{ran:?}"
    );
    assert!(ran.err.contains("places may be off by 437 m"), "{ran:?}");
}
