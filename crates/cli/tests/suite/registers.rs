//! Import of real files into the register, and what is said of every satellite then.

use crate::program::{Program, real_data, text};
use serde_json::Value;
use std::path::PathBuf;

/// The folder of real data, or `None` (with a word) where it is absent.
fn shared() -> Option<PathBuf> {
    real_data("sense")
}

fn list(program: &Program, more: &[&str]) -> Vec<Value> {
    let ran = program
        .run(&[&["register", "list", "--format", "json"], more].concat())
        .ok();
    ran.json().as_array().unwrap().clone()
}

#[test]
fn real_files_of_every_kind() {
    let Some(folder) = shared() else { return };
    let program = Program::new();
    let shipped = list(&program, &[]).len();
    let file = |name: &str| text(&folder.join(name));
    let ran = program
        .run(&[
            "register",
            "import",
            &file("catalog/active-2026-08-22.3le"),
            &file("register/satcat-india-2025-12.csv"),
            &file("register/ucs-satellite-database-civil.csv"),
            &file("register/satnogs-transmitters-2026-08-08.json"),
            &file("ground-stations/ksat.geojson"),
            &file("ground-stations/dsn.geojson"),
        ])
        .ok();
    for said in [
        "16069 element sets kept, data until 2026-08-23",
        "satellites kept, data until 2025-",
        "7064 satellites kept, data until 2023-",
        "2910 transmitters kept, data until 2026-",
        "stations are known already and stay as they are",
        "stands twice",
    ] {
        assert!(ran.out.contains(said), "{said:?} is not in {}", ran.out);
    }
    let all = list(&program, &[]);
    assert!(all.len() > 16_069 + 50, "{}", all.len());
    let find = |id: u64| all.iter().find(|o| o["norad_id"] == id).unwrap();

    let aryabhata = find(7_752);
    assert_eq!(aryabhata["status"], "decayed");
    assert_eq!(aryabhata["decayed_on"], "1992-02-11");
    let sentinel = find(40_697);
    assert_eq!(sentinel["mission"], "sentinel-2");
    assert_eq!(sentinel["status"], "in orbit");
    let iss = find(25_544);
    assert!(iss["transmitters"].as_u64().unwrap() > 3, "{iss:#}");
    assert!(iss["operator"].as_str().is_some(), "{iss:#}");
    for object in &all {
        let sources = object["sources"].as_array().unwrap();
        assert!(!sources.is_empty(), "{object:#}");
    }
    let role = |role: &str| list(&program, &["--role", role]);
    let navigation = role("navigation");
    assert!(navigation.len() > 120, "{}", navigation.len());
    assert!(role("communication").len() > 11_000);
    assert!(role("remote-sensing").len() > 800);
    let decayed = list(&program, &["--status", "decayed"]);
    assert!(decayed.len() >= 30, "{}", decayed.len());
    assert_eq!(list(&program, &["--status", "planned"]).len(), 24);

    // The same files again are the same register.
    let again = program.run(&["register", "update"]).ok();
    assert!(
        again.out.contains("16069 element sets kept"),
        "{}",
        again.out
    );
    let now: Vec<Value> = list(&program, &[]);
    assert_eq!(now.len(), all.len());
    let sources = list(&program, &["--of", "sources"]);
    assert_eq!(sources.len(), 6);
    assert!(sources.iter().all(|s| !s["imported"].is_null()));
    let stations = list(&program, &["--of", "stations"]);
    assert!(stations.iter().any(|s| s["id"] == "nasa-dsn-goldstone"));
    let shown = program
        .run(&["register", "show", "ISS (ZARYA)"])
        .ok()
        .json();
    assert_eq!(
        shown["transmitters"].as_array().unwrap().len() as u64,
        iss["transmitters"].as_u64().unwrap()
    );
    assert!(shipped < all.len());
}

#[test]
fn a_satellite_that_came_down_is_out_of_forecasts() {
    let program = Program::new();
    let satcat = "OBJECT_NAME,OBJECT_ID,NORAD_CAT_ID,OBJECT_TYPE,OPS_STATUS_CODE,OWNER,LAUNCH_DATE,\
LAUNCH_SITE,DECAY_DATE\nSENTINEL-2A,2015-028A,40697,PAY,D,ESA,2015-06-23,FRGUI,2026-11-01\n";
    let file = text(&program.file("satcat.csv", satcat));
    program.run(&["register", "import", &file]).ok();
    let listed = list(&program, &["--status", "decayed"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "SENTINEL-2A");
    let shown = program.run(&["register", "show", "40697"]).ok().json();
    assert_eq!(shown["satellite"]["decayed_on"], "2026-11-01");
}

#[test]
fn what_cannot_be_brought_in_is_said() {
    let program = Program::new();
    program
        .run(&["register", "update"])
        .refused(1, &["nothing was imported before", "--from"]);
    program
        .run(&[
            "register",
            "update",
            "--from",
            "http://127.0.0.1:9/active.json",
        ])
        .refused(1, &["private network"]);
    program
        .run(&["register", "update", "--from", "ftp://example.org/x"])
        .refused(1, &["http"]);
    program
        .run(&["register", "update", "--from", "absent.tle"])
        .refused(1, &["absent.tle"]);
    program
        .run(&["register", "list", "--role", "spy"])
        .refused(2, &["remote sensing, communication, navigation"]);
    let empty = text(&program.file(
        "empty.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[]}",
    ));
    program
        .run(&["register", "import", &empty])
        .refused(1, &["empty.geojson:1", "should hold a station"]);
    let broken = text(&program.file(
        "satcat.csv",
        "OBJECT_NAME,NORAD_CAT_ID,OPS_STATUS_CODE\nA,x1,+\n",
    ));
    program
        .run(&["register", "import", &broken])
        .refused(1, &["satcat.csv:2", "NORAD_CAT_ID", "x1"]);
    // Twice the same number: the newer set is kept, and a word is said.
    let set = "NEW\n1 90001U 26001A   26233.50000000  .00000000  00000+0  00000+0 0  9999\n\
2 90001  98.0000 100.0000 0001000  90.0000 270.0000 14.50000000    19\n";
    let sums = |text: &str| {
        let whole: Vec<String> = text.lines().map(with_sum).collect();
        whole.join("\n") + "\n"
    };
    let older = set.replace("26233.5", "26232.5");
    let twice = text(&program.file("twice.tle", sums(&format!("{set}{older}"))));
    let ran = program
        .run(&["register", "import", "--role", "navigation", &twice])
        .ok();
    assert!(ran.out.contains("1 element set kept"), "{}", ran.out);
    assert!(
        ran.out
            .contains("catalogue number reads \"90001\": stands twice"),
        "{}",
        ran.out
    );
    let listed = list(&program, &["--role", "navigation"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "NEW");
    assert!(listed[0]["sources"].to_string().contains("twice.tle"));
}

/// An element line with its checksum mended.
fn with_sum(line: &str) -> String {
    if !line.starts_with(['1', '2']) {
        return line.to_string();
    }
    let body = &line[..68];
    let sum: u32 = body
        .chars()
        .map(|c| c.to_digit(10).unwrap_or(u32::from(c == '-')))
        .sum();
    format!("{body}{}", sum % 10)
}
