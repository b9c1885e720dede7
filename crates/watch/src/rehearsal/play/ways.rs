//! The way of each bundle: found and booked by the router, and found again when it is lost.

use super::{Player, routing};
use crate::error::WatchError;
use crate::rehearsal::event::What;
use crate::rehearsal::ledger::{BundleId, Ledger, Link, Place, Step};
use crate::rehearsal::world::World;
use corridor_transmit::route::{BookingId, Displaced, Query};
use std::collections::{BTreeMap, BTreeSet};

impl Player<'_> {
    /// Takes contacts out of the plan from now on, and plans what lost its way again.
    pub(super) fn break_off(&mut self, now_s: f64, links: &[Link]) -> Result<(), WatchError> {
        let Some(plan) = &mut self.plan else {
            return Ok(());
        };
        let mut displaced = Vec::new();
        for link in links {
            if let Some(contact) = plan.contacts.get(link) {
                displaced.extend(plan.router.fail(*contact, now_s).map_err(routing)?);
            }
        }
        // The router knows the bundles with a booking; those between two plans are looked for here.
        let mut again = Vec::new();
        let owned: BTreeSet<BundleId> = displaced
            .iter()
            .filter_map(|d| plan.owner.get(&d.booking.id).copied())
            .collect();
        for (id, bundle) in &mut self.ledger.bundles {
            let hit = bundle
                .way
                .iter()
                .position(|s| links.contains(&s.link) && s.end_s > now_s);
            if let Some(hit) = hit.filter(|_| !owned.contains(id)) {
                let before = bundle.way[..hit].last();
                bundle.free_s = before.map_or(now_s, |s| s.arrival_s.max(now_s));
                bundle.way.truncate(hit);
                bundle.turn += 1;
                if let Some(next) = bundle.way.first() {
                    self.events
                        .add(next.arrival_s, What::Arrive(*id, bundle.turn));
                }
                again.push(*id);
            }
        }
        for id in &again {
            let booked: Vec<BookingId> = plan
                .owner
                .iter()
                .filter(|(_, bundle)| *bundle == id)
                .map(|(booking, _)| *booking)
                .collect();
            for booking in booked {
                plan.owner.remove(&booking);
                // Its time on what did not fail is free for others.
                let _ = plan.router.cancel(booking);
            }
        }
        let (displaced, gone): (Vec<Displaced>, Vec<Displaced>) =
            displaced.into_iter().partition(|d| {
                let id = plan.owner.get(&d.booking.id);
                id.is_some_and(|id| self.ledger.bundles.contains_key(id))
            });
        drop(gone);
        self.replan(now_s, displaced, again)
    }

    /// Bundles that lost their way get another over the same plan; where there is none, stations are booked
    /// anew as soon as that can be.
    fn replan(
        &mut self,
        now_s: f64,
        displaced: Vec<Displaced>,
        mut again: Vec<BundleId>,
    ) -> Result<(), WatchError> {
        let Some(plan) = &mut self.plan else {
            return Ok(());
        };
        let outcome = plan.router.replan(displaced).map_err(routing)?;
        // What was given a way may have lost it again to another further down: the last word counts.
        let mut ways: BTreeMap<BundleId, (Displaced, Option<BookingId>)> = BTreeMap::new();
        for (lost, booked) in outcome {
            let Some(id) = plan.owner.remove(&lost.booking.id) else {
                continue;
            };
            if let Some(booked) = booked {
                plan.owner.insert(booked, id);
            }
            let first = ways.remove(&id).map(|(first, _)| first);
            ways.insert(id, (first.unwrap_or(lost), booked));
        }
        let ids: Vec<(BundleId, Displaced, Option<BookingId>)> = ways
            .into_iter()
            .map(|(id, (lost, booked))| (id, lost, booked))
            .collect();
        for (id, lost, booked) in ids {
            self.cut_back(id, &lost);
            match booked {
                Some(booking) => self.follow(id, booking),
                None => again.push(id),
            }
        }
        self.place_or_rebook(now_s, again)
    }

    /// Ends a bundle's way where it lost it.
    fn cut_back(&mut self, id: BundleId, lost: &Displaced) {
        let at = self
            .plan
            .as_ref()
            .map_or(Place::Home, |p| p.places[lost.at as usize]);
        let Some(bundle) = self.ledger.bundles.get_mut(&id) else {
            return;
        };
        let kept = match bundle.holder == at {
            true => 0,
            false => bundle
                .way
                .iter()
                .position(|s| s.to == at)
                .map_or(0, |i| i + 1),
        };
        bundle.way.truncate(kept);
        bundle.free_s = lost.from_s;
        bundle.turn += 1;
        if let Some(next) = bundle.way.first() {
            self.events
                .add(next.arrival_s, What::Arrive(id, bundle.turn));
        }
    }

    /// Adds the steps of a booking to a bundle's way.
    fn follow(&mut self, id: BundleId, booking: BookingId) {
        let Some(plan) = &self.plan else { return };
        let Some(route) = plan.router.booking(booking).map(|b| &b.route) else {
            return;
        };
        let steps: Vec<Step> = route
            .hops
            .iter()
            .map(|hop| Step {
                link: plan.links[hop.contact as usize],
                to: plan.places[hop.to as usize],
                start_s: hop.start_s,
                end_s: hop.end_s,
                arrival_s: hop.arrival_s,
            })
            .collect();
        let Some(bundle) = self.ledger.bundles.get_mut(&id) else {
            return;
        };
        let waited = bundle.way.is_empty();
        bundle.way.extend(steps);
        if let Some(first) = bundle.way.first().filter(|_| waited) {
            self.events
                .add(first.arrival_s, What::Arrive(id, bundle.turn));
        }
    }

    /// Finds ways for bundles that have none from where they are or will be, and books them. Says whether
    /// all have one.
    pub(super) fn place_all(&mut self, now_s: f64, ids: Vec<BundleId>) -> Result<bool, WatchError> {
        let mut queue = ids;
        queue.sort_unstable();
        queue.dedup();
        let rank = |ledger: &Ledger, world: &World, worth: &[u8], id: BundleId| {
            let look = ledger.bundles.get(&id).map_or(0, |b| b.look);
            (
                worth[world.looks[look as usize].watch],
                std::cmp::Reverse(id),
            )
        };
        let mut stranded = false;
        while !queue.is_empty() {
            queue.sort_by_key(|id| rank(&self.ledger, self.world, self.worth, *id));
            let Some(id) = queue.pop() else { break };
            let (placed, displaced) = self.place(now_s, id)?;
            stranded |= !placed;
            for lost in displaced {
                let owner = self
                    .plan
                    .as_mut()
                    .and_then(|p| p.owner.remove(&lost.booking.id));
                if let Some(other) = owner.filter(|other| self.ledger.bundles.contains_key(other)) {
                    self.cut_back(other, &lost);
                    queue.push(other);
                }
            }
        }
        Ok(!stranded)
    }

    /// The same; where some have none, stations are booked anew as soon as that can be.
    pub(super) fn place_or_rebook(
        &mut self,
        now_s: f64,
        ids: Vec<BundleId>,
    ) -> Result<(), WatchError> {
        if !self.place_all(now_s, ids)? {
            self.ask_round(now_s + self.rules.rebook_s);
        }
        Ok(())
    }

    /// Finds the way of one bundle, in fragments where that is sooner. Says whether there is one, and what
    /// lost its own to it.
    fn place(&mut self, now_s: f64, id: BundleId) -> Result<(bool, Vec<Displaced>), WatchError> {
        let Some(bundle) = self.ledger.bundles.get(&id) else {
            return Ok((true, Vec::new()));
        };
        let at = bundle.way.last().map_or(bundle.holder, |s| s.to);
        if at == Place::Home {
            return Ok((true, Vec::new()));
        }
        let Some(plan) = &self.plan else {
            return Ok((false, Vec::new()));
        };
        let ends = plan.nodes.get(&at).zip(plan.nodes.get(&Place::Home));
        let Some((&from, &to)) = ends else {
            return Ok((false, Vec::new()));
        };
        let priority = self.worth[self.world.looks[bundle.look as usize].watch];
        let query = Query {
            from,
            to,
            at_s: bundle.free_s.max(now_s),
            size_bytes: bundle.size_bytes as f64,
            priority,
            without: &[],
        };
        let fragment_bytes = self.rules.fragment_bytes;
        // What is crossing now cannot be cut.
        let whole_only = !bundle.way.is_empty();
        let Some(plan) = &mut self.plan else {
            return Ok((false, Vec::new()));
        };
        let parts = match whole_only {
            true => plan
                .router
                .route(&query)
                .map_err(routing)?
                .map(|route| vec![(query.size_bytes, route)]),
            false => plan
                .router
                .route_in_parts(&query, fragment_bytes)
                .map_err(routing)?
                .map(|parts| parts.into_iter().map(|p| (p.size_bytes, p.route)).collect()),
        };
        let Some(parts) = parts else {
            return Ok((false, Vec::new()));
        };
        let (mut lost, mut follow) = (Vec::new(), Vec::new());
        let last = parts.len() - 1;
        for (number, (size_bytes, route)) in parts.into_iter().enumerate() {
            let own = match number == last {
                true => Some(id),
                false => self.ledger.cut(id, size_bytes as u64),
            };
            let Some(own) = own else { continue };
            let Some(plan) = &mut self.plan else { continue };
            let part = Query {
                size_bytes,
                ..query
            };
            let (booking, displaced) = plan.router.book(&part, route).map_err(routing)?;
            plan.owner.insert(booking, own);
            lost.extend(displaced);
            follow.push((own, booking));
        }
        for (own, booking) in follow {
            self.follow(own, booking);
        }
        Ok((true, lost))
    }
}
