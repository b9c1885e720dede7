//! What is booked on the contacts, by whom, and what happens when a contact fails.

use super::{Hop, Query, Route, RouteError, Router};
use crate::plan::NodeIndex;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Number of a booking, counted up from 1.
pub type BookingId = u64;

/// A bundle's way with the time it holds on each contact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Booking {
    /// Its number.
    pub id: BookingId,
    /// Where it goes.
    pub to: NodeIndex,
    /// Its bytes.
    pub size_bytes: f64,
    /// Its priority.
    pub priority: u8,
    /// Nodes it may not pass.
    pub without: Vec<NodeIndex>,
    /// Where it starts.
    pub from: NodeIndex,
    /// From when, s.
    pub at_s: f64,
    /// Its way.
    pub route: Route,
}

/// A bundle that lost its way, and where it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Displaced {
    /// What it had.
    pub booking: Booking,
    /// The node that holds it.
    pub at: NodeIndex,
    /// From when it can go on, s.
    pub from_s: f64,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    start_s: f64,
    end_s: f64,
    priority: u8,
    booking: BookingId,
}

/// Time taken on contacts.
#[derive(Debug, Clone)]
pub(super) struct Book {
    /// One bit a contact: whether anything is booked on it.
    booked: Vec<u64>,
    slots: HashMap<u32, Vec<Slot>>,
    bookings: BTreeMap<BookingId, Booking>,
    last: BookingId,
}

impl Book {
    pub(super) fn new(contacts: usize) -> Self {
        Self {
            booked: vec![0; contacts.div_ceil(64)],
            slots: HashMap::new(),
            bookings: BTreeMap::new(),
            last: 0,
        }
    }

    #[inline]
    pub(super) fn is_booked(&self, contact: u32) -> bool {
        self.booked[contact as usize / 64] >> (contact % 64) & 1 == 1
    }

    /// The first instant from `t_s` at which the contact is free of bookings of this priority or a
    /// higher one for `duration_s` on end.
    pub(super) fn free_from(
        &self,
        contact: u32,
        mut t_s: f64,
        duration_s: f64,
        priority: u8,
    ) -> f64 {
        if duration_s <= 0.0 {
            return t_s;
        }
        for slot in self.slots.get(&contact).map_or(&[][..], Vec::as_slice) {
            if slot.priority < priority || slot.end_s <= t_s {
                continue;
            }
            if slot.start_s - t_s >= duration_s {
                break;
            }
            t_s = slot.end_s;
        }
        t_s
    }

    /// The last instant up to `t_s` from which the contact is free of bookings of this priority or a
    /// higher one for `duration_s` on end.
    pub(super) fn free_until(
        &self,
        contact: u32,
        mut t_s: f64,
        duration_s: f64,
        priority: u8,
    ) -> f64 {
        if duration_s <= 0.0 {
            return t_s;
        }
        let slots = self.slots.get(&contact).map_or(&[][..], Vec::as_slice);
        for slot in slots.iter().rev() {
            if slot.priority < priority || slot.start_s - t_s >= duration_s {
                continue;
            }
            if slot.end_s <= t_s {
                break;
            }
            t_s = slot.start_s - duration_s;
        }
        t_s
    }

    /// Takes the times of a route.
    pub(super) fn take(&mut self, booking: BookingId, priority: u8, hops: &[Hop]) {
        for hop in hops.iter().filter(|hop| hop.end_s > hop.start_s) {
            let slots = self.slots.entry(hop.contact).or_default();
            let slot = Slot {
                start_s: hop.start_s,
                end_s: hop.end_s,
                priority,
                booking,
            };
            let place = slots.partition_point(|s| s.start_s <= slot.start_s);
            slots.insert(place, slot);
            self.booked[hop.contact as usize / 64] |= 1 << (hop.contact % 64);
        }
    }

    /// Gives back what a booking holds from `from_s` on; what had started before stays, but on
    /// `failed`.
    pub(super) fn give_back(
        &mut self,
        booking: BookingId,
        hops: &[Hop],
        from_s: f64,
        failed: &[u32],
    ) {
        for hop in hops {
            let Some(slots) = self.slots.get_mut(&hop.contact) else {
                continue;
            };
            let failed = failed.contains(&hop.contact);
            slots.retain(|s| s.booking != booking || s.start_s < from_s && !failed);
            if slots.is_empty() {
                self.slots.remove(&hop.contact);
                self.booked[hop.contact as usize / 64] &= !(1 << (hop.contact % 64));
            }
        }
    }

