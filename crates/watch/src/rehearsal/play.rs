//! The play: events in order of time, and what each does.
//!
//! Stations are booked in rounds ([`super::booking`]); each round makes a contact plan of what was booked, which
//! every satellite, relay and station goes by on its own: the gate's queue of [`corridor_transmit::bundle::gate`]
//! routes and books each bundle, hands it out when its place begins, and plans it again when its contact
//! fails (`agents`). A bundle is its sender's until the receiver has stored it whole.

mod agents;
mod round;

use super::booking::{Booked, Desk, Passes};
use super::carry::{Carriers, Crossed, Observed, PIECES_MAX};
use super::event::{Event, Events, What};
use super::failure::{Cause, Failures};
use super::ledger::{Bundle, BundleId, Ledger, Link, Place};
use super::node::Node;
use super::record::Record;
use super::world::World;
use crate::error::WatchError;
use crate::settings::Settings;
use agents::Agent;
use corridor_transmit::bundle::secure::Keyring;
use corridor_transmit::delivery::GroundLink;
use corridor_transmit::plan::{ContactPlan, NodeIndex};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// How the play goes, by the node's settings.
struct Rules {
    desk: Desk,
    round_s: f64,
    rebook_s: f64,
    bundle_bytes: u64,
    fragment_bytes: u64,
    ground: GroundLink,
}

impl Rules {
    fn read(settings: &Settings) -> Result<Self, WatchError> {
        let bytes = |key: &str| settings.value(key).map(|gbit| (gbit * 1e9 / 8.0).max(1.0));
        let bundle_bytes = bytes("rehearsal.bundle_gbit")? as u64;
        let fragment_bytes = bytes("rehearsal.fragment_gbit")? as u64;
        if bundle_bytes.div_ceil(fragment_bytes) > PIECES_MAX {
            return Err(WatchError::Invalid(format!(
                "rehearsal.bundle_gbit is more than {PIECES_MAX} times rehearsal.fragment_gbit"
            )));
        }
        Ok(Self {
            desk: Desk::read(settings)?,
            round_s: (settings.value("rehearsal.round_h")? * 3_600.0).max(600.0),
            rebook_s: settings.value("rehearsal.rebook_s")?,
            bundle_bytes,
            fragment_bytes,
            ground: GroundLink {
                rate_bit_s: settings.value("station_to_node.rate_mbit_s")? * 1e6,
                fixed_delay_s: settings.value("station_to_node.delay_s")?,
            },
        })
    }
}

/// The contact plan of a round, what its contacts and nodes are, and who goes by it.
struct Plan {
    plan: ContactPlan,
    places: Vec<Place>,
    nodes: BTreeMap<Place, NodeIndex>,
    links: Vec<Link>,
    contacts: HashMap<Link, u32>,
    booked: Vec<Booked>,
    agents: BTreeMap<Place, Agent>,
    /// Contacts that failed, and when.
    failed: Vec<(u32, f64)>,
}

/// What a rehearsal that is under way holds.
pub(super) struct Player<'a> {
    world: &'a World,
    failures: &'a Failures,
    worth: &'a [u8],
    rules: Rules,
    passes: Passes,
    events: Events,
    plan: Option<Plan>,
    /// Counts the plans: what was said of an earlier one is void.
    turn: u32,
    round_at_s: Option<f64>,
    broken: BTreeSet<u32>,
    pub(super) ledger: Ledger,
    pub(super) carriers: Carriers,
    pub(super) node: Node,
    pub(super) record: Record,
}

