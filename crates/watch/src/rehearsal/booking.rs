//! Which passes the stations take: the antenna scheduler of [`corridor_transmit::schedule`], slice by slice.
//!
//! The scheduler brings down as much as can be, and does not ask when. So the time ahead is cut into slices
//! and the earliest is scheduled first, for what is on board by its end; what an earlier slice brings is
//! not asked for again. Within a slice, passes that would bring the same earlier are put in where antennas
//! are free, and passes that are no longer needed are given up.

use super::world::{Window, World};
use crate::error::WatchError;
use crate::settings::Settings;
use corridor_transmit::schedule::{self, Budget, Pass, Problem, Rules, Satellite, Station};
use std::collections::BTreeMap;

/// Nodes of the scheduler's search a slice: a number, not a time, so that the schedule is the same again.
const NODES: u64 = 200;

/// Data on board of a satellite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) craft: u32,
    /// From when it can be sent.
    pub(super) from_s: f64,
    pub(super) bits: f64,
    /// 1 (last) to 5 (first).
    pub(super) worth: u8,
}

/// A window of which a stretch is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Booked {
    /// Place of the window in the world.
    pub(super) window: u32,
    pub(super) start_s: f64,
    /// From when data flows.
    pub(super) data_s: f64,
    pub(super) end_s: f64,
}

/// Windows of satellites to posts, by satellite and start.
#[derive(Debug)]
pub(super) struct Passes {
    of: Vec<Vec<u32>>,
    longest_s: Vec<f64>,
}

impl Passes {
    pub(super) fn of(world: &World) -> Self {
        let mut passes = Self {
            of: vec![Vec::new(); world.crafts.len()],
            longest_s: vec![0.0; world.crafts.len()],
        };
        for (number, window) in (0..).zip(&world.windows).filter(|(_, w)| !w.feeder) {
            let craft = window.from as usize;
            passes.of[craft].push(number);
            passes.longest_s[craft] = passes.longest_s[craft].max(window.end_s - window.start_s);
        }
        let start_s = |w: &u32| world.windows[*w as usize].start_s;
        for list in &mut passes.of {
            list.sort_by(|a, b| start_s(a).total_cmp(&start_s(b)).then(a.cmp(b)));
        }
        passes
    }

    /// Windows of a satellite that may reach into `from_s..to_s`.
    fn between(&self, world: &World, craft: usize, from_s: f64, to_s: f64) -> &[u32] {
        let own = &self.of[craft];
        let start_s = |w: &u32| world.windows[*w as usize].start_s;
        let first = own.partition_point(|w| start_s(w) < from_s - self.longest_s[craft]);
        let past = own.partition_point(|w| start_s(w) < to_s);
        &own[first.min(past)..past]
    }
}

/// Rules of booking, by the node's settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk {
    slice_s: f64,
    horizon_s: f64,
    turnaround_s: f64,
    min_contact_s: f64,
    setup_s: f64,
}

impl Desk {
    pub(super) fn read(settings: &Settings) -> Result<Self, WatchError> {
        Ok(Self {
            slice_s: (settings.value("rehearsal.slice_h")? * 3_600.0).max(60.0),
            horizon_s: settings.value("downlink.horizon_h")? * 3_600.0,
            turnaround_s: settings.value("downlink.turnaround_s")?,
            min_contact_s: settings.value("downlink.min_contact_s")?,
            setup_s: settings.value("downlink.setup_s")?,
        })
    }

    /// Until when passes are booked.
    pub(super) fn until_s(&self, now_s: f64) -> f64 {
        now_s + self.horizon_s
    }

    /// Books passes for what is wanted. `kept` are contacts under way; windows for which `open` says no are
    /// left alone.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the scheduler refuses the problem.
    pub(super) fn book(
        &self,
        world: &World,
        passes: &Passes,
        now_s: f64,
        wanted: &[Wanted],
        kept: &[Booked],
        open: &dyn Fn(u32) -> bool,
    ) -> Result<Vec<Booked>, WatchError> {
        let mut state = State::new(world, wanted, now_s);
        for booked in kept {
            state.take(booked, self.turnaround_s);
        }
        let until_s = self.until_s(now_s);
        let mut found = Vec::new();
        let mut slice_s = now_s;
        while slice_s < until_s && state.anything_left() {
            let end_s = (slice_s + self.slice_s).min(until_s);
            state.open_to(end_s);
            let beginning = self.begin(&state, passes, (slice_s, end_s), open);
            if !beginning.is_empty() {
                let taken = self.solve(&mut state, &beginning)?;
                found.extend(taken);
            }
            slice_s = end_s;
        }
        Ok(found)
    }

