//! The bundles themselves: real ones, through hardy's agents, without links ([`corridor_transmit::bundle::unplugged`]).
//!
//! An observation is a file. Each of its bundles is a part of that file, made by the satellite, cut into fragments,
//! signed and encrypted where there are keys; what crosses a link are its bytes, which the next place reads and stores,
//! and which the node puts together, checks, opens and keeps in its spool. An observation is at the node when its
//! file is whole there with the digest that the satellite gave it.
//!
//! A bundle stands for more bytes than it has: [`BODY_BYTES`] of file for `rehearsal.bundle_gbit` of data, whatever
//! that is, and the headers of a real part before them. Volumes, priorities and fragments go by the data that it
//! stands for; its n-th fragment stands for the n-th `rehearsal.fragment_gbit`.

use super::ledger::Place;
use super::world::{Look, World};
use crate::error::WatchError;
use corridor_orbit::window::offset;
use corridor_transmit::bundle::message::{
    FileHeader, Message, MessageError, PartHeader, sha256_hex,
};
use corridor_transmit::bundle::secure::Keyring;
use corridor_transmit::bundle::spool::{Spool, SpoolLimits};
use corridor_transmit::bundle::unplugged::{Held, Machine, Sending, Taken, Unplugged};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of file in a bundle: enough that no two look alike, so few that days of a constellation take seconds.
const BODY_BYTES: u32 = 256;

/// Most fragments of one bundle: each has more than a few bytes of the payload then.
pub(super) const PIECES_MAX: u64 = 16;

/// How long bundles may live: hardy's agents go by the machine's clock, and may be asked to rehearse what is long
/// over on it. What waits is the play's to count, not the agents' to delete.
const LIFETIME: Duration = Duration::from_secs(200 * 365 * 86_400);

/// Node numbers of satellites and of stations and relays, counted up from here; the node's own.
const CRAFTS: u32 = 1_000_000;
const POSTS: u32 = 2_000_000;
const HOME: u32 = 977_000;

/// What was done with bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Bundles {
    /// Made on board of satellites.
    pub made: u64,
    /// Fragments that they were cut into; whole ones count as one.
    pub fragments: u64,
    /// Taken by the next node.
    pub taken: u64,
    /// Changed on the way and refused: by the next node's reading, or by the node's check of what is protected. They
    /// are sent again.
    pub refused: u64,
    /// Files whole at the node, with the digest of their satellite.
    pub files: u64,
}

/// What became of a bundle at the end of its crossing.
#[derive(Debug)]
pub(super) enum Crossed {
    /// The next place has it.
    Stored(Held),
    /// It is at the node; whether an observation is whole there with it.
    Home { whole: bool },
    /// It came changed, and is its sender's still.
    Refused,
    /// It is at the node, and its bundle is none there: its protection says that it was changed somewhere on the way.
    Unopened,
}

/// An observation, and how it is cut.
pub(super) struct Observed<'a> {
    pub(super) number: u32,
    pub(super) look: &'a Look,
    pub(super) satellite: &'a str,
    /// Priority of its bundles.
    pub(super) worth: u8,
    /// Most bytes of data in a bundle, and in a fragment of one.
    pub(super) bundle_bytes: u64,
    pub(super) fragment_bytes: u64,
}

/// A bundle on board or a fragment of one, which bundle of its observation that is, and the bytes that it stands for.
pub(super) struct Piece {
    pub(super) held: Held,
    pub(super) part: u32,
    pub(super) size_bytes: u64,
}

/// All places that bundles pass.
pub(super) struct Carriers {
    machine: Arc<Machine>,
    keys: Option<Arc<Keyring>>,
    /// By place, made when they are first needed.
    nodes: BTreeMap<Place, Arc<Unplugged>>,
    home: Arc<Unplugged>,
    from: jiff::Timestamp,
    /// Whether any bundle was changed on its way so far.
    harmed: bool,
    pub(super) bundles: Bundles,
    /// The spool's, gone with this.
    _dir: tempfile::TempDir,
}

