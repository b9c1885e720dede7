//! What waits for its contact: bundles with their booked ways, no sockets and no clock.
//!
//! Each item is routed through the contact plan and booked on it as it comes, so that a contact never holds
//! more than its volume; an item of higher priority takes the place of lower ones, which are planned again.
//! An item may leave from the start of its place on its first contact until the last instant at which its last
//! byte still leaves in time; one that misses that is planned again.

use crate::plan::{ContactPlan, NodeIndex};
use crate::route::{BookingId, Hop, OwltMargin, Query, Route, RouteError, Router};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Slack at the end of a contact, s: a place that ends exactly with its contact is computed in floating point.
const END_SLACK_S: f64 = 1e-6;

/// Number of an item, counted up from 1.
pub type ItemId = u64;

/// A time that can be sorted; never a NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seconds(f64);

impl Eq for Seconds {}

impl PartialOrd for Seconds {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Seconds {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// What is known of an item beside itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shipment {
    /// Node it goes to.
    pub to: NodeIndex,
    /// Its bytes on the link.
    pub size_bytes: f64,
    /// Its priority; higher goes first.
    pub priority: u8,
    /// A way that arrives later is none, s on the plan's clock.
    pub expires_s: f64,
}

/// An item that may leave now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Due {
    /// Which.
    pub id: ItemId,
    /// Over which contact of the plan.
    pub contact: u32,
    /// When that contact ends, s.
    pub end_s: f64,
}

/// Where the waiting items stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// With a place on a contact.
    pub booked: usize,
    /// Without any way in the plan.
    pub without_way: usize,
    /// On the link now.
    pub leaving: usize,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    shipment: Shipment,
    place: Option<Place>,
    leaving: bool,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    booking: BookingId,
    /// Once it leaves: its booking on the contacts behind the first.
    onward: Option<BookingId>,
    hop: Hop,
}

/// The items that wait at one node.
#[derive(Debug)]
pub struct PlanQueue<T> {
    plan: ContactPlan,
    own: NodeIndex,
    margin: OwltMargin,
    router: Router,
    last: ItemId,
    entries: BTreeMap<ItemId, Entry<T>>,
    owners: BTreeMap<BookingId, ItemId>,
    /// Of each neighbour: items whose place has yet to begin, by its start.
    later: BTreeMap<NodeIndex, BTreeSet<(Seconds, ItemId)>>,
    /// Of each neighbour: items whose place has begun, by priority, start and age.
    ready: BTreeMap<NodeIndex, BTreeSet<(Reverse<u8>, Seconds, ItemId)>>,
    without_way: BTreeSet<ItemId>,
    /// Bookings of what has left, by arrival: they hold their places on later contacts until then.
    left: BTreeSet<(Seconds, BookingId)>,
    /// Contacts that failed, and since when.
    failed: BTreeMap<u32, f64>,
}

impl<T> PlanQueue<T> {
    /// An empty queue at node `own` of a plan.
    ///
    /// # Errors
    /// Where the plan has no such node or the margin is none.
    pub fn new(plan: ContactPlan, own: NodeIndex, margin: OwltMargin) -> Result<Self, RouteError> {
        let nodes = plan.nodes.len();
        if own as usize >= nodes {
            return Err(RouteError::Node { place: own, nodes });
        }
        Ok(Self {
            router: Router::new(&plan, margin)?,
            plan,
            own,
            margin,
            last: 0,
            entries: BTreeMap::new(),
            owners: BTreeMap::new(),
            later: BTreeMap::new(),
            ready: BTreeMap::new(),
            without_way: BTreeSet::new(),
            left: BTreeSet::new(),
            failed: BTreeMap::new(),
        })
    }

    /// The plan.
    pub fn plan(&self) -> &ContactPlan {
        &self.plan
    }

    /// Takes an item and books its way.
    ///
    /// # Errors
    /// Where the shipment names a node that is none or a figure that cannot be; nothing was taken.
    pub fn insert(
        &mut self,
        item: T,
        shipment: Shipment,
        now_s: f64,
    ) -> Result<ItemId, RouteError> {
        self.forget_arrived(now_s);
        // Asked before anything is taken, so that an error leaves the queue as it was.
        self.router.route(&query(self.own, &shipment, now_s))?;
        self.last += 1;
        let id = self.last;
        let entry = Entry {
            item,
            shipment,
            place: None,
            leaving: false,
        };
        self.entries.insert(id, entry);
        self.place(vec![id], now_s);
        Ok(id)
    }

