//! Lines from stations to the node that stop carrying: what is at a station waits there, and nothing is lost.

use super::*;

/// Nothing fails but the lines.
fn cut(up_h: f64, down_h: f64) -> Settings {
    settings(&format!(
        "\"rehearsal.station_down_h\" = 0\n\"rehearsal.contact_lost_share\" = 0\n\
         \"rehearsal.safe_mode_h\" = 0\n\"rehearsal.satellite_lost_every_y\" = 1e9\n\
         \"rehearsal.slow_share\" = 0\n\"rehearsal.rain_margin_db\" = 1000\n\
         \"rehearsal.damaged_share\" = 0\n\"rehearsal.line_up_h\" = {up_h}\n\
         \"rehearsal.line_down_h\" = {down_h}\n"
    ))
}

fn play(register: &Register, settings: &Settings) -> (Report, Vec<(String, f64, f64)>) {
    let watches = watches();
    let script = Script {
        failures: true,
        ..script(register, settings, &watches)
    };
    let (world, failures) = script.prepare(&quiet).unwrap();
    let spells = world.posts.iter().zip(&failures.line_down);
    let spells =
        spells.flat_map(|(post, own)| own.iter().map(|s| (post.name.clone(), s.start_s, s.end_s)));
    (rehearse(&script, &quiet).unwrap(), spells.collect())
}

/// One station, whose line fails every other hour: answers come, later, and none while the line is cut.
#[test]
fn an_answer_waits_for_the_line_of_its_station() {
    let register = register(&ALL, &["svalbard"]);
    let (calm, none) = play(&register, &cut(1.0, 0.0));
    assert!(none.is_empty());
    let settings = cut(1.0, 1.0);
    let (hurt, spells) = play(&register, &settings);
    assert!(hurt.failed.line_outages > 5, "{:?}", hurt.failed);
    assert_eq!(
        (hurt.bytes.lost, hurt.bytes.observed),
        (0, calm.bytes.observed)
    );
    let since = |t: Timestamp| t.duration_since(start()).as_secs_f64();
    let (mut later, mut waited, mut came) = (0, 0, 0);
    for (before, after) in calm.observations.iter().zip(&hurt.observations) {
        let Some((home, down)) = after.at_node.zip(after.down) else {
            continue;
        };
        came += 1;
        let within = |(_, from_s, to_s): &&(String, f64, f64)| {
            since(home) > from_s + 1e-3 && since(home) < to_s - 1e-3
        };
        assert!(
            !spells.iter().any(|s| within(&s)),
            "{after:?} over a cut line"
        );
        later += usize::from(before.at_node.is_some_and(|before| home > before));
        // It was down, and the line came back before it was at the node.
        let back = spells
            .iter()
            .any(|(_, _, to_s)| since(down) < *to_s && *to_s <= since(home));
        waited += usize::from(back);
    }
    println!("{came} came, {later} later than with a line, {waited} waited at the station");
    assert!(
        later > 3 && waited > 0,
        "{later} later, {waited} waited of {came}"
    );
    let ground = |report: &Report| -> f64 {
        let parts = report.watches.iter().map(|w| w.parts_s.on_the_ground_s);
        parts.sum()
    };
    assert!(ground(&hurt) > ground(&calm));
    assert_eq!(play(&register, &settings).0, hurt, "drawn by name");
}

/// With another station, data goes there while the line of the first is cut.
#[test]
fn another_station_takes_what_a_cut_line_cannot() {
    let (alone, _) = play(&register(&ALL, &["svalbard"]), &cut(1.0, 6.0));
    let (both, _) = play(&register(&ALL, &["svalbard", "troll"]), &cut(1.0, 6.0));
    let came = |r: &Report| r.watches.iter().map(|w| w.came).sum::<usize>();
    let over = |r: &Report, name: &str| {
        let found = r.stations.iter().find(|s| s.station == name);
        found.map_or(0, |s| s.carried_bytes)
    };
    println!("{} and {} came", came(&alone), came(&both));
    assert!(over(&both, "troll") > 0 && over(&both, "svalbard") > 0);
    let mean_s = |r: &Report| {
        let waits = r
            .observations
            .iter()
            .filter_map(|o| Some(o.at_node?.duration_since(o.observed_end)));
        let waits: Vec<f64> = waits.map(|w| w.as_secs_f64()).collect();
        waits.iter().sum::<f64>() / waits.len() as f64
    };
    assert!(came(&both) >= came(&alone) && mean_s(&both) < mean_s(&alone));
}