impl Carriers {
    pub(super) fn new(world: &World, keys: Option<Arc<Keyring>>) -> Result<Self, WatchError> {
        let wrong = |e: &dyn std::fmt::Display| WatchError::internal("receiving bundles", e);
        let dir = tempfile::tempdir().map_err(|e| wrong(&e))?;
        let limits = SpoolLimits {
            file_size_max_bytes: u64::MAX,
            spool_size_max_bytes: u64::MAX,
            open_max: usize::MAX,
        };
        let spool = Spool::open_unsynced(dir.path(), limits, world.from).map_err(|e| wrong(&e))?;
        let machine = Machine::new().map_err(|e| wrong(&e))?;
        let name = name_of(Place::Home);
        let home = Unplugged::receiving(&name, &[], &machine, keys.clone(), spool, world.from);
        Ok(Self {
            home: Arc::new(home.map_err(|e| wrong(&e))?),
            machine,
            keys,
            nodes: BTreeMap::new(),
            from: world.from,
            harmed: false,
            bundles: Bundles::default(),
            _dir: dir,
        })
    }

    fn node(&mut self, place: Place) -> Result<Arc<Unplugged>, WatchError> {
        if place == Place::Home {
            return Ok(self.home.clone());
        }
        if let Some(there) = self.nodes.get(&place) {
            return Ok(there.clone());
        }
        // Who only sends on has no keys: it need not read what it carries.
        let keys = match place {
            Place::Craft(_) => self.keys.clone(),
            Place::Post(_) | Place::Home => None,
        };
        let home = name_of(Place::Home);
        let node = Unplugged::new(&name_of(place), &[home.as_str()], &self.machine, keys);
        let node = Arc::new(node.map_err(carrying)?);
        self.nodes.insert(place, node.clone());
        Ok(node)
    }

    /// Makes the bundles of an observation on board of its satellite, in order.
    pub(super) fn observe(
        &mut self,
        observed: &Observed<'_>,
        now_s: f64,
    ) -> Result<Vec<Piece>, WatchError> {
        let content = content(observed);
        let file = described(observed, &content).map_err(describing)?;
        let mut pieces = Vec::new();
        for (body, part) in content.chunks(BODY_BYTES as usize).zip(0..) {
            pieces.extend(self.make(observed, (&file, part), body, now_s)?);
        }
        Ok(pieces)
    }

    /// Makes one bundle of an observation once more.
    pub(super) fn again(
        &mut self,
        observed: &Observed<'_>,
        part: u32,
        now_s: f64,
    ) -> Result<Vec<Piece>, WatchError> {
        let content = content(observed);
        let file = described(observed, &content).map_err(describing)?;
        let mut bodies = content.chunks(BODY_BYTES as usize);
        let body = bodies.nth(part as usize).unwrap_or_default();
        self.make(observed, (&file, part), body, now_s)
    }

    /// Makes one bundle, whole or in fragments.
    fn make(
        &mut self,
        observed: &Observed<'_>,
        (file, part): (&FileHeader, u32),
        body: &[u8],
        now_s: f64,
    ) -> Result<Vec<Piece>, WatchError> {
        let Observed {
            look,
            worth,
            bundle_bytes,
            fragment_bytes,
            ..
        } = *observed;
        let to = self.home.service().clone();
        let header = PartHeader {
            file: file.clone(),
            part,
            offset_bytes: u64::from(part) * u64::from(BODY_BYTES),
            sha256: sha256_hex(body),
        };
        let payload = Message::Part(header, body.to_vec().into());
        let payload = payload.encode().map_err(describing)?;
        let mut left_bytes = (look.size_bytes - u64::from(part) * bundle_bytes).min(bundle_bytes);
        let count = left_bytes.div_ceil(fragment_bytes);
        self.bundles.made += 1;
        self.bundles.fragments += count;
        let sending = Sending {
            created: offset(self.from, now_s),
            number: self.bundles.made,
            lifetime: LIFETIME,
            priority: worth,
            pieces: u32::try_from(count).unwrap_or(u32::MAX),
        };
        let node = self.node(Place::Craft(look.craft))?;
        let held = node.send(&to, &payload, &sending).map_err(carrying)?;
        if held.len() as u64 != count {
            let what = format!("{} fragments of {count}", held.len());
            return Err(WatchError::internal("cutting a bundle", what));
        }
        let stands_for = |held| {
            let size_bytes = left_bytes.min(fragment_bytes);
            left_bytes -= size_bytes;
            Piece {
                held,
                part,
                size_bytes,
            }
        };
        Ok(held.into_iter().map(stands_for).collect())
    }

