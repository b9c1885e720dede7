//! The agents: at each place a queue of what waits for its contact, as the gate of a node keeps it.
//!
//! A satellite, relay or station routes and books for itself on the plan of the round, hands out what is due
//! while a contact is on, and plans again what a contact that fails leaves behind: that is
//! [`PlanQueue`], the node's own. Here a crossing takes the time that its bytes take, instead of a socket's.

use super::{Plan, Player, routing};
use crate::error::WatchError;
use crate::rehearsal::event::What;
use crate::rehearsal::ledger::{BundleId, Link, Place, Step};
use corridor_transmit::bundle::gate::queue::{ItemId, PlanQueue, Shipment};
use corridor_transmit::plan::NodeIndex;
use corridor_transmit::route::OwltMargin;
use std::collections::{BTreeMap, BTreeSet};

/// What waits at one place.
pub(super) struct Agent {
    queue: PlanQueue<BundleId>,
    /// To whom it can send, and until when that link is taken.
    busy_s: BTreeMap<NodeIndex, f64>,
    /// When it next looks what is due.
    woken_s: Option<f64>,
}

impl Plan {
    /// The agent of a place, made when it is first needed; `None` where the plan does not have the place.
    fn agent(&mut self, place: Place, now_s: f64) -> Result<Option<&mut Agent>, WatchError> {
        let Some(&own) = self.nodes.get(&place) else {
            return Ok(None);
        };
        if !self.agents.contains_key(&place) {
            let plan = self.plan.clone();
            let to: BTreeSet<NodeIndex> = plan
                .contacts
                .iter()
                .filter(|c| c.from == own)
                .map(|c| c.to)
                .collect();
            let mut queue = PlanQueue::new(plan, own, OwltMargin::default()).map_err(routing)?;
            for (contact, since_s) in &self.failed {
                queue.fail(*contact, since_s.min(now_s));
            }
            let agent = Agent {
                queue,
                busy_s: to.into_iter().map(|to| (to, f64::NEG_INFINITY)).collect(),
                woken_s: None,
            };
            self.agents.insert(place, agent);
        }
        Ok(self.agents.get_mut(&place))
    }
}