impl<'a> Player<'a> {
    /// Ready to play. `worth` is that of each watch, 1 (last) to 5 (first); with keys bundles are signed and
    /// encrypted, and taken by the node only so.
    pub(super) fn new(
        world: &'a World,
        failures: &'a Failures,
        settings: &Settings,
        worth: &'a [u8],
        keys: Option<Arc<Keyring>>,
    ) -> Result<Self, WatchError> {
        let mut events = Events::default();
        for (number, look) in (0..).zip(&world.looks) {
            events.add(look.end_s, What::Look(number));
        }
        for (craft, lost_s) in (0..).zip(&failures.lost_s) {
            if let Some(lost_s) = lost_s {
                events.add(*lost_s, What::Lost(craft));
            }
            for spell in &failures.safe[craft as usize] {
                events.add(spell.start_s, What::Safe(craft));
                events.add(spell.end_s, What::Back(craft));
            }
        }
        for (post, spells) in (0..).zip(&failures.down) {
            for spell in spells {
                events.add(spell.start_s, What::Down(post));
            }
        }
        for (post, spells) in (0..).zip(&failures.line_down) {
            for spell in spells {
                events.add(spell.start_s, What::LineDown(post));
                events.add(spell.end_s, What::LineBack(post));
            }
        }
        events.add(0.0, What::Round);
        Ok(Self {
            world,
            failures,
            worth,
            rules: Rules::read(settings)?,
            passes: Passes::of(world),
            events,
            plan: None,
            turn: 0,
            round_at_s: Some(0.0),
            broken: BTreeSet::new(),
            ledger: Ledger::new(world),
            carriers: Carriers::new(world, keys)?,
            node: Node::new(settings.value("rehearsal.workers")?.max(1.0) as usize),
            record: Record::new(world),
        })
    }