    /// The item that should leave to a neighbour now: of those whose place has begun the one of highest
    /// priority. Items that can no longer leave in time are planned again. It counts as leaving until
    /// [`PlanQueue::sent`], [`PlanQueue::held`] or [`PlanQueue::remove`].
    pub fn due(&mut self, neighbour: NodeIndex, now_s: f64) -> Option<Due> {
        let later = self.later.entry(neighbour).or_default();
        let ready = self.ready.entry(neighbour).or_default();
        while let Some(&(start, id)) = later.first().filter(|(start, _)| start.0 <= now_s) {
            later.remove(&(start, id));
            if let Some(entry) = self.entries.get(&id) {
                ready.insert((Reverse(entry.shipment.priority), start, id));
            }
        }
        loop {
            let (_, _, id) = *self.ready.get(&neighbour)?.first()?;
            let entry = self.entries.get(&id)?;
            let hop = entry.place?.hop;
            let contact = self.plan.contacts.get(hop.contact as usize)?;
            let crossing_s = entry.shipment.size_bytes * 8.0 / contact.rate_bit_s;
            if now_s + crossing_s > contact.end_s + END_SLACK_S {
                self.unplace(id, now_s);
                self.place(vec![id], now_s);
                continue;
            }
            let due = Due {
                id,
                contact: hop.contact,
                end_s: contact.end_s,
            };
            self.unlist(id);
            self.hold_first_hop(id);
            return Some(due);
        }
    }

    /// When [`PlanQueue::due`] of a neighbour next has something to say, s; `None` while nothing waits for it.
    pub fn wake_s(&self, neighbour: NodeIndex) -> Option<f64> {
        let later = self.later.get(&neighbour)?;
        later.first().map(|(start, _)| start.0)
    }

    /// The item itself.
    pub fn get(&self, id: ItemId) -> Option<&T> {
        self.entries.get(&id).map(|entry| &entry.item)
    }

    /// It has left: its booking stays on the contacts behind until it is there.
    pub fn sent(&mut self, id: ItemId) -> Option<T> {
        self.unlist(id);
        let entry = self.entries.remove(&id)?;
        if let Some(place) = entry.place {
            self.owners.remove(&place.booking);
            for id in [Some(place.booking), place.onward].into_iter().flatten() {
                if let Some(booking) = self.router.booking(id) {
                    let arrival = Seconds(booking.route.arrival_s);
                    self.left.insert((arrival, id));
                }
            }
        }
        Some(entry.item)
    }

