//! Contacts gate forwarding: a contact plan between hardy's routing and its links.
//!
//! hardy installs a route for a peer for as long as there is a session, and forwards at once. Here its routing
//! table knows one peer instead, the plan, which every node of the plan is behind. What hardy forwards to it
//! comes to `Gate` as to any egress controller: each bundle is routed and booked on the plan by itself
//! ([`queue`]), waits for its place, and is handed to the link of that neighbour (an egress queue each) when
//! the place begins. A link whose contact ends is cut (`super::link`).

mod contacts;
pub mod queue;

pub use contacts::{Contacts, FAILS_AFTER, GateError};

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use hardy_bpa::{
    bundle::Bundle,
    policy::{EgressController, EgressPolicy, EgressQueue},
};
use hardy_bpv7::{
    bundle::Id,
    eid::{Eid, NodeId},
};
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, task::JoinHandle};

use super::store::Gated;
use crate::{clock::Clock, plan::NodeIndex};
use contacts::node_named;
use queue::{ItemId, PlanQueue, Shipment, Standing};

/// Pause before a link that did not come about, or broke off, is tried again while its contact is on.
const RETRY: Duration = Duration::from_millis(200);

/// What hardy adds to a bundle that it forwards, bytes: the previous node and a longer hop count.
const FORWARDING_BYTES: usize = 64;

/// What the link said of a bundle handed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// It is at the other end.
    Sent,
    /// It is not.
    Failed,
    /// The contact ended while it was under way.
    Cut,
}

/// The neighbours of a node, in the order of the link's queues.
#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) name: String,
    pub(super) place: NodeIndex,
    pub(super) node: NodeId,
    pub(super) address: Option<SocketAddr>,
    wake: Notify,
    /// What became of the bundle in the link's hands, and until when that had to be.
    slot: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    ends: Option<Timestamp>,
    handed: Option<Handed>,
}

struct Waiting {
    queue: PlanQueue<Bundle>,
    bytes: usize,
}

