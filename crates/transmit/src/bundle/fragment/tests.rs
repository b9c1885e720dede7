use super::*;
use hardy_bpv7::{builder::Builder, creation_timestamp::CreationTimestamp, hop_info::HopInfo};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const LATER: Timestamp = Timestamp::MAX;

fn bundle(payload: &[u8]) -> Bytes {
    let (source, to) = ("ipn:1.7", "ipn:2.7");
    let (_, data) = Builder::new(source.parse().unwrap(), to.parse().unwrap())
        .with_hop_count(&HopInfo { limit: 9, count: 2 })
        .with_payload(payload.into())
        .build(CreationTimestamp::from_parts(None, 4))
        .unwrap();
    data.into()
}

fn parsed(data: &Bytes) -> Bundle {
    ParsedBundle::parse(data, no_keys).unwrap().bundle
}

fn take(into: &mut Reassembler, fragment: &Bytes) -> Result<Outcome, FragmentError> {
    into.take(&parsed(fragment), fragment, LATER, NOW)
}

fn reassembler() -> Reassembler {
    Reassembler::new(1 << 20, 1 << 20)
}

proptest! {
    /// Cut at two sizes, doubled and shuffled, fragments that overlap give back the bundle byte for byte,
    /// at the one that completes it and at no other.
    #[test]
    fn overlapping_fragments_in_any_order_make_the_bundle(
        payload in prop::collection::vec(any::<u8>(), 1..400),
        sizes in (1_usize..90, 1_usize..90),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..900),
    ) {
        let whole = bundle(&payload);
        let mut pool = fragment(&whole, sizes.0).unwrap();
        pool.extend(fragment(&whole, sizes.1).unwrap());
        // First at random with repeats, then all that is left.
        let mut line: Vec<Bytes> = order.iter().map(|i| i.get(&pool).clone()).collect();
        line.extend(pool);
        let mut r = reassembler();
        let mut seen = vec![false; payload.len()];
        let mut made = 0;
        for piece in &line {
            let p = parsed(piece);
            let info = p.id.fragment_info.clone().unwrap_or(FragmentInfo { offset: 0, total_adu_length: 0 });
            let len = p.blocks[&1].payload(piece).unwrap().len();
            seen[info.offset as usize..][..len].fill(true);
            match take(&mut r, piece).unwrap() {
                Outcome::Whole(data) => {
                    prop_assert!(seen.iter().all(|s| *s));
                    prop_assert_eq!(&data, &whole);
                    made += 1;
                    if p.id.fragment_info.is_some() {
                        prop_assert_eq!(r.held_bytes(), 0);
                    }
                }
                Outcome::Kept | Outcome::Known => {}
            }
        }
        prop_assert!(made >= 1);
        prop_assert_eq!(r.begun(), 0);
    }
}

#[test]
fn fragments_carry_what_must_be_in_each_and_cut_again() {
    let whole = bundle(&[7; 100]);
    let cut = fragment(&whole, 30).unwrap();
    let sizes: Vec<usize> = cut
        .iter()
        .map(|f| parsed(f).blocks[&1].payload(f).unwrap().len())
        .collect();
    assert_eq!(sizes, vec![30, 30, 30, 10]);
    assert!(cut.iter().all(|f| parsed(f).hop_count.is_some()));
    let again = fragment(&cut[1], 20).unwrap();
    let info = parsed(&again[1]).id.fragment_info.unwrap();
    assert_eq!((info.offset, info.total_adu_length), (50, 100));
    assert_eq!(fragment(&whole, 100).unwrap(), vec![whole]);
    assert!(matches!(fragment(&cut[0], 0), Err(FragmentError::Size(0))));
}

#[test]
fn fragments_that_contradict_are_refused_and_the_rest_stays() {
    let whole = bundle(&[1; 100]);
    let cut = fragment(&whole, 40).unwrap();
    let mut r = reassembler();
    take(&mut r, &cut[0]).unwrap();
    let other = fragment(&bundle(&[2; 100]), 30).unwrap();
    assert!(matches!(
        take(&mut r, &other[1]),
        Err(FragmentError::Differs { offset: 30, at: 30 })
    ));
    let longer = fragment(&bundle(&[1; 101]), 40).unwrap();
    assert!(matches!(
        take(&mut r, &longer[1]),
        Err(FragmentError::Total {
            found: 101,
            expected: 100
        })
    ));
    take(&mut r, &cut[2]).unwrap();
    assert_eq!(take(&mut r, &cut[1]).unwrap(), Outcome::Whole(whole));
    assert_eq!(take(&mut r, &cut[1]).unwrap(), Outcome::Known);
    let mut small = Reassembler::new(1_000, 50);
    assert!(matches!(
        take(&mut small, &cut[0]),
        Err(FragmentError::TooLarge {
            total: 100,
            limit: 50
        })
    ));
}

#[test]
fn memory_is_bounded_and_the_oldest_set_goes_first() {
    let mut r = Reassembler::new(600, 10_000);
    let wholes: Vec<Bytes> = (0..5)
        .map(|i| {
            let (_, data) = Builder::new("ipn:1.7".parse().unwrap(), "ipn:2.7".parse().unwrap())
                .with_payload(vec![i; 400].into())
                .build(CreationTimestamp::from_parts(None, u64::from(i)))
                .unwrap();
            data.into()
        })
        .collect();
    for whole in &wholes {
        take(&mut r, &fragment(whole, 350).unwrap()[1]).unwrap();
        take(&mut r, &fragment(whole, 60).unwrap()[0]).unwrap();
        assert!(r.held_bytes() <= 600, "{}", r.held_bytes());
    }
    assert!(r.begun() < 5);
    for piece in &fragment(&wholes[4], 200).unwrap() {
        if let Outcome::Whole(data) = take(&mut r, piece).unwrap() {
            assert_eq!(data, wholes[4]);
            return;
        }
    }
    panic!("the newest set was kept");
}

#[test]
fn sets_whose_time_is_over_go() {
    let mut r = reassembler();
    let cut = fragment(&bundle(&[1; 100]), 40).unwrap();
    let soon = Timestamp::from_second(10).unwrap();
    r.take(&parsed(&cut[0]), &cut[0], soon, NOW).unwrap();
    assert_eq!(r.begun(), 1);
    let other = fragment(&bundle(&[3; 101]), 90).unwrap();
    r.take(&parsed(&other[0]), &other[0], LATER, soon).unwrap();
    assert_eq!(r.begun(), 1, "the first is over, the second begun");
}