    /// Stretches of windows that begin in the slice, of satellites with something to send.
    fn begin(
        &self,
        state: &State<'_>,
        passes: &Passes,
        (from_s, to_s): (f64, f64),
        open: &dyn Fn(u32) -> bool,
    ) -> Vec<Booked> {
        let windows = &state.world.windows;
        let mut found = Vec::new();
        for (craft, need) in state.needs.iter().enumerate() {
            let Some(first) = need.open().first() else {
                continue;
            };
            for &number in passes.between(state.world, craft, from_s, to_s) {
                let window = &windows[number as usize];
                let start_s = window
                    .start_s
                    .max(first.from_s - window.setup_s)
                    .max(state.craft_free_s[craft])
                    .max(state.post_free_s[window.post as usize])
                    .max(state.now_s);
                let fits = window.end_s - start_s >= self.min_contact_s.max(window.setup_s + 1.0);
                if !fits || start_s < from_s || start_s >= to_s || !open(number) {
                    continue;
                }
                found.push(Booked {
                    window: number,
                    start_s,
                    data_s: start_s + window.setup_s,
                    end_s: window.end_s,
                });
            }
        }
        found
    }

    fn solve(&self, state: &mut State<'_>, passes: &[Booked]) -> Result<Vec<Booked>, WatchError> {
        let problem = self.problem(state, passes);
        let solved = schedule::solve(&problem, Budget::Nodes(NODES))
            .map_err(|e| WatchError::internal("scheduling stations", e))?;
        let mut chosen: Vec<Booked> = solved
            .chosen
            .iter()
            .map(|c| {
                let pass = passes[c.pass];
                let setup_s = pass.data_s - pass.start_s;
                Booked {
                    start_s: c.start_s,
                    data_s: c.start_s + setup_s,
                    end_s: c.end_s,
                    ..pass
                }
            })
            .collect();
        // Giving up what is not needed makes room for what comes sooner, and the other way round.
        for _ in 0..2 {
            self.advance(state, passes, &mut chosen);
            state.give_up(&mut chosen);
        }
        for booked in &chosen {
            state.take(booked, self.turnaround_s);
        }
        Ok(chosen)
    }

    /// The slice as the scheduler's problem.
    fn problem(&self, state: &State<'_>, passes: &[Booked]) -> Problem {
        let windows = &state.world.windows;
        let (mut crafts, mut posts): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for pass in passes {
            let window = &windows[pass.window as usize];
            crafts.push(window.from as usize);
            posts.push(window.post as usize);
        }
        for list in [&mut crafts, &mut posts] {
            list.sort_unstable();
            list.dedup();
        }
        let place = |list: &[usize], of: u32| list.partition_point(|i| *i < of as usize);
        let satellites = crafts.iter().map(|c| Satellite {
            name: state.world.crafts[*c].name.clone(),
            rate_bit_s: state.world.crafts[*c].rate_bit_s,
            priority: f64::from(state.needs[*c].worth()),
            demand_bit: Some(state.needs[*c].open_bits()),
        });
        let stations = posts.iter().map(|p| Station {
            name: state.world.posts[*p].name.clone(),
            antennas: 1,
        });
        let rows = passes.iter().zip(0..).map(|(pass, id)| {
            let window = &windows[pass.window as usize];
            Pass {
                id,
                satellite: place(&crafts, window.from),
                station: place(&posts, window.post),
                start_s: pass.start_s,
                end_s: pass.end_s,
            }
        });
        Problem {
            satellites: satellites.collect(),
            stations: stations.collect(),
            passes: rows.collect(),
            outages: Vec::new(),
            rules: Rules {
                turnaround_s: self.turnaround_s,
                acquisition_s: self.setup_s,
                part_min_s: Some(self.min_contact_s),
            },
        }
    }

