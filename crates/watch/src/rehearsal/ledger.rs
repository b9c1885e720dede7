//! Who holds what: every byte observed is on its way, at home, or lost, and never twice.

use super::carry::Piece;
use super::world::World;
use corridor_transmit::bundle::gate::queue::ItemId;
use corridor_transmit::bundle::unplugged::Held;
use std::collections::BTreeMap;

/// Number of a bundle.
pub(super) type BundleId = u64;

/// Where a bundle can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// On board of a satellite that observes.
    Craft(u32),
    /// At a station or on board of a relay.
    Post(u32),
    /// At the node.
    Home,
}

/// What a step goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Link {
    /// A window of the world.
    Window(u32),
    /// The line of a station to the node.
    Line(u32),
}

/// One crossing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) link: Link,
    pub(super) to: Place,
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    pub(super) arrival_s: f64,
}

/// Some of the data of one observation.
#[derive(Debug, Clone)]
pub(super) struct Bundle {
    pub(super) look: u32,
    /// Which bundle of it this is, or is a fragment of.
    pub(super) part: u32,
    /// Its number among all of the observation that were made.
    pub(super) piece: u32,
    /// The bundle itself, in its holder's store.
    pub(super) held: Held,
    /// Bytes that it stands for.
    pub(super) size_bytes: u64,
    /// Who has it: the sender until the receiver has stored it whole.
    pub(super) holder: Place,
    /// Since when.
    pub(super) since_s: f64,
    /// From when it can leave.
    pub(super) free_s: f64,
    /// Its place in its holder's queue.
    pub(super) item: Option<ItemId>,
    /// The crossing that is under way.
    pub(super) crossing: Option<Step>,
    /// Counts the crossings: what was said of an earlier one is void.
    pub(super) turn: u32,
    /// When its first byte left the satellite, on the crossing that succeeded.
    pub(super) left_s: f64,
}

/// Bytes by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Bytes {
    /// Taken by satellites.
    pub observed: u64,
    /// At the node.
    pub delivered: u64,
    /// Still on board or at a station.
    pub stored: u64,
    /// Lost with a satellite.
    pub lost: u64,
}

/// All bundles under way, and the sums.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) bundles: BTreeMap<BundleId, Bundle>,
    last: BundleId,
    pub(super) bytes: Bytes,
    /// Bytes held over time, byte s, added up as they change; and by each bundle's stay.
    held_s: f64,
    stays_s: f64,
    at_s: f64,
    held_bytes: u64,
    /// Most bytes held at once.
    pub(super) peak_bytes: u64,
    /// Bytes on board by satellite, and the most at once.
    pub(super) on_board: Vec<u64>,
    pub(super) on_board_peak: Vec<u64>,
}

impl Ledger {
    pub(super) fn new(world: &World) -> Self {
        Self {
            on_board: vec![0; world.crafts.len()],
            on_board_peak: vec![0; world.crafts.len()],
            ..Self::default()
        }
    }

    /// Lets time pass.
    fn pass_to(&mut self, now_s: f64) {
        self.held_s += self.held_bytes as f64 * (now_s - self.at_s).max(0.0);
        self.at_s = self.at_s.max(now_s);
    }

    /// Takes what a satellite observed.
    pub(super) fn observe(
        &mut self,
        now_s: f64,
        craft: u32,
        which: (u32, u32),
        piece: Piece,
        free_s: f64,
    ) -> BundleId {
        self.bytes.observed += piece.size_bytes;
        self.hold(now_s, craft, which, piece, free_s)
    }

    /// Takes back what was delivered and is of no use: its satellite has to send it again.
    pub(super) fn recall(
        &mut self,
        now_s: f64,
        craft: u32,
        which: (u32, u32),
        piece: Piece,
    ) -> BundleId {
        self.bytes.delivered -= piece.size_bytes;
        self.hold(now_s, craft, which, piece, now_s)
    }

    fn hold(
        &mut self,
        now_s: f64,
        craft: u32,
        (look, number): (u32, u32),
        piece: Piece,
        free_s: f64,
    ) -> BundleId {
        let Piece {
            held,
            part,
            size_bytes,
        } = piece;
        self.pass_to(now_s);
        self.bytes.stored += size_bytes;
        self.held_bytes += size_bytes;
        self.peak_bytes = self.peak_bytes.max(self.held_bytes);
        let on_board = &mut self.on_board[craft as usize];
        *on_board += size_bytes;
        let peak = &mut self.on_board_peak[craft as usize];
        *peak = (*peak).max(*on_board);
        self.add(Bundle {
            look,
            part,
            piece: number,
            held,
            size_bytes,
            holder: Place::Craft(craft),
            since_s: now_s,
            free_s,
            item: None,
            crossing: None,
            turn: 0,
            left_s: f64::NAN,
        })
    }

    fn add(&mut self, bundle: Bundle) -> BundleId {
        self.last += 1;
        self.bundles.insert(self.last, bundle);
        self.last
    }

    /// A bundle is stored by the next holder, as `held`; gives it where it is at home with that.
    pub(super) fn hand_over(
        &mut self,
        now_s: f64,
        id: BundleId,
        to: Place,
        held: Option<Held>,
    ) -> Option<Bundle> {
        self.pass_to(now_s);
        let bundle = self.bundles.get_mut(&id)?;
        self.stays_s += bundle.size_bytes as f64 * (now_s - bundle.since_s);
        if let Place::Craft(craft) = bundle.holder {
            self.on_board[craft as usize] -= bundle.size_bytes;
        }
        if let Some(held) = held {
            bundle.held = held;
        }
        bundle.holder = to;
        bundle.since_s = now_s;
        bundle.free_s = now_s;
        (bundle.item, bundle.crossing) = (None, None);
        if to != Place::Home {
            return None;
        }
        let bundle = self.bundles.remove(&id)?;
        self.held_bytes -= bundle.size_bytes;
        self.bytes.stored -= bundle.size_bytes;
        self.bytes.delivered += bundle.size_bytes;
        Some(bundle)
    }

    /// A bundle is gone with who held it.
    pub(super) fn lose(&mut self, now_s: f64, id: BundleId) -> Option<Bundle> {
        self.pass_to(now_s);
        let bundle = self.bundles.remove(&id)?;
        self.stays_s += bundle.size_bytes as f64 * (now_s - bundle.since_s);
        if let Place::Craft(craft) = bundle.holder {
            self.on_board[craft as usize] -= bundle.size_bytes;
        }
        self.held_bytes -= bundle.size_bytes;
        self.bytes.stored -= bundle.size_bytes;
        self.bytes.lost += bundle.size_bytes;
        Some(bundle)
    }

    /// Bytes held over time up to `now_s`, byte s: as they changed, and by each bundle's stay. Both are the
    /// same by Little's law.
    pub(super) fn little(&mut self, now_s: f64) -> (f64, f64) {
        self.pass_to(now_s);
        let open: f64 = self
            .bundles
            .values()
            .map(|b| b.size_bytes as f64 * (now_s - b.since_s))
            .sum();
        (self.held_s, self.stays_s + open)
    }

    /// Whether the sums are those of the bundles there are.
    pub(super) fn balanced(&self) -> bool {
        let held: u64 = self.bundles.values().map(|b| b.size_bytes).sum();
        let Bytes {
            observed,
            delivered,
            stored,
            lost,
        } = self.bytes;
        held == stored && held == self.held_bytes && observed == delivered + stored + lost
    }
}