impl Player<'_> {
    /// A bundle waits at its holder's, if it can leave from now on.
    pub(super) fn put(&mut self, now_s: f64, id: BundleId) -> Result<(), WatchError> {
        let Some(bundle) = self.ledger.bundles.get_mut(&id) else {
            return Ok(());
        };
        if bundle.item.is_some() || bundle.crossing.is_some() || bundle.free_s > now_s {
            return Ok(());
        }
        let Some(plan) = &mut self.plan else {
            return Ok(());
        };
        let Some(&to) = plan.nodes.get(&Place::Home) else {
            return Ok(());
        };
        let Some(agent) = plan.agent(bundle.holder, now_s)? else {
            return Ok(());
        };
        let shipment = Shipment {
            to,
            size_bytes: bundle.size_bytes as f64,
            priority: bundle.held.priority,
            expires_s: f64::INFINITY,
        };
        bundle.item = Some(agent.queue.insert(id, shipment, now_s).map_err(routing)?);
        Ok(())
    }

    /// Puts bundles, and has the stations booked anew as soon as that can be where one has no way.
    pub(super) fn put_or_rebook(
        &mut self,
        now_s: f64,
        ids: impl IntoIterator<Item = BundleId>,
    ) -> Result<(), WatchError> {
        let mut stranded = false;
        for id in ids {
            let Some(place) = self.ledger.bundles.get(&id).map(|b| b.holder) else {
                continue;
            };
            let before = self.without_way(place);
            self.put(now_s, id)?;
            stranded |= self.without_way(place) > before || !self.waits(id);
            self.serve(now_s, place);
        }
        if stranded {
            self.ask_round(now_s + self.rules.rebook_s);
        }
        Ok(())
    }

    /// How many bundles have no way at a place.
    fn without_way(&self, place: Place) -> usize {
        let agent = self.plan.as_ref().and_then(|p| p.agents.get(&place));
        agent.map_or(0, |a| a.queue.standing().without_way)
    }

    /// Whether a bundle is on its way, in a queue, or not ready.
    fn waits(&self, id: BundleId) -> bool {
        let bundle = self.ledger.bundles.get(&id);
        bundle.is_none_or(|b| b.item.is_some() || b.crossing.is_some())
    }

    /// Sends from all places what is due.
    pub(super) fn serve_all(&mut self, now_s: f64) {
        let agents = self.plan.iter().flat_map(|p| p.agents.keys());
        let places: Vec<Place> = agents.copied().collect();
        for place in places {
            self.serve(now_s, place);
        }
    }

    /// Sends from a place what is due, and says when to look again.
    pub(super) fn serve(&mut self, now_s: f64, place: Place) {
        let Some(plan) = &mut self.plan else { return };
        let Some(agent) = plan.agents.get_mut(&place) else {
            return;
        };
        let mut next_s = f64::INFINITY;
        for (&to, busy_s) in &mut agent.busy_s {
            let due = match *busy_s > now_s {
                true => None,
                false => agent.queue.due(to, now_s),
            };
            let sent = due.and_then(|due| {
                let id = *agent.queue.get(due.id)?;
                let contact = plan.plan.contacts.get(due.contact as usize)?;
                let bundle = self.ledger.bundles.get_mut(&id)?;
                let end_s = now_s + bundle.size_bytes as f64 * 8.0 / contact.rate_bit_s;
                bundle.crossing = Some(Step {
                    link: plan.links[due.contact as usize],
                    to: plan.places[to as usize],
                    start_s: now_s,
                    end_s,
                    arrival_s: end_s + contact.owlt_s,
                });
                bundle.turn += 1;
                let arrives = What::Arrive(id, bundle.turn);
                self.events.add(end_s + contact.owlt_s, arrives);
                Some(end_s)
            });
            if let Some(end_s) = sent {
                *busy_s = end_s;
            }
            if *busy_s > now_s {
                next_s = next_s.min(*busy_s);
            } else if let Some(wake_s) = agent.queue.wake_s(to) {
                next_s = next_s.min(wake_s);
            }
        }
        if next_s > now_s && next_s.is_finite() && agent.woken_s != Some(next_s) {
            agent.woken_s = Some(next_s);
            self.events.add(next_s, What::Wake(place, self.turn));
        }
    }

    /// A bundle came changed and was refused: it waits at its sender's again, and has its way planned anew.
    pub(super) fn send_again(&mut self, now_s: f64, id: BundleId) -> Result<(), WatchError> {
        let Some(bundle) = self.ledger.bundles.get_mut(&id) else {
            return Ok(());
        };
        bundle.crossing = None;
        bundle.turn += 1;
        bundle.free_s = now_s;
        let (place, item) = (bundle.holder, bundle.item);
        let agents = self.plan.as_mut().map(|p| &mut p.agents);
        let agent = agents.and_then(|a| a.get_mut(&place));
        let Some((agent, item)) = agent.zip(item) else {
            return self.put_or_rebook(now_s, [id]);
        };
        let before = agent.queue.standing().without_way;
        agent.queue.held(item, now_s);
        let stranded = agent.queue.standing().without_way > before;
        self.serve(now_s, place);
        if stranded {
            self.ask_round(now_s + self.rules.rebook_s);
        }
        Ok(())
    }

    /// A bundle is out of its sender's hands.
    pub(super) fn sent(&mut self, place: Place, item: Option<ItemId>) {
        let agent = self.plan.as_mut().and_then(|p| p.agents.get_mut(&place));
        if let Some((agent, item)) = agent.zip(item) {
            agent.queue.sent(item);
        }
    }

    /// Takes contacts out of the plan from now on. What was crossing on them is its sender's again, and all that
    /// was to leave over them is planned again.
    pub(super) fn break_off(&mut self, now_s: f64, links: &[Link]) -> Result<(), WatchError> {
        let Some(plan) = &mut self.plan else {
            return Ok(());
        };
        let mut stranded = false;
        for link in links {
            let Some(&contact) = plan.contacts.get(link) else {
                continue;
            };
            plan.failed.push((contact, now_s));
            for agent in plan.agents.values_mut() {
                let before = agent.queue.standing().without_way;
                agent.queue.fail(contact, now_s);
                stranded |= agent.queue.standing().without_way > before;
            }
        }
        let mut again = Vec::new();
        for (id, bundle) in &mut self.ledger.bundles {
            let cut = bundle
                .crossing
                .is_some_and(|s| links.contains(&s.link) && s.end_s > now_s);
            if !cut {
                continue;
            }
            let crossing = bundle.crossing.take();
            bundle.turn += 1;
            bundle.free_s = now_s;
            let agent = plan.agents.get_mut(&bundle.holder);
            match agent.zip(bundle.item) {
                Some((agent, item)) => {
                    let before = agent.queue.standing().without_way;
                    agent.queue.held(item, now_s);
                    stranded |= agent.queue.standing().without_way > before;
                    let to = crossing.and_then(|s| plan.nodes.get(&s.to));
                    if let Some(busy_s) = to.and_then(|to| agent.busy_s.get_mut(to)) {
                        *busy_s = f64::NEG_INFINITY;
                    }
                }
                None => again.push(*id),
            }
        }
        self.serve_all(now_s);
        if stranded {
            self.ask_round(now_s + self.rules.rebook_s);
        }
        self.put_or_rebook(now_s, again)
    }
}