    /// Bookings of lower priority whose time on a contact meets that of the hops.
    fn in_the_way(&self, hops: &[Hop], priority: u8) -> Vec<BookingId> {
        let mut found: Vec<BookingId> = hops
            .iter()
            .flat_map(|hop| {
                let slots = self.slots.get(&hop.contact).map_or(&[][..], Vec::as_slice);
                slots.iter().filter(move |s| {
                    s.priority < priority && s.start_s < hop.end_s && s.end_s > hop.start_s
                })
            })
            .map(|s| s.booking)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Router {
    /// Books a route that [`Router::route`] gave for this query, nothing having been booked since. What
    /// it takes from bundles of lower priority loses its way from the query's time on and is returned with
    /// the node that holds it then, to be planned again.
    ///
    /// # Errors
    /// As [`Router::route`].
    pub fn book(
        &mut self,
        query: &Query<'_>,
        route: Route,
    ) -> Result<(BookingId, Vec<Displaced>), RouteError> {
        self.check(query, &[query.to])?;
        // What they have done by the bundle's time is done; a crossing that this one breaks off is not.
        let contacts: Vec<u32> = route.hops.iter().map(|hop| hop.contact).collect();
        let displaced = self.book.in_the_way(&route.hops, query.priority);
        let displaced = displaced
            .into_iter()
            .filter_map(|id| self.displace(id, query.at_s, &contacts))
            .collect();
        self.book.last += 1;
        let id = self.book.last;
        self.book.take(id, query.priority, &route.hops);
        let booking = Booking {
            id,
            to: query.to,
            size_bytes: query.size_bytes,
            priority: query.priority,
            without: query.without.to_vec(),
            from: query.from,
            at_s: query.at_s,
            route,
        };
        self.book.bookings.insert(id, booking);
        Ok((id, displaced))
    }

    /// A booking by its number.
    pub fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.book.bookings.get(&id)
    }

    /// All bookings in order of their numbers.
    pub fn bookings(&self) -> impl Iterator<Item = &Booking> {
        self.book.bookings.values()
    }

    /// Gives a booking's time back.
    ///
    /// # Errors
    /// Where there is none of that number.
    pub fn cancel(&mut self, id: BookingId) -> Result<Booking, RouteError> {
        let booking = self
            .book
            .bookings
            .remove(&id)
            .ok_or(RouteError::Booking(id))?;
        self.book
            .give_back(id, &booking.route.hops, f64::NEG_INFINITY, &[]);
        Ok(booking)
    }

    /// Takes a contact out of the plan from `from_s` on. Bundles whose last byte over it would have left
    /// later lose their way; each is returned with the node that holds it and the time from which it
    /// can go on. Contacts that it is crossing at `from_s` are crossed to their end.
    ///
    /// # Errors
    /// Where the time is not a number or the plan has no such contact.
    pub fn fail(&mut self, contact: u32, from_s: f64) -> Result<Vec<Displaced>, RouteError> {
        if from_s.is_nan() || contact as usize >= self.graph.windows.len() {
            return Err(RouteError::Figure {
                field: "contact and time of failure",
                value: if from_s.is_nan() {
                    from_s
                } else {
                    f64::from(contact)
                },
                expected: "a contact of the plan and a time",
            });
        }
        self.graph.cut(contact, from_s);
        let slots = self.book.slots.get(&contact).map_or(&[][..], Vec::as_slice);
        let mut lost: Vec<BookingId> = slots
            .iter()
            .filter(|s| s.end_s > from_s)
            .map(|s| s.booking)
            .collect();
        lost.sort_unstable();
        lost.dedup();
        Ok(lost
            .into_iter()
            .filter_map(|id| self.displace(id, from_s, &[contact]))
            .collect())
    }

    /// Plans bundles that lost their way again, those of high priority first, and books what is found.
    /// One that takes another's time puts that in the queue. `None` where there is no way left.
    ///
    /// # Errors
    /// As [`Router::route`].
    pub fn replan(
        &mut self,
        displaced: Vec<Displaced>,
    ) -> Result<Vec<(Displaced, Option<BookingId>)>, RouteError> {
        let mut queue = displaced;
        let mut outcome = Vec::with_capacity(queue.len());
        while !queue.is_empty() {
            // High priority first, then the older; those displaced on the way are of lower priority still.
            queue.sort_by_key(|d| (d.booking.priority, std::cmp::Reverse(d.booking.id)));
            let Some(next) = queue.pop() else { break };
            let query = Query {
                from: next.at,
                to: next.booking.to,
                at_s: next.from_s,
                size_bytes: next.booking.size_bytes,
                priority: next.booking.priority,
                without: &next.booking.without,
            };
            let booked = match self.route(&query)? {
                None => None,
                Some(route) => {
                    let (id, more) = self.book(&query, route)?;
                    queue.extend(more);
                    Some(id)
                }
            };
            outcome.push((next, booked));
        }
        Ok(outcome)
    }

    /// Takes a booking apart at `from_s` and says where its bundle is.
    fn displace(&mut self, id: BookingId, from_s: f64, failed: &[u32]) -> Option<Displaced> {
        let booking = self.book.bookings.remove(&id)?;
        self.book.give_back(id, &booking.route.hops, from_s, failed);
        let (mut at, mut held_s) = (booking.from, booking.at_s);
        for hop in &booking.route.hops {
            if hop.start_s >= from_s || failed.contains(&hop.contact) && hop.end_s > from_s {
                break;
            }
            (at, held_s) = (hop.to, hop.arrival_s);
        }
        Some(Displaced {
            at,
            from_s: held_s.max(from_s),
            booking,
        })
    }
}