/// The gate of one node.
pub(super) struct Gate {
    clock: Arc<dyn Clock>,
    epoch: Timestamp,
    own: NodeIndex,
    places: HashMap<NodeId, NodeIndex>,
    neighbours: Vec<Neighbour>,
    waiting: Mutex<Waiting>,
    gated: Gated,
    changed: Notify,
    fails_after: Duration,
    queues: OnceLock<HashMap<Option<u32>, Arc<dyn EgressQueue>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Gate {
    pub(super) fn new(
        contacts: Contacts,
        own: &NodeId,
        clock: Arc<dyn Clock>,
        gated: Gated,
    ) -> Result<Arc<Self>, GateError> {
        let mut places: HashMap<NodeId, NodeIndex> = HashMap::new();
        let plan = &contacts.plan;
        for (name, place) in plan.nodes.iter().zip(0..) {
            let Some(node) = node_named(name) else {
                continue; // a node that no bundle can be for; it may still be passed
            };
            if let Some(first) = places.insert(node, place) {
                return Err(GateError::Twice {
                    first: plan.name(first).into(),
                    second: name.clone(),
                });
            }
        }
        let own_place = *places.get(own).ok_or_else(|| {
            let known: Vec<&str> = plan.nodes.iter().take(8).map(String::as_str).collect();
            GateError::Own {
                node: own.to_string(),
                known: known.join(", "),
            }
        })?;
        let mut addresses = BTreeMap::new();
        for (name, address) in &contacts.neighbours {
            let place = node_named(name).and_then(|node| places.get(&node).copied());
            let place = place.ok_or_else(|| GateError::Neighbour { name: name.clone() })?;
            addresses.insert(place, *address);
        }
        let names: BTreeMap<NodeIndex, &NodeId> = places.iter().map(|(n, p)| (*p, n)).collect();
        let mut seen = HashSet::new();
        let mut neighbours = Vec::new();
        for contact in plan.contacts.iter().filter(|c| c.from == own_place) {
            if let (true, Some(node)) = (seen.insert(contact.to), names.get(&contact.to)) {
                neighbours.push(Neighbour {
                    name: plan.name(contact.to).into(),
                    place: contact.to,
                    node: (*node).clone(),
                    address: addresses.get(&contact.to).copied(),
                    wake: Notify::new(),
                    slot: Mutex::default(),
                });
            }
        }
        let epoch = plan.epoch.unwrap_or(Timestamp::UNIX_EPOCH);
        let queue = PlanQueue::new(contacts.plan, own_place, contacts.margin)?;
        places.remove(own);
        Ok(Arc::new(Self {
            clock,
            epoch,
            own: own_place,
            places,
            neighbours,
            waiting: Mutex::new(Waiting { queue, bytes: 0 }),
            gated,
            changed: Notify::new(),
            fails_after: contacts.fails_after,
            queues: OnceLock::new(),
            tasks: Mutex::default(),
        }))
    }

    /// The other nodes of the plan: what hardy may forward to.
    pub(super) fn nodes(&self) -> Vec<NodeId> {
        self.places.keys().cloned().collect()
    }

    pub(super) fn neighbours(&self) -> &[Neighbour] {
        &self.neighbours
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn now_s(&self) -> f64 {
        self.clock.now().duration_since(self.epoch).as_secs_f64()
    }

    fn instant(&self, at_s: f64) -> Timestamp {
        SignedDuration::try_from_secs_f64(at_s)
            .ok()
            .and_then(|since| self.epoch.checked_add(since).ok())
            .unwrap_or(Timestamp::MAX)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // A panic elsewhere leaves a queue that is whole: its functions change it in steps that each are.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when what is now in the link's hands must be through.
    pub(super) fn ends(&self, neighbour: usize) -> Option<Timestamp> {
        self.slot(neighbour)?.ends
    }

    /// What became of it.
    pub(super) fn note(&self, neighbour: usize, handed: Handed) {
        if let Some(mut slot) = self.slot(neighbour) {
            slot.handed = Some(handed);
        }
    }

    fn slot(&self, neighbour: usize) -> Option<MutexGuard<'_, Slot>> {
        let slot = &self.neighbours.get(neighbour)?.slot;
        Some(slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A neighbour opened a session: a contact with it that counted as failed came about after all.
    pub(super) fn came_about(&self, neighbour: usize) {
        let Some(neighbour) = self.neighbours.get(neighbour) else {
            return;
        };
        match self.next_probe(neighbour) {
            Some(contact) => self.restore(neighbour, contact),
            None => neighbour.wake.notify_one(),
        }
    }

    fn restore(&self, neighbour: &Neighbour, contact: u32) {
        tracing::info!(to = neighbour.name, "a contact came about after all");
        let now_s = self.now_s();
        self.waiting().queue.restore(contact, now_s);
        self.wake_all();
    }

    fn wake_all(&self) {
        for neighbour in &self.neighbours {
            neighbour.wake.notify_one();
        }
    }

    /// Whether a contact with a neighbour is on, either way: what comes back needs the session as well.
    pub(super) fn is_on(&self, neighbour: usize) -> bool {
        let (own, now_s) = (self.own, self.now_s());
        let waiting = self.waiting();
        let on = |from, to| waiting.queue.open_contact(from, to, now_s).is_some();
        let place = self.neighbours.get(neighbour).map(|n| n.place);
        place.is_some_and(|there| on(own, there) || on(there, own))
    }

    /// Waits until less than `bytes` wait here.
    pub(super) async fn room(&self, bytes: usize) {
        loop {
            let changed = self.changed.notified();
            if self.waiting().bytes < bytes {
                return;
            }
            changed.await;
        }
    }

    /// When an answer to what was sent to a node can be here, by the plan: after all that waits for that node
    /// is there. `None` where the plan has no way there or back.
    pub(super) fn answer_by(&self, node: &Eid, answer_bytes: usize) -> Option<Timestamp> {
        let to = *self.places.get(&node.to_node_id().ok()?)?;
        let mut waiting = self.waiting();
        let now_s = self.now_s();
        // What hardy has not handed over yet goes after what is booked.
        let booked_s = waiting.queue.last_arrival_s(to).unwrap_or(now_s);
        let next_s = waiting.queue.arrival_s(self.own, to, 1.0, now_s);
        let there_s = next_s.unwrap_or(now_s).max(booked_s);
        let bytes = answer_bytes as f64;
        let back_s = waiting.queue.arrival_s(to, self.own, bytes, there_s)?;
        Some(self.instant(back_s))
    }

    /// Whether the plan has a way to a node from now on. A contact that is on and failed may come about after
    /// all.
    pub(super) fn has_way(&self, node: &Eid) -> bool {
        let place = node
            .to_node_id()
            .ok()
            .and_then(|n| self.places.get(&n).copied());
        let now_s = self.now_s();
        let mut waiting = self.waiting();
        place.is_some_and(|to| {
            let queue = &mut waiting.queue;
            queue.arrival_s(self.own, to, 1.0, now_s).is_some()
                || queue.failed().any(|(_, end_s)| end_s > now_s)
        })
    }

    pub(super) fn standing(&self) -> Standing {
        self.waiting().queue.standing()
    }

    pub(super) fn stop(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        for task in tasks.drain(..) {
            task.abort();
        }
    }

    /// Takes a bundle from hardy.
    fn take(&self, bundle: Bundle) {
        let id = bundle.bundle.id.clone();
        let destination = bundle.bundle.destination.to_node_id().ok();
        let Some(to) = destination.and_then(|n| self.places.get(&n).copied()) else {
            tracing::warn!(bundle = %id, "a bundle for a node that is not in the contact plan");
            return;
        };
        let new = self.gated().insert(id.clone());
        if !new {
            return;
        }
        let now_s = self.now_s();
        let left_s = unix_s(bundle.expiry()) - Timestamp::now().as_duration().as_secs_f64();
        let size_bytes = size_of(&bundle);
        let shipment = Shipment {
            to,
            size_bytes: size_bytes as f64,
            priority: priority_of_label(bundle.metadata.writable.flow_label),
            expires_s: now_s + left_s,
        };
        let mut waiting = self.waiting();
        let expired = waiting.queue.take_expired(now_s);
        let inserted = waiting.queue.insert(bundle, shipment, now_s);
        waiting.bytes += if inserted.is_ok() { size_bytes } else { 0 };
        self.forget(&mut waiting, expired);
        drop(waiting);
        if let Err(error) = inserted {
            tracing::warn!(bundle = %id, %error, "a bundle that cannot be planned");
            self.gated().remove(&id);
            return;
        }
        // It may have taken the place of another, to whichever neighbour.
        self.wake_all();
    }

    fn gated(&self) -> MutexGuard<'_, HashSet<Id>> {
        self.gated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, waiting: &mut Waiting, bundles: impl IntoIterator<Item = Bundle>) {
        let mut gone = false;
        for bundle in bundles {
            waiting.bytes = waiting.bytes.saturating_sub(size_of(&bundle));
            self.gated().remove(&bundle.bundle.id);
            gone = true;
        }
        if gone {
            self.changed.notify_waiters();
        }
    }

    /// Hands out to one neighbour what is due, for ever.
    async fn serve(self: Arc<Self>, index: usize, link: Arc<dyn EgressQueue>) {
        let Some(neighbour) = self.neighbours.get(index) else {
            return;
        };
        let mut failing: Option<tokio::time::Instant> = None;
        loop {
            let woken = neighbour.wake.notified();
            let (due, wake_s) = {
                let mut waiting = self.waiting();
                let now_s = self.now_s();
                let due = waiting.queue.due(neighbour.place, now_s);
                let due = due.and_then(|d| Some((d, waiting.queue.get(d.id)?.clone())));
                (due, waiting.queue.wake_s(neighbour.place))
            };
            let Some((due, bundle)) = due else {
                let failed = self.next_probe(neighbour);
                tokio::select! {
                    () = woken => {}
                    () = self.clock.sleep_until(wake_s.map_or(Timestamp::MAX, |s| self.instant(s))) => {}
                    () = tokio::time::sleep(RETRY), if failed.is_some() => {
                        self.probe(neighbour, failed).await;
                    }
                }
                continue;
            };
            if let Some(mut slot) = self.slot(index) {
                *slot = Slot {
                    ends: Some(self.instant(due.end_s)),
                    handed: None,
                };
            }
            link.forward(bundle).await;
            let handed = self.slot(index).and_then(|slot| slot.handed);
            match handed {
                Some(Handed::Sent) => {
                    failing = None;
                    let mut waiting = self.waiting();
                    let sent = waiting.queue.sent(due.id);
                    self.forget(&mut waiting, sent);
                }
                // Dropped by hardy before the link saw it: its lifetime was over or its bytes are gone.
                None => self.give_up(due.id),
                Some(Handed::Cut) => {
                    tracing::info!(
                        to = neighbour.name,
                        "a contact ended with a bundle under way"
                    );
                    let now_s = self.now_s();
                    self.waiting().queue.held(due.id, now_s);
                }
                Some(Handed::Failed) => {
                    let since = *failing.get_or_insert_with(tokio::time::Instant::now);
                    let now_s = self.now_s();
                    {
                        let mut waiting = self.waiting();
                        if since.elapsed() >= self.fails_after {
                            tracing::warn!(to = neighbour.name, "a contact does not come about");
                            waiting.queue.fail(due.contact, now_s);
                            failing = None;
                        }
                        waiting.queue.held(due.id, now_s);
                    }
                    self.wake_all();
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    fn give_up(&self, id: ItemId) {
        let now_s = self.now_s();
        let mut waiting = self.waiting();
        let gone = waiting.queue.remove(id, now_s);
        self.forget(&mut waiting, gone);
    }

    /// The contact with a neighbour that is on and counts as failed.
    fn next_probe(&self, neighbour: &Neighbour) -> Option<u32> {
        let waiting = self.waiting();
        let (contact, _) = waiting
            .queue
            .open_contact(self.own, neighbour.place, self.now_s())?;
        let mut failed = waiting.queue.failed();
        failed.any(|(c, _)| c == contact).then_some(contact)
    }

    /// Looks whether a failed contact came about after all.
    async fn probe(&self, neighbour: &Neighbour, contact: Option<u32>) {
        let (Some(contact), Some(address)) = (contact, neighbour.address) else {
            return;
        };
        let connect = tokio::net::TcpStream::connect(address);
        if let Ok(Ok(_)) = tokio::time::timeout(RETRY, connect).await {
            self.restore(neighbour, contact);
        }
    }
}

/// The gate as hardy sees it.
pub(super) struct Policy(pub(super) Arc<Gate>);

struct Controller(Arc<Gate>);

#[async_trait]
impl EgressPolicy for Policy {
    fn queue_count(&self) -> u32 {
        0
    }

    fn classify(&self, _flow_label: Option<u32>) -> Option<u32> {
        None
    }

    async fn new_controller(
        &self,
        queues: HashMap<Option<u32>, Arc<dyn EgressQueue>>,
    ) -> Arc<dyn EgressController> {
        let gate = &self.0;
        let queues = gate.queues.get_or_init(|| queues);
        let mut tasks = gate.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.is_empty() {
            for index in 0..gate.neighbours.len() {
                let number = u32::try_from(index).ok();
                if let Some(link) = queues.get(&number) {
                    let serve = gate.clone().serve(index, link.clone());
                    tasks.push(tokio::spawn(serve));
                }
            }
        }
        Arc::new(Controller(gate.clone()))
    }
}

#[async_trait]
impl EgressController for Controller {
    async fn forward(&self, _queue: Option<u32>, bundle: Bundle) {
        self.0.take(bundle);
    }
}

/// The priority that the label says which hardy hands on with a bundle.
pub(super) fn priority_of_label(label: Option<u32>) -> u8 {
    u8::try_from(label.unwrap_or(0)).unwrap_or(u8::MAX - 1)
}

/// Bytes of a bundle on the link.
fn size_of(bundle: &Bundle) -> usize {
    let ends = bundle.bundle.blocks.values().map(|b| b.extent.end);
    ends.max().unwrap_or(0) + 1 + FORWARDING_BYTES
}

fn unix_s(t: time::OffsetDateTime) -> f64 {
    t.unix_timestamp() as f64 + f64::from(t.nanosecond()) * 1e-9
}
