//! A round of booking: what is wanted, which contacts there are for it, and the plan of them.

use super::{Plan, Player};
use crate::error::WatchError;
use crate::rehearsal::booking::{Booked, Wanted};
use crate::rehearsal::event::What;
use crate::rehearsal::ledger::{BundleId, Link, Place};
use corridor_transmit::plan::{Builder, NodeIndex};
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl Player<'_> {
    /// Books the stations anew, makes a contact plan of it and finds every bundle's way over it.
    pub(super) fn round(&mut self, now_s: f64) -> Result<(), WatchError> {
        self.record.rounds += 1;
        let under_way = self.plan.take().map_or(Vec::new(), |plan| plan.booked);
        let kept: Vec<Booked> = under_way
            .into_iter()
            .filter(|b| b.start_s < now_s && b.end_s > now_s && self.is_open(b.window, now_s))
            .map(|b| Booked {
                start_s: now_s,
                data_s: b.data_s.max(now_s),
                ..b
            })
            .collect();
        let busy_s = self.settle();
        let wanted = self.wanted(now_s);
        let onward = self.onward(now_s);
        let open = |window: u32| {
            let post = self.world.windows[window as usize].post;
            let leads_on = !self.world.posts[post as usize].relay || onward.contains(&post);
            leads_on && self.is_open(window, now_s)
        };
        let desk = self.rules.desk;
        let mut booked = desk.book(self.world, &self.passes, now_s, &wanted, &kept, &open)?;
        let kept_windows: BTreeSet<u32> = kept.iter().map(|b| b.window).collect();
        booked.retain(|b| !kept_windows.contains(&b.window));
        booked.extend(kept);
        self.turn += 1;
        self.plan = Some(self.plan_of(now_s, booked, &busy_s)?);
        self.foresee();
        self.round_at_s = None;
        let next_s = now_s + self.rules.round_s;
        let more = !self.ledger.bundles.is_empty()
            || self
                .world
                .looks
                .last()
                .is_some_and(|look| look.end_s > now_s);
        // What finds no way now has none in what can be booked: the next round asks again.
        let waiting: Vec<BundleId> = self.ledger.bundles.keys().copied().collect();
        for id in waiting {
            self.put(now_s, id)?;
        }
        self.serve_all(now_s);
        if more {
            self.ask_round(next_s);
        }
        Ok(())
    }

    /// Relays that can send to the ground, as far as is known now.
    fn onward(&self, now_s: f64) -> BTreeSet<u32> {
        let feeders = (0..).zip(&self.world.windows).filter(|(_, w)| w.feeder);
        feeders
            .filter(|(number, w)| w.end_s > now_s && self.is_open(*number, now_s))
            .map(|(_, w)| w.from)
            .collect()
    }

    /// Whether a window can be booked, as far as is known now.
    fn is_open(&self, window: u32, now_s: f64) -> bool {
        let w = &self.world.windows[window as usize];
        let from = match w.feeder {
            true => self.failures.post_works(w.from, now_s),
            false => self.failures.craft_works(w.from, now_s),
        };
        // What a station cannot pass on is better sent to another, as far as one is told.
        let to = self.failures.post_works(w.post, now_s) && self.failures.line_works(w.post, now_s);
        from && to && !self.broken.contains(&window)
    }

    /// Ends all that was planned but the crossings under way, and says until when those hold their links.
    fn settle(&mut self) -> BTreeMap<Link, f64> {
        let mut busy_s: BTreeMap<Link, f64> = BTreeMap::new();
        for bundle in self.ledger.bundles.values_mut() {
            bundle.item = None;
            if let Some(step) = bundle.crossing {
                let until_s = busy_s.entry(step.link).or_insert(step.end_s);
                *until_s = until_s.max(step.end_s);
            }
        }
        busy_s
    }

    /// What is on board, and what will be before the next round.
    fn wanted(&self, now_s: f64) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for bundle in self.ledger.bundles.values() {
            let Place::Craft(craft) = bundle.holder else {
                continue;
            };
            if bundle.crossing.is_none() {
                wanted.push(Wanted {
                    craft,
                    from_s: bundle.free_s,
                    bits: bundle.size_bytes as f64 * 8.0,
                    worth: self.worth[self.world.looks[bundle.look as usize].watch],
                });
            }
        }
        let until_s = now_s + self.rules.round_s;
        let first = self
            .world
            .looks
            .partition_point(|look| look.ready_s < now_s);
        let coming = self.world.looks[first..]
            .iter()
            .take_while(|look| look.ready_s < until_s);
        for look in
            coming.filter(|look| look.end_s > now_s && self.failures.craft_works(look.craft, now_s))
        {
            wanted.push(Wanted {
                craft: look.craft,
                from_s: look.ready_s,
                bits: look.size_bytes as f64 * 8.0,
                worth: self.worth[look.watch],
            });
        }
        wanted
    }

    fn plan_of(
        &self,
        now_s: f64,
        booked: Vec<Booked>,
        busy_s: &BTreeMap<Link, f64>,
    ) -> Result<Plan, WatchError> {
        // Data that is down late in what is booked still needs its line to the node.
        let until_s = self.rules.desk.until_s(now_s) + 86_400.0;
        let free_s = |link: Link| busy_s.get(&link).copied().unwrap_or(now_s);
        let mut rows: Vec<(Link, Place, Place, [f64; 4])> = Vec::new();
        for b in &booked {
            let (w, link) = (
                &self.world.windows[b.window as usize],
                Link::Window(b.window),
            );
            let figures = [b.data_s.max(free_s(link)), b.end_s, w.rate_bit_s, w.owlt_s];
            rows.push((link, Place::Craft(w.from), Place::Post(w.post), figures));
        }
        for (number, w) in (0..).zip(&self.world.windows).filter(|(_, w)| w.feeder) {
            if w.end_s > now_s && w.start_s < until_s && self.is_open(number, now_s) {
                let link = Link::Window(number);
                let figures = [w.start_s.max(free_s(link)), w.end_s, w.rate_bit_s, w.owlt_s];
                rows.push((link, Place::Post(w.from), Place::Post(w.post), figures));
            }
        }
        let stations = (0..).zip(&self.world.posts).filter(|(_, p)| !p.relay);
        // When a line that does not carry will again, nobody is told before.
        for (number, _) in stations.filter(|(number, _)| self.failures.line_works(*number, now_s)) {
            let link = Link::Line(number);
            let ground = &self.rules.ground;
            let figures = [
                free_s(link),
                until_s,
                ground.rate_bit_s,
                ground.fixed_delay_s,
            ];
            rows.push((link, Place::Post(number), Place::Home, figures));
        }
        let mut builder = Builder::new("rehearsal");
        let (mut known, mut named) = (HashMap::new(), HashMap::new());
        for (link, from, to, [start_s, end_s, rate_bit_s, owlt_s]) in rows {
            let names = [from, to].map(|place| {
                let name = self.name_of(place);
                named.insert(name.clone(), place);
                name
            });
            builder.contact(0, &names[0], &names[1], start_s, end_s, rate_bit_s, owlt_s);
            known.insert((from, to, start_s.to_bits()), link);
        }
        let plan = builder.finish(Some(self.world.from)).plan;
        let unknown = || WatchError::internal("making a contact plan", "what nobody booked");
        let places: Vec<Place> = plan
            .nodes
            .iter()
            .map(|name| named.get(name).copied())
            .collect::<Option<_>>()
            .ok_or_else(unknown)?;
        let place = |node: NodeIndex| places.get(node as usize).copied();
        let links: Vec<Link> = plan
            .contacts
            .iter()
            .map(|c| {
                let (from, to) = (place(c.from)?, place(c.to)?);
                known.get(&(from, to, c.start_s.to_bits())).copied()
            })
            .collect::<Option<_>>()
            .ok_or_else(unknown)?;
        let contacts = links.iter().copied().zip(0..).collect();
        Ok(Plan {
            nodes: places.iter().copied().zip(0..).collect(),
            places,
            plan,
            links,
            contacts,
            booked,
            agents: BTreeMap::new(),
            failed: Vec::new(),
        })
    }

    /// Says when contacts of the present plan will break off. Only the play knows; the plan does not.
    fn foresee(&mut self) {
        let Some(plan) = &self.plan else { return };
        let booked = plan.booked.iter().map(|b| (b.window, b.data_s, b.end_s));
        let feeders =
            plan.links
                .iter()
                .zip(&plan.plan.contacts)
                .filter_map(|(link, c)| match link {
                    Link::Window(window) if self.world.windows[*window as usize].feeder => {
                        Some((*window, c.start_s, c.end_s))
                    }
                    _ => None,
                });
        for (window, data_s, end_s) in booked.chain(feeders) {
            let whole = &self.world.windows[window as usize];
            if let Some((at_s, _)) = self.failures.breaks(self.world, whole, (data_s, end_s)) {
                self.events.add(at_s, What::Break(window, self.turn));
            }
        }
    }

    /// Its name in contact plans.
    fn name_of(&self, place: Place) -> String {
        match place {
            Place::Craft(craft) => format!("satellite {}", self.world.crafts[craft as usize].name),
            Place::Post(post) => format!("post {}", self.world.posts[post as usize].name),
            Place::Home => "node".into(),
        }
    }
}
