//! Laws that hold whatever fails.

use super::*;
use crate::rehearsal::failure::Failures;
use crate::rehearsal::play::Player;
use crate::rehearsal::world::World;
use proptest::prelude::*;
use std::sync::OnceLock;

/// One world for many plays.
fn rough() -> &'static (World, Settings) {
    static WORLD: OnceLock<(World, Settings)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let (register, settings, watches) = (
            register(&ALL, &["svalbard", "matera", "troll"]),
            settings(ROUGH),
            watches(),
        );
        let relays = [relay()];
        let script = Script {
            failures: true,
            relays: &relays,
            ..script(&register, &settings, &watches)
        };
        let (world, _) = script.prepare(&quiet).unwrap();
        (world, settings)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever fails: no byte is lost but with its satellite, Little's law holds between what is held and
    /// how long it stays, contacts keep to their windows, one at a time at each end, and nothing is sent
    /// before it was ready or observed by a satellite out of order. (Each event's balance is asserted in the
    /// play itself.)
    #[test]
    fn nothing_is_lost_and_nothing_comes_from_nowhere(seed in any::<u64>()) {
        let (world, settings) = rough();
        let failures = Failures::drawn(world, settings, seed, &[]).unwrap();
        let mut player = Player::new(world, &failures, settings, &[3, 5], None).unwrap();
        player.play(&mut |_| {}).unwrap();
        prop_assert!(player.ledger.balanced());
        let (held, stays) = player.ledger.little(world.end_s);
        prop_assert!((held - stays).abs() <= 1e-9 * held.max(1.0), "{held} {stays}");
        let bytes = player.ledger.bytes;
        let seen = |missed: bool| -> u64 {
            let all = world.looks.iter().zip(&player.record.looks);
            all.filter(|(_, r)| r.missed == missed).map(|(l, _)| l.size_bytes).sum()
        };
        prop_assert_eq!(bytes.observed, seen(false));
        if player.record.satellites_lost == 0 {
            prop_assert_eq!(bytes.lost, 0);
        }
        // An observation is home when its file is whole, which is when the last of its bytes came.
        let whole = player.record.looks.iter().filter(|r| r.home_s.is_some()).count();
        prop_assert_eq!(player.carriers.bundles.files as usize, whole);
        for (look, r) in world.looks.iter().zip(&player.record.looks) {
            let seen = !r.missed && !r.lost && look.end_s < world.end_s;
            prop_assert_eq!(r.home_s.is_some(), seen && r.open_bytes == 0);
            if let (Some(left_s), Some(down_s), Some(home_s)) = (r.left_s, r.down_s, r.home_s) {
                prop_assert!(look.ready_s <= left_s && left_s < down_s && down_s < home_s);
                prop_assert!(r.processed_s.is_none_or(|t_s| t_s >= home_s + look.processing_s - 1e-6));
                prop_assert_eq!(r.open_bytes, 0);
            }
        }
        let mut ends: BTreeMap<(bool, u32), Vec<(f64, f64)>> = BTreeMap::new();
        for (number, c) in &player.record.contacts {
            let w = &world.windows[*number as usize];
            prop_assert!(c.start_s >= w.start_s - 1e-6 && c.end_s <= w.end_s + 1e-6);
            let room_bytes = w.rate_bit_s * (w.end_s - w.start_s - w.setup_s) / 8.0;
            prop_assert!(c.bytes as f64 <= room_bytes + 1.0, "{} > {room_bytes}", c.bytes);
            if !w.feeder {
                ends.entry((false, w.from)).or_default().push((c.start_s, c.end_s));
                ends.entry((true, w.post)).or_default().push((c.start_s, c.end_s));
            }
        }
        for ((post, number), spans) in &mut ends {
            spans.sort_by(|a, b| a.0.total_cmp(&b.0));
            for pair in spans.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0 + 1e-6, "{post} {number}: {pair:?}");
            }
        }
        // Both run again: the same.
        let again = Failures::drawn(world, settings, seed, &[]).unwrap();
        let mut second = Player::new(world, &again, settings, &[3, 5], None).unwrap();
        second.play(&mut |_| {}).unwrap();
        prop_assert_eq!(second.ledger.bytes, bytes);
        prop_assert_eq!(second.record.rounds, player.record.rounds);
    }
}