    /// Puts in passes that bring earlier what a satellite sends later, where nothing stands in their way.
    fn advance(&self, state: &State<'_>, passes: &[Booked], chosen: &mut Vec<Booked>) {
        let windows = &state.world.windows;
        let ends = |b: &Booked| {
            let window = &windows[b.window as usize];
            (window.from, window.post)
        };
        let mut order = passes.to_vec();
        in_order(&mut order);
        for pass in &order {
            in_order(chosen);
            let (craft, post) = ends(pass);
            let mut items = state.needs[craft as usize].open().to_vec();
            let before = chosen
                .iter()
                .filter(|c| ends(c).0 == craft && c.start_s <= pass.start_s);
            let mut brought_bits = 0.0;
            for c in before.chain([pass]) {
                let rate_bit_s = windows[c.window as usize].rate_bit_s;
                brought_bits = serve(&mut items, c.data_s, c.end_s, rate_bit_s);
            }
            if brought_bits <= 0.0 {
                continue;
            }
            let free = chosen.iter().all(|c| {
                let (other, other_post) = ends(c);
                let gap_s = if other_post == post {
                    self.turnaround_s
                } else {
                    0.0
                };
                let apart = c.end_s + gap_s <= pass.start_s || pass.end_s + gap_s <= c.start_s;
                apart || other != craft && other_post != post
            });
            if free {
                chosen.push(*pass);
            }
        }
    }
}

/// What one satellite has to send.
#[derive(Debug, Clone, Default)]
struct Need {
    /// By readiness.
    items: Vec<Wanted>,
    /// How many of the items are ready within the slice.
    open: usize,
}

impl Need {
    fn open(&self) -> &[Wanted] {
        &self.items[..self.open]
    }

    fn open_bits(&self) -> f64 {
        self.open().iter().map(|w| w.bits).sum()
    }

    fn worth(&self) -> u8 {
        self.open().iter().map(|w| w.worth).max().unwrap_or(1)
    }
}

/// What a stretch from `data_s` to `end_s` at a rate takes of items, in their order; gives the bits.
fn serve(items: &mut [Wanted], data_s: f64, end_s: f64, rate_bit_s: f64) -> f64 {
    let (mut at_s, mut served) = (data_s, 0.0);
    for item in items.iter_mut().filter(|w| w.bits > 0.0) {
        at_s = at_s.max(item.from_s);
        if at_s >= end_s {
            break;
        }
        let bits = item.bits.min((end_s - at_s) * rate_bit_s);
        item.bits -= bits;
        served += bits;
        at_s += bits / rate_bit_s;
    }
    served
}

struct State<'a> {
    world: &'a World,
    now_s: f64,
    needs: Vec<Need>,
    craft_free_s: Vec<f64>,
    post_free_s: Vec<f64>,
}

impl<'a> State<'a> {
    fn new(world: &'a World, wanted: &[Wanted], now_s: f64) -> Self {
        let mut state = Self {
            world,
            now_s,
            needs: vec![Need::default(); world.crafts.len()],
            craft_free_s: vec![f64::NEG_INFINITY; world.crafts.len()],
            post_free_s: vec![f64::NEG_INFINITY; world.posts.len()],
        };
        for w in wanted {
            state.needs[w.craft as usize].items.push(*w);
        }
        for need in &mut state.needs {
            need.items.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
        }
        state
    }

    fn anything_left(&self) -> bool {
        self.needs.iter().any(|n| !n.items.is_empty())
    }

    /// Counts what is ready before `end_s`.
    fn open_to(&mut self, end_s: f64) {
        for need in &mut self.needs {
            need.open = need.items.partition_point(|w| w.from_s < end_s);
        }
    }

    fn window(&self, booked: &Booked) -> &Window {
        &self.world.windows[booked.window as usize]
    }

    /// Holds both ends, and takes what the contact brings from what is wanted.
    fn take(&mut self, booked: &Booked, turnaround_s: f64) {
        let window = *self.window(booked);
        let (craft, post) = (window.from as usize, window.post as usize);
        let need = &mut self.needs[craft];
        serve(
            &mut need.items,
            booked.data_s,
            booked.end_s,
            window.rate_bit_s,
        );
        need.items.retain(|w| w.bits > 0.0);
        need.open = need.open.min(need.items.len());
        self.craft_free_s[craft] = self.craft_free_s[craft].max(booked.end_s);
        self.post_free_s[post] = self.post_free_s[post].max(booked.end_s + turnaround_s);
    }

    /// Gives up passes of satellites whose earlier ones bring everything.
    fn give_up(&self, chosen: &mut Vec<Booked>) {
        in_order(chosen);
        let mut left: BTreeMap<u32, Vec<Wanted>> = BTreeMap::new();
        chosen.retain(|booked| {
            let window = self.window(booked);
            let items = left
                .entry(window.from)
                .or_insert_with(|| self.needs[window.from as usize].open().to_vec());
            serve(items, booked.data_s, booked.end_s, window.rate_bit_s) > 0.0
        });
    }
}

fn in_order(booked: &mut [Booked]) {
    booked.sort_by(|a, b| {
        a.start_s
            .total_cmp(&b.start_s)
            .then(a.window.cmp(&b.window))
    });
}