    /// Plays to the end of the world. `progress` hears the simulated time, s.
    pub(super) fn play(&mut self, progress: &mut dyn FnMut(f64)) -> Result<(), WatchError> {
        let mut told_s = 0.0;
        while let Some(event) = self.events.next() {
            if event.at_s > self.world.end_s {
                break;
            }
            self.happen(event)?;
            debug_assert!(
                self.ledger.balanced(),
                "at {} s: {:?}",
                event.at_s,
                event.what
            );
            if event.at_s - told_s >= 3_600.0 {
                told_s = event.at_s;
                progress(told_s);
            }
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), WatchError> {
        let now_s = event.at_s;
        match event.what {
            What::Lost(craft) => self.lose(now_s, craft),
            What::Safe(craft) => {
                self.record.safe_modes += 1;
                let links = self.links_of(|w| !w.feeder && w.from == craft);
                self.break_off(now_s, &links)
            }
            What::Back(craft) => {
                if self.ledger.on_board[craft as usize] > 0 {
                    self.ask_round(now_s);
                }
                Ok(())
            }
            What::Down(post) => {
                self.record.posts[post as usize].outages += 1;
                let links = self.links_of(|w| w.post == post || w.feeder && w.from == post);
                self.break_off(now_s, &links)
            }
            What::LineDown(post) => {
                self.record.posts[post as usize].line_outages += 1;
                self.break_off(now_s, &[Link::Line(post)])
            }
            What::LineBack(_) => {
                if !self.ledger.bundles.is_empty() {
                    self.ask_round(now_s);
                }
                Ok(())
            }
            What::Break(window, turn) if turn == self.turn => {
                let whole = &self.world.windows[window as usize];
                let cause = self.cause(window);
                // A relay's link with the ground is always on: only what is under way on it is lost.
                let crossing = |b: &Bundle| {
                    let step = b.crossing.as_ref();
                    step.is_some_and(|s| s.link == Link::Window(window))
                };
                if !whole.feeder || self.ledger.bundles.values().any(crossing) {
                    let record = &mut self.record.posts[whole.post as usize];
                    match cause {
                        Some(Cause::Rain) => record.contacts_rained_off += 1,
                        _ => record.contacts_lost += 1,
                    }
                }
                self.broken.insert(window);
                self.break_off(now_s, &[Link::Window(window)])
            }
            What::Look(look) => self.look(now_s, look),
            What::Arrive(bundle, turn) => self.arrive(now_s, bundle, turn),
            What::Ready(bundle) => self.put_or_rebook(now_s, [bundle]),
            What::Wake(place, turn) if turn == self.turn => {
                self.serve(now_s, place);
                Ok(())
            }
            What::Done(look) => {
                self.record.looks[look as usize].processed_s = Some(now_s);
                self.node.end();
                self.start_runs(now_s);
                Ok(())
            }
            What::Round if self.round_at_s.is_some_and(|at_s| at_s <= now_s) => self.round(now_s),
            What::Break(..) | What::Round | What::Wake(..) => Ok(()),
        }
    }

    fn cause(&self, window: u32) -> Option<Cause> {
        let plan = self.plan.as_ref()?;
        let booked = plan.booked.iter().find(|b| b.window == window)?;
        let whole = &self.world.windows[window as usize];
        let found = self
            .failures
            .breaks(self.world, whole, (booked.data_s, booked.end_s));
        found.map(|(_, cause)| cause)
    }

    /// Windows of the present plan that meet a condition.
    fn links_of(&self, wanted: impl Fn(&super::world::Window) -> bool) -> Vec<Link> {
        let links = self.plan.iter().flat_map(|p| &p.links);
        links
            .copied()
            .filter(|link| match link {
                Link::Window(window) => wanted(&self.world.windows[*window as usize]),
                Link::Line(_) => false,
            })
            .collect()
    }

    /// Asks for the stations to be booked anew at a time.
    fn ask_round(&mut self, at_s: f64) {
        if self.round_at_s.is_none_or(|planned_s| at_s < planned_s) {
            self.round_at_s = Some(at_s);
            self.events.add(at_s, What::Round);
        }
    }

    fn look(&mut self, now_s: f64, number: u32) -> Result<(), WatchError> {
        let look = &self.world.looks[number as usize];
        let works = [look.start_s, look.end_s]
            .iter()
            .all(|t_s| self.failures.craft_works(look.craft, *t_s));
        if !works {
            self.record.looks[number as usize].missed = true;
            return Ok(());
        }
        let observed = self.observed(number);
        let pieces = self.carriers.observe(&observed, now_s)?;
        let record = &mut self.record.looks[number as usize];
        for piece in pieces {
            let which = (number, record.pieces);
            record.pieces += 1;
            let (craft, ready_s) = (look.craft, look.ready_s);
            let id = self.ledger.observe(now_s, craft, which, piece, ready_s);
            self.events.add(ready_s, What::Ready(id));
        }
        self.record.looks[number as usize].open_bytes = look.size_bytes;
        Ok(())
    }

    fn observed(&self, number: u32) -> Observed<'a> {
        let look = &self.world.looks[number as usize];
        Observed {
            number,
            look,
            satellite: &self.world.crafts[look.craft as usize].name,
            worth: self.worth[look.watch],
            bundle_bytes: self.rules.bundle_bytes,
            fragment_bytes: self.rules.fragment_bytes,
        }
    }

