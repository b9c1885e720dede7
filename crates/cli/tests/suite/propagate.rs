//! `corridor sense propagate`.

use crate::program::{Program, Ran, text};

/// Vallado et al. 2006, case 00005 and its TEME states at 0 and 360 minutes, km and km/s.
const VANGUARD: &str = "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753
2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667
";

const STATES: [[f64; 6]; 2] = [
    [
        7022.46529266,
        -1400.08296755,
        0.03995155,
        1.893841015,
        6.405893759,
        4.534807250,
    ],
    [
        -7154.03120202,
        -3783.17682504,
        -3536.19412294,
        4.741887409,
        -4.151817765,
        -2.093935425,
    ],
];

fn propagate(more: &[&str]) -> Ran {
    let program = Program::new();
    let file = text(&program.file("vanguard.tle", VANGUARD));
    let from = [
        "--from",
        "2000-06-27T18:50:19.733568Z",
        "--to",
        "2000-06-28T00:50:19.733568Z",
    ];
    let arguments = ["sense", "propagate", "--elements", &file];
    program.run(&[&arguments[..], &from[..], more].concat())
}

#[test]
fn published_states_stand_at_both_ends() {
    let out = propagate(&["--step", "1200", "--format", "csv"]).ok().out;
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        "satellite,norad_id,time,x_m,y_m,z_m,vx_m_s,vy_m_s,vz_m_s"
    );
    assert_eq!(lines.len(), 20);
    for (line, state) in [(lines[1], STATES[0]), (lines[19], STATES[1])] {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[1], "5");
        for (field, expected) in fields[3..].iter().zip(state) {
            // The set's epoch is on a microsecond, the program's printing on a millimetre.
            assert!(
                (field.parse::<f64>().unwrap() - expected * 1e3).abs() < 0.02,
                "{line}"
            );
        }
    }
}

#[test]
fn frames_and_formats() {
    let json = propagate(&["--step", "600", "--format", "json", "--frame", "geodetic"])
        .ok()
        .json();
    let track = &json[0];
    assert_eq!(
        (track["norad_id"].as_u64(), track["frame"].as_str()),
        (Some(5), Some("geodetic"))
    );
    assert_eq!(track["states"].as_array().unwrap().len(), 37);
    let first = &track["states"][0];
    assert_eq!(first["time"], "2000-06-27T18:50:19.734Z");
    assert!(first["lat_deg"].as_f64().unwrap().abs() < 1.0);
    assert!(
        (first["height_m"].as_f64().unwrap() - 782e3).abs() < 5e3,
        "{first}"
    );
    let itrf = propagate(&["--step", "3600", "--frame", "itrf"]).ok().out;
    assert_eq!(itrf.lines().count(), 8);
}

#[test]
fn wrong_steps_and_times_without_a_state() {
    propagate(&["--step", "0"]).refused(2, &["--step", "0.001"]);
    propagate(&["--step", "-5"]).refused(2, &["--step"]);
    propagate(&["--step", "0.001"]).refused(2, &["21600000 steps"]);
    let program = Program::new();
    // Vallado's case 28350 comes down 1,440 minutes after its epoch.
    let falling = "1 28350U 04020A   06167.21788666  .16154492  76267-5  18678-3 0  8894
2 28350  64.9977 345.6130 0024870 260.7578  99.9590 16.47856722116490
";
    let file = text(&program.file("falling.tle", falling));
    let ran = program
        .run(&[
            "sense",
            "propagate",
            "--elements",
            &file,
            "--step",
            "3600",
            "--from",
            "2006-06-16T06:00:00Z",
            "--to",
            "2006-06-18T06:00:00Z",
        ])
        .ok();
    assert!(ran.err.contains("28350: from 2006-06-17"), "{}", ran.err);
    assert!((20..40).contains(&ran.out.lines().count()), "{}", ran.out);
}
