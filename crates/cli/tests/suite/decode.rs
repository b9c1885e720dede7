//! `corridor transmit decode`: what captures hold, and what is said of those that hold nothing.

use crate::program::{Program, text};
use serde_json::json;

/// Space packets of one application, each with its number in its data.
fn packets(apid: u8, counts: &[u8]) -> Vec<u8> {
    counts
        .iter()
        .flat_map(|n| [0x08, apid, 0xc0, *n, 0, 3, *n, 1, 2, 3])
        .collect()
}

#[test]
fn packets_are_counted_merged_and_written() {
    let program = Program::new();
    let write = |name: &str, bytes: &[u8]| {
        let file = program.file(name, "");
        std::fs::write(&file, bytes).unwrap();
        text(&file)
    };
    let one = write("one.dat", &packets(5, &[1, 2, 3, 6]));
    let decoded = program
        .run(&["transmit", "decode", &one, "--format", "json"])
        .ok()
        .json();
    assert_eq!(decoded["packets"], 4, "{decoded}");
    assert_eq!(decoded["apids"]["5"]["seq_gaps"], 1, "{decoded}");
    assert_eq!(decoded["apids"]["5"]["missing"], 2, "{decoded}");
    assert_eq!(
        (&decoded["file"], &decoded["bytes"]),
        (&json!("one.dat"), &json!(40))
    );
    let two = write("two.dat", &packets(5, &[3, 4, 5, 6]));
    let out = text(&program.file("out.dat", ""));
    let merged = program
        .run(&[
            "transmit",
            "decode",
            &one,
            &two,
            "--packets",
            &out,
            "--format",
            "json",
        ])
        .ok()
        .json();
    assert_eq!(
        (&merged["packets"], &merged["duplicates"]),
        (&json!(6), &json!(2)),
        "{merged}"
    );
    assert_eq!(merged["files"][1]["packets"], 4, "{merged}");
    assert_eq!(std::fs::read(&out).unwrap().len(), 60);
    let table = program.run(&["transmit", "decode", &one]).ok().out;
    assert!(table.contains("4 space packets"), "{table}");
    let cut = write("cut.dat", &packets(5, &[1, 2, 3, 4])[..38]);
    let cut = program
        .run(&["transmit", "decode", &cut, "--format", "json"])
        .ok()
        .json();
    assert_eq!(
        (&cut["packets"], &cut["missing_bytes_at_end"]),
        (&json!(3), &json!(2))
    );
}

#[test]
fn what_is_no_capture_is_refused_with_its_reason() {
    let program = Program::new();
    let noise: String = (0..5000_u32)
        .map(|i| char::from(33 + (i * i % 89) as u8))
        .collect();
    let noise = text(&program.file("noise.dat", &noise));
    let empty = text(&program.file("empty.dat", ""));
    program
        .run(&["transmit", "decode", &noise])
        .refused(1, &["noise.dat", "no frames and no packets"]);
    program
        .run(&["transmit", "decode", &empty])
        .refused(1, &["empty.dat", "empty"]);
    program
        .run(&["transmit", "decode", "absent.dat"])
        .refused(1, &["absent.dat"]);
    program.run(&["transmit", "decode"]).refused(2, &["FILE"]);
    program
        .run(&["transmit", "decode", &noise, "--interleave", "9"])
        .refused(2, &["--interleave"]);
    program
        .run(&[
            "transmit",
            "decode",
            &noise,
            "--cadu-length",
            "1020",
            "--interleave",
            "3",
        ])
        .refused(1, &["1016 bytes", "multiple of the interleaving"]);
}