    fn arrive(&mut self, now_s: f64, id: BundleId, turn: u32) -> Result<(), WatchError> {
        let Some(bundle) = self.ledger.bundles.get_mut(&id).filter(|b| b.turn == turn) else {
            return Ok(());
        };
        let Some(step) = bundle.crossing else {
            return Ok(());
        };
        let (from, item, number) = (bundle.holder, bundle.item, bundle.look as usize);
        let look = &self.world.looks[number];
        let satellite = &self.world.crafts[look.craft as usize].name;
        let damage = self.failures.damage(satellite, look, (bundle.piece, turn));
        let ends = (from, step.to);
        let crossed = self.carriers.cross(&bundle.held, ends, damage, now_s)?;
        let (held, whole, opened) = match crossed {
            Crossed::Refused => return self.send_again(now_s, id),
            Crossed::Stored(held) => (Some(held), false, true),
            Crossed::Home { whole } => (None, whole, true),
            Crossed::Unopened => (None, false, false),
        };
        if matches!(from, Place::Craft(_)) {
            bundle.left_s = step.start_s;
        }
        let (size_bytes, left_s) = (bundle.size_bytes, bundle.left_s);
        self.sent(from, item);
        if let Link::Window(window) = step.link {
            self.record.carried(window, size_bytes, &step);
        }
        let record = &mut self.record.looks[number];
        let posts = &self.world.posts;
        if let Place::Post(post) = step.to
            && !posts[post as usize].relay
        {
            record.down_s = Some(now_s);
            record.left_s = Some(left_s);
            record.post = Some(post);
        }
        if let Some(bundle) = self.ledger.hand_over(now_s, id, step.to, held) {
            record.open_bytes -= bundle.size_bytes;
            // Its file is whole at the node: every part of it came, and its digest is the satellite's.
            if whole {
                record.home_s = Some(now_s);
                let worth = self.worth[look.watch];
                self.node.ask(bundle.look, worth);
                self.start_runs(now_s);
            }
            if !opened {
                return self.recall(now_s, bundle.look, bundle.part);
            }
            return Ok(());
        }
        self.put_or_rebook(now_s, [id])
    }

    /// A bundle was changed on its way and is of no use at the node: its satellite makes it anew, as one does that
    /// is not told that a part of its file was kept.
    fn recall(&mut self, now_s: f64, number: u32, part: u32) -> Result<(), WatchError> {
        let observed = self.observed(number);
        let craft = observed.look.craft;
        let pieces = self.carriers.again(&observed, part, now_s)?;
        let mut again = Vec::new();
        let record = &mut self.record.looks[number as usize];
        for piece in pieces {
            let which = (number, record.pieces);
            record.pieces += 1;
            record.open_bytes += piece.size_bytes;
            again.push(self.ledger.recall(now_s, craft, which, piece));
        }
        match self.failures.lost_s[craft as usize].is_some_and(|lost_s| lost_s <= now_s) {
            true => self.lose_bundles(now_s, &again),
            false => self.put_or_rebook(now_s, again),
        }
    }

    fn start_runs(&mut self, now_s: f64) {
        for number in self.node.start() {
            let look = &self.world.looks[number as usize];
            let craft = &self.world.crafts[look.craft as usize].name;
            let slowness = self.failures.slowness(craft, look.watch, look.ready_s);
            let record = &mut self.record.looks[number as usize];
            record.run_s = Some(now_s);
            record.slow = slowness > 1.0;
            self.events
                .add(now_s + look.processing_s * slowness, What::Done(number));
        }
    }

    /// A satellite is lost, and all it holds.
    fn lose(&mut self, now_s: f64, craft: u32) -> Result<(), WatchError> {
        self.record.satellites_lost += 1;
        let held = self
            .ledger
            .bundles
            .iter()
            .filter(|(_, b)| b.holder == Place::Craft(craft));
        let ids: Vec<BundleId> = held.map(|(id, _)| *id).collect();
        self.lose_bundles(now_s, &ids)?;
        if let Some(plan) = &mut self.plan {
            plan.agents.remove(&Place::Craft(craft));
        }
        let links = self.links_of(|w| !w.feeder && w.from == craft);
        self.break_off(now_s, &links)
    }
}

impl Player<'_> {
    fn lose_bundles(&mut self, now_s: f64, ids: &[BundleId]) -> Result<(), WatchError> {
        for id in ids {
            if let Some(bundle) = self.ledger.lose(now_s, *id) {
                self.carriers.lose(&bundle.held, bundle.holder)?;
                let record = &mut self.record.looks[bundle.look as usize];
                record.open_bytes -= bundle.size_bytes;
                record.lost = true;
            }
        }
        Ok(())
    }
}

fn routing(error: corridor_transmit::route::RouteError) -> WatchError {
    WatchError::internal("routing", error)
}
