//! The bundles of a rehearsal are real: what is changed on the way is refused, fragments of one bundle come over
//! several passes, and keys make no difference but to what is accepted.

use super::*;

/// Nothing fails but that bundles come changed.
fn damaged(share: f64) -> Settings {
    settings(&format!(
        "\"rehearsal.station_down_h\" = 0\n\"rehearsal.line_down_h\" = 0\n\
         \"rehearsal.contact_lost_share\" = 0\n\
         \"rehearsal.safe_mode_h\" = 0\n\"rehearsal.satellite_lost_every_y\" = 1e9\n\
         \"rehearsal.slow_share\" = 0\n\"rehearsal.rain_margin_db\" = 1000\n\
         \"rehearsal.damaged_share\" = {share}\n"
    ))
}

#[test]
fn what_comes_changed_is_refused_and_sent_again() {
    let (register, watches) = (register(&ALL, &["svalbard", "troll"]), watches());
    let play = |share| {
        let settings = damaged(share);
        let script = Script {
            failures: true,
            ..script(&register, &settings, &watches)
        };
        rehearse(&script, &quiet).unwrap()
    };
    let (calm, hurt) = (play(0.0), play(0.1));
    assert_eq!(calm.bundles.refused, 0);
    let crossings = hurt.bundles.taken + hurt.bundles.refused;
    let share = hurt.bundles.refused as f64 / crossings as f64;
    println!("{:?}, {share:.3} of the crossings refused", hurt.bundles);
    // A tenth of some thousand: within five standard errors.
    let error = 5.0 * (0.09 / crossings as f64).sqrt();
    assert!((share - 0.1).abs() < error, "{share} +- {error}");
    assert_eq!(hurt.failed.bundles_damaged, hurt.bundles.refused);
    assert_eq!(
        (hurt.bytes.lost, hurt.bytes.observed),
        (0, calm.bytes.observed)
    );
    assert_eq!(hurt.bundles.made, calm.bundles.made);
    let (mut whole, mut later) = (0, 0);
    for (before, after) in calm.observations.iter().zip(&hurt.observations) {
        assert_eq!(before.observed_end, after.observed_end);
        let (Some(before), Some(after)) = (before.at_node, after.at_node) else {
            continue;
        };
        whole += 1;
        later += usize::from(after > before);
    }
    assert!(whole > 5 && later * 2 > whole, "{later} of {whole} later");
    // Damage is drawn by name: the same again.
    assert_eq!(play(0.1), hurt);
}

#[test]
fn fragments_of_one_bundle_come_over_two_passes_and_are_one_again() {
    // 40 Gbit at 30 Mbit/s: more than two passes of ten minutes; a bundle of 16 Gbit nearly fills one.
    let files = BTreeMap::from([
        ("elements/made.csv".to_string(), ELEMENTS.to_string()),
        ("stations.toml".to_string(), STATIONS.to_string()),
        (
            "missions/made.toml".to_string(),
            mission(&[("TERRA", 25994)], &["svalbard"])
                .replace("rate_mbit_s = 520.0", "rate_mbit_s = 30.0"),
        ),
    ]);
    let register = Register::from_files(&files, &[]).unwrap();
    let settings = settings("\"rehearsal.bundle_gbit\" = 16\n\"rehearsal.fragment_gbit\" = 1\n");
    let watches = &watches()[..1];
    let report = rehearse(&script(&register, &settings, watches), &quiet).unwrap();
    let came = report.observations.iter().filter(|o| o.at_node.is_some());
    let came = came.count() as u64;
    assert!(came > 0, "{:?}", report.observations);
    assert_eq!(report.bundles.files, came);
    // Each observation is three bundles, of 16, 16 and 8 fragments.
    let seen = report.bundles.made / 3;
    assert_eq!(
        (report.bundles.made, report.bundles.fragments),
        (3 * seen, 40 * seen)
    );
    // No pass carries a whole number of bundles: their fragments are on both sides of its end.
    let (bundle_bytes, fragment_bytes) = (2_000_000_000, 125_000_000);
    let down: Vec<u64> = report.contacts.iter().map(|c| c.carried_bytes).collect();
    assert!(down.len() > 1 && down.iter().all(|bytes| bytes % fragment_bytes == 0));
    let (mut carried, mut split) = (0, 0);
    for bytes in &down[..down.len() - 1] {
        carried += bytes;
        split += usize::from(carried % (5_000_000_000) % bundle_bytes != 0);
    }
    println!("{down:?} bytes by pass, {split} bundles split between two");
    assert!(split > 0);
}

/// A signing and an encrypting key of everybody.
fn keys() -> Arc<Keyring> {
    let text = r#"{"keys": [
        {"kty": "oct", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "alg": "HS256",
         "key_ops": ["sign", "verify"]},
        {"kty": "oct", "k": "HxcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAAECAwQFBgc", "alg": "dir", "enc": "A256GCM",
         "key_ops": ["encrypt", "decrypt"]}]}"#;
    Arc::new(Keyring::parse(text, "test").unwrap())
}

#[test]
fn keys_change_nothing_where_nothing_is_changed_on_the_way() {
    let (register, watches) = (register(&ALL, &["svalbard", "matera"]), watches());
    let settings = settings(&ROUGH.replace("damaged_share\" = 0.02", "damaged_share\" = 0"));
    let keys = keys();
    let play = |keys| {
        let script = Script {
            keys,
            failures: true,
            ..script(&register, &settings, &watches)
        };
        rehearse(&script, &quiet).unwrap()
    };
    let signed = play(Some(&keys));
    assert!(signed.bundles.files > 0, "{:?}", signed.bundles);
    assert_eq!(signed, play(None));
}

/// What is protected has no CRC: a change is found at the node, and the whole bundle comes from its satellite again.
#[test]
fn what_is_protected_and_changed_is_made_again_by_its_satellite() {
    let (register, watches) = (register(&ALL, &["svalbard", "troll"]), watches());
    let (settings, keys) = (damaged(0.02), keys());
    let script = Script {
        failures: true,
        keys: Some(&keys),
        ..script(&register, &settings, &watches)
    };
    let report = rehearse(&script, &quiet).unwrap();
    println!("{:?}", report.bundles);
    let observed: u64 = report.bytes.observed;
    assert_eq!(observed, report.bytes.delivered + report.bytes.stored);
    // An image is ten bundles: those made beyond are made again.
    let images = observed / 5_000_000_000;
    assert!(report.bundles.made > 10 * images && report.bundles.refused > 0);
    let whole = report.observations.iter().filter(|o| o.at_node.is_some());
    assert_eq!(report.bundles.files as usize, whole.count());
    assert!(report.bundles.files > 5);
}