    /// What the next place does with the bytes of a bundle that came over; `damage` is where a bit of them is changed
    /// on the way, as a share of their length.
    pub(super) fn cross(
        &mut self,
        held: &Held,
        (from, to): (Place, Place),
        damage: Option<f64>,
        now_s: f64,
    ) -> Result<Crossed, WatchError> {
        let now = offset(self.from, now_s);
        let (sender, receiver) = (self.node(from)?, self.node(to)?);
        self.harmed |= damage.is_some();
        let taken = sender.hand_over(held, &receiver, now, |data| match damage {
            None => data,
            Some(share) => {
                let mut changed = data.to_vec();
                let bit = (share * (changed.len() * 8) as f64) as usize;
                if let Some(byte) = changed.get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
                changed.into()
            }
        });
        let crossed = match taken.map_err(carrying)? {
            Taken::Refused { .. } if damage.is_some() => {
                self.bundles.refused += 1;
                return Ok(Crossed::Refused);
            }
            Taken::Refused { source, reason } => {
                let what = format!("a bundle of {source} was refused: {reason}");
                return Err(WatchError::internal("carrying bundles", what));
            }
            Taken::Unopened { source, reason } if self.harmed => {
                tracing::debug!(source, reason, "a bundle was not opened");
                self.bundles.refused += 1;
                Crossed::Unopened
            }
            Taken::Unopened { source, reason } => {
                let what = format!("a bundle of {source} was not opened: {reason}");
                return Err(WatchError::internal("carrying bundles", what));
            }
            Taken::Onward(held) => Crossed::Stored(held),
            Taken::Fragment if to != Place::Home => {
                let what = format!("a bundle was let go by {}", name_of(to));
                return Err(WatchError::internal("carrying bundles", what));
            }
            Taken::Fragment => Crossed::Home { whole: false },
            Taken::Here { answers, files } => {
                for _ in &files {
                    let transfer = answers.last().map(|a| a.transfer.as_str());
                    let accepted = self.home.accept(transfer.unwrap_or_default());
                    accepted.map_err(|e| WatchError::internal("keeping a file", e))?;
                    self.bundles.files += 1;
                }
                Crossed::Home {
                    whole: !files.is_empty(),
                }
            }
        };
        self.bundles.taken += 1;
        Ok(crossed)
    }

    /// Forgets a bundle that is gone with who held it.
    pub(super) fn lose(&mut self, held: &Held, holder: Place) -> Result<(), WatchError> {
        self.node(holder)?.forget(held).map_err(carrying)
    }
}

/// The node at a place.
fn name_of(place: Place) -> String {
    let number = match place {
        Place::Craft(craft) => CRAFTS + craft,
        Place::Post(post) => POSTS + post,
        Place::Home => HOME,
    };
    format!("ipn:{number}.0")
}

/// What stands for the data of an observation: [`BODY_BYTES`] for each full bundle, a share of it for the last.
fn content(observed: &Observed<'_>) -> Vec<u8> {
    let (size_bytes, bundle_bytes) = (observed.look.size_bytes, observed.bundle_bytes);
    let body_bytes = u64::from(BODY_BYTES);
    let rest_bytes = size_bytes % bundle_bytes;
    let rest = (rest_bytes as f64 * f64::from(BODY_BYTES) / bundle_bytes as f64).ceil() as u64;
    let length = size_bytes / bundle_bytes * body_bytes + rest.min(body_bytes);
    let mut content = Vec::with_capacity(length as usize + 32);
    for block in 0_u64.. {
        if content.len() as u64 >= length {
            break;
        }
        let mut digest = Sha256::new();
        digest.update(observed.number.to_be_bytes());
        digest.update(block.to_be_bytes());
        content.extend_from_slice(&digest.finalize());
    }
    content.truncate(length as usize);
    content
}

fn described(observed: &Observed<'_>, content: &[u8]) -> Result<FileHeader, MessageError> {
    let metadata = serde_json::json!({
        "satellite": observed.satellite,
        "size_bytes": observed.look.size_bytes,
    });
    FileHeader::new(
        &format!("observation-{}", observed.number),
        "application/octet-stream",
        content.len() as u64,
        &sha256_hex(content),
        BODY_BYTES,
        &metadata.to_string(),
    )
}

fn carrying(error: corridor_transmit::bundle::receiver::AgentError) -> WatchError {
    WatchError::internal("carrying bundles", error)
}

fn describing(error: MessageError) -> WatchError {
    WatchError::internal("describing an observation", error)
}