    /// It could not leave and waits again, planned anew.
    pub fn held(&mut self, id: ItemId, now_s: f64) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.leaving = false;
            self.unplace(id, now_s);
            self.place(vec![id], now_s);
        }
    }

    /// It is no longer wanted.
    pub fn remove(&mut self, id: ItemId, now_s: f64) -> Option<T> {
        self.unplace(id, now_s);
        self.without_way.remove(&id);
        let entry = self.entries.remove(&id)?;
        self.place_those_without(now_s);
        Some(entry.item)
    }

    /// A contact does not come about, or has broken off: all that was to leave over it is planned again
    /// without it.
    pub fn fail(&mut self, contact: u32, now_s: f64) {
        if self.failed.contains_key(&contact) {
            return;
        }
        let Ok(displaced) = self.router.fail(contact, now_s) else {
            return;
        };
        self.failed.insert(contact, now_s);
        let ids = self.lost(displaced.iter().map(|d| d.booking.id));
        self.place(ids, now_s);
    }

    /// Contacts that count as failed, with their ends.
    pub fn failed(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.failed.keys().filter_map(|&contact| {
            let end_s = self.plan.contacts.get(contact as usize)?.end_s;
            Some((contact, end_s))
        })
    }

    /// A failed contact came about after all: what waits is planned again with it.
    pub fn restore(&mut self, contact: u32, now_s: f64) {
        if self.failed.remove(&contact).is_none() {
            return;
        }
        let Ok(mut router) = Router::new(&self.plan, self.margin) else {
            return;
        };
        for (&failed, &since_s) in &self.failed {
            drop(router.fail(failed, since_s));
        }
        // What has left keeps its places; what waits is planned from here.
        let mut left = BTreeSet::new();
        for (arrival, id) in std::mem::take(&mut self.left) {
            let Some(b) = self.router.booking(id).filter(|_| arrival.0 > now_s) else {
                continue;
            };
            let shipment = Query {
                from: b.from,
                to: b.to,
                at_s: b.at_s,
                size_bytes: b.size_bytes,
                priority: b.priority,
                without: &b.without,
            };
            if let Ok((id, _)) = router.book(&shipment, b.route.clone()) {
                left.insert((arrival, id));
            }
        }
        self.left = left;
        self.router = router;
        self.owners.clear();
        self.later.clear();
        self.ready.clear();
        self.without_way.clear();
        let mut waiting = Vec::new();
        for (&id, entry) in &mut self.entries {
            // What is leaving goes on; its booking is gone, which the next one may notice as a short wait.
            entry.place = entry.place.filter(|_| entry.leaving);
            if !entry.leaving {
                waiting.push(id);
            }
        }
        self.place(waiting, now_s);
    }

    /// The contact from one node to another that is on, failed ones included, and its end.
    pub fn open_contact(&self, from: NodeIndex, to: NodeIndex, now_s: f64) -> Option<(u32, f64)> {
        let on = |c: &crate::plan::PlanContact| {
            c.from == from && c.to == to && c.start_s <= now_s && now_s < c.end_s
        };
        let index = self.plan.contacts.iter().position(on)?;
        let end_s = self.plan.contacts.get(index)?.end_s;
        Some((u32::try_from(index).ok()?, end_s))
    }

    /// When what leaves `from` at `at_s` is at `to` by the plan, nothing booked; `None` where there is no way.
    pub fn arrival_s(
        &mut self,
        from: NodeIndex,
        to: NodeIndex,
        size_bytes: f64,
        at_s: f64,
    ) -> Option<f64> {
        let query = Query {
            from,
            to,
            at_s,
            size_bytes,
            priority: crate::route::PRIORITY_MAX,
            without: &[],
        };
        self.router.route(&query).ok()?.map(|r| r.arrival_s)
    }

    /// The last arrival at a node of all that has been sent or waits for it, s.
    pub fn last_arrival_s(&self, to: NodeIndex) -> Option<f64> {
        let bookings = self.router.bookings().filter(|b| b.to == to);
        bookings.map(|b| b.route.arrival_s).max_by(f64::total_cmp)
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where the waiting items stand.
    pub fn standing(&self) -> Standing {
        let leaving = self.entries.values().filter(|e| e.leaving).count();
        Standing {
            booked: self.entries.len() - leaving - self.without_way.len(),
            without_way: self.without_way.len(),
            leaving,
        }
    }

    /// Items whose time is over; they are no longer in the queue.
    pub fn take_expired(&mut self, now_s: f64) -> Vec<T> {
        let over = |(_, e): &(&ItemId, &Entry<T>)| !e.leaving && e.shipment.expires_s <= now_s;
        let ids: Vec<ItemId> = self
            .entries
            .iter()
            .filter(over)
            .map(|(id, _)| *id)
            .collect();
        ids.into_iter()
            .filter_map(|id| self.remove(id, now_s))
            .collect()
    }

    /// Books ways for items that have none, those of high priority first, and then for those whose places
    /// they took.
    fn place(&mut self, ids: Vec<ItemId>, now_s: f64) {
        let mut queue: BTreeSet<(Reverse<u8>, ItemId)> = BTreeSet::new();
        let key = |entries: &BTreeMap<ItemId, Entry<T>>, id: ItemId| {
            let entry = entries.get(&id)?;
            Some((Reverse(entry.shipment.priority), id))
        };
        queue.extend(ids.into_iter().filter_map(|id| key(&self.entries, id)));
        while let Some((_, id)) = queue.pop_first() {
            let Some(shipment) = self.entries.get(&id).map(|e| e.shipment) else {
                continue;
            };
            let query = query(self.own, &shipment, now_s);
            let route = self.router.route(&query).ok().flatten();
            let in_time = route.filter(|r| r.arrival_s <= shipment.expires_s);
            let booked = in_time.and_then(|route| {
                let hop = *route.hops.first()?;
                let (booking, displaced) = self.router.book(&query, route).ok()?;
                let place = Place {
                    booking,
                    onward: None,
                    hop,
                };
                Some((place, displaced))
            });
            let Some((place, displaced)) = booked else {
                self.without_way.insert(id);
                continue;
            };
            self.without_way.remove(&id);
            self.owners.insert(place.booking, id);
            let start = Seconds(place.hop.start_s);
            self.later
                .entry(place.hop.to)
                .or_default()
                .insert((start, id));
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.place = Some(place);
            }
            let lost = self.lost(displaced.iter().map(|d| d.booking.id));
            queue.extend(lost.into_iter().filter_map(|id| key(&self.entries, id)));
        }
    }

    /// The waiting items among bookings that the router took apart; they are listed nowhere any more.
    fn lost(&mut self, bookings: impl Iterator<Item = BookingId>) -> Vec<ItemId> {
        let mut ids = Vec::new();
        for booking in bookings {
            let Some(id) = self.owners.remove(&booking) else {
                continue;
            };
            if self.entries.get(&id).is_some_and(|e| e.leaving) {
                continue;
            }
            self.unlist(id);
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.place = None;
            }
            ids.push(id);
        }
        ids
    }

    /// Gives the place of an item back.
    fn unplace(&mut self, id: ItemId, now_s: f64) {
        self.unlist(id);
        let place = self.entries.get_mut(&id).and_then(|e| e.place.take());
        if let Some(place) = place {
            self.owners.remove(&place.booking);
            drop(self.router.cancel(place.booking));
            if let Some(onward) = place.onward {
                drop(self.router.cancel(onward));
            }
        }
        self.forget_arrived(now_s);
    }

    /// Marks an item as leaving. Its place on the first contact is then taken whatever the priority of what
    /// comes next: a link that is busy is busy. Its places behind stay what they were.
    fn hold_first_hop(&mut self, id: ItemId) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.leaving = true;
        let shipment = entry.shipment;
        let Some(place) = entry.place.as_mut() else {
            return;
        };
        self.owners.remove(&place.booking);
        let Ok(booking) = self.router.cancel(place.booking) else {
            return;
        };
        let mut first = query(self.own, &shipment, booking.at_s);
        (first.to, first.priority) = (place.hop.to, crate::route::PRIORITY_MAX);
        let route = Route {
            arrival_s: place.hop.arrival_s,
            hops: vec![place.hop],
        };
        if let Ok((held, _)) = self.router.book(&first, route) {
            place.booking = held;
        }
        let hops: Vec<Hop> = booking.route.hops.iter().skip(1).copied().collect();
        if !hops.is_empty() {
            let mut behind = query(place.hop.to, &shipment, place.hop.arrival_s);
            behind.to = shipment.to;
            let route = Route {
                arrival_s: booking.route.arrival_s,
                hops,
            };
            place.onward = self.router.book(&behind, route).ok().map(|(id, _)| id);
        }
    }

    fn unlist(&mut self, id: ItemId) {
        let Some(entry) = self.entries.get(&id) else {
            return;
        };
        let Some(place) = entry.place else { return };
        let start = Seconds(place.hop.start_s);
        if let Some(later) = self.later.get_mut(&place.hop.to) {
            later.remove(&(start, id));
        }
        if let Some(ready) = self.ready.get_mut(&place.hop.to) {
            ready.remove(&(Reverse(entry.shipment.priority), start, id));
        }
    }

    fn place_those_without(&mut self, now_s: f64) {
        let ids: Vec<ItemId> = self.without_way.iter().copied().collect();
        self.place(ids, now_s);
    }

    fn forget_arrived(&mut self, now_s: f64) {
        while let Some(&(arrival, booking)) = self.left.first().filter(|(a, _)| a.0 < now_s) {
            self.left.remove(&(arrival, booking));
            drop(self.router.cancel(booking));
        }
    }
}

fn query(own: NodeIndex, shipment: &Shipment, now_s: f64) -> Query<'static> {
    Query {
        from: own,
        to: shipment.to,
        at_s: now_s,
        size_bytes: shipment.size_bytes,
        priority: shipment.priority,
        without: &[],
    }
}

#[cfg(test)]
mod tests;
