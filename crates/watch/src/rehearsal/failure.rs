//! What fails when: drawn from the seed before anything is played.

use super::chance::{Chance, Spell};
use super::weather::{Rain, rain};
use super::world::{Look, Window, World};
use crate::error::WatchError;
use crate::settings::Settings;

const DAY_S: f64 = 86_400.0;

/// How often things fail, by the node's settings.
#[derive(Debug, Clone, Copy)]
struct Rates {
    station_up_s: f64,
    station_down_s: f64,
    line_up_s: f64,
    line_down_s: f64,
    contact_lost_share: f64,
    safe_mode_every_s: f64,
    safe_mode_s: f64,
    lost_every_s: f64,
    rain_spell_s: f64,
    slow_share: f64,
    slow_factor: f64,
    damaged_share: f64,
}

/// Everything that fails in one rehearsal.
pub(super) struct Failures {
    chance: Chance,
    rates: Option<Rates>,
    /// By post: when it does not work.
    pub(super) down: Vec<Vec<Spell>>,
    /// By post: when its line to the node does not carry; a relay has none.
    pub(super) line_down: Vec<Vec<Spell>>,
    rain: Vec<Vec<Rain>>,
    /// By satellite: safe modes.
    pub(super) safe: Vec<Vec<Spell>>,
    /// By satellite: when it is lost, where it is.
    pub(super) lost_s: Vec<Option<f64>>,
}

/// Why a contact was broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Lost,
    Rain,
}

impl Failures {
    /// Nothing fails but what is lost on purpose.
    pub(super) fn none(world: &World, lost: &[(String, f64)]) -> Self {
        Self {
            chance: Chance { seed: 0 },
            rates: None,
            down: vec![Vec::new(); world.posts.len()],
            line_down: vec![Vec::new(); world.posts.len()],
            rain: vec![Vec::new(); world.posts.len()],
            safe: vec![Vec::new(); world.crafts.len()],
            lost_s: world
                .crafts
                .iter()
                .map(|c| lost_at(lost, &c.name))
                .collect(),
        }
    }

    /// What the seed says.
    pub(super) fn drawn(
        world: &World,
        settings: &Settings,
        seed: u64,
        lost: &[(String, f64)],
    ) -> Result<Self, WatchError> {
        let rates = Rates {
            station_up_s: settings.value("rehearsal.station_up_h")? * 3_600.0,
            station_down_s: settings.value("rehearsal.station_down_h")? * 3_600.0,
            line_up_s: settings.value("rehearsal.line_up_h")? * 3_600.0,
            line_down_s: settings.value("rehearsal.line_down_h")? * 3_600.0,
            contact_lost_share: settings.value("rehearsal.contact_lost_share")?,
            safe_mode_every_s: settings.value("rehearsal.safe_mode_every_d")? * DAY_S,
            safe_mode_s: settings.value("rehearsal.safe_mode_h")? * 3_600.0,
            lost_every_s: settings.value("rehearsal.satellite_lost_every_y")? * 365.25 * DAY_S,
            rain_spell_s: settings.value("rehearsal.rain_spell_s")?,
            slow_share: settings.value("rehearsal.slow_share")?,
            slow_factor: settings.value("rehearsal.slow_factor")?,
            damaged_share: settings.value("rehearsal.damaged_share")?,
        };
        let chance = Chance { seed };
        let (end_s, mut down, mut wet) = (world.end_s, Vec::new(), Vec::new());
        let mut line_down = Vec::new();
        for post in &world.posts {
            // A relay fails as a satellite does.
            let (up_s, down_s) = match post.relay {
                true => (rates.safe_mode_every_s, rates.safe_mode_s),
                false => (rates.station_up_s, rates.station_down_s),
            };
            down.push(chance.of("station", &post.name).spells(up_s, down_s, end_s));
            line_down.push(match post.relay {
                true => Vec::new(),
                false => {
                    let mut stream = chance.of("line", &post.name);
                    stream.spells(rates.line_up_s, rates.line_down_s, end_s)
                }
            });
            wet.push(match post.relay {
                true => Vec::new(),
                false => rain(chance, &post.name, rates.rain_spell_s, end_s),
            });
        }
        let (mut safe, mut lost_s) = (Vec::new(), Vec::new());
        for craft in &world.crafts {
            let mut stream = chance.of("safe mode", &craft.name);
            safe.push(stream.spells(rates.safe_mode_every_s, rates.safe_mode_s, end_s));
            let drawn_s = chance
                .of("lost", &craft.name)
                .exponential_s(rates.lost_every_s);
            let by_chance = (drawn_s < end_s).then_some(drawn_s);
            lost_s.push(lost_at(lost, &craft.name).or(by_chance));
        }
        Ok(Self {
            chance,
            rates: Some(rates),
            down,
            line_down,
            rain: wet,
            safe,
            lost_s,
        })
    }

    /// When and why a window of which the stretch from `data_s` to `end_s` is used breaks off, s.
    pub(super) fn breaks(
        &self,
        world: &World,
        window: &Window,
        (data_s, end_s): (f64, f64),
    ) -> Option<(f64, Cause)> {
        let rates = self.rates?;
        let from = match window.feeder {
            true => &world.posts[window.from as usize].name,
            false => &world.crafts[window.from as usize].name,
        };
        let to = &world.posts[window.post as usize].name;
        // Named by the millisecond of its middle: the same pass, whatever else is computed with it.
        let middle_ms = (500.0 * (window.start_s + window.end_s)).round();
        let name = format!("{from}\n{to}\n{middle_ms}");
        if self.chance.of("contact", &name).share() < rates.contact_lost_share {
            return Some((data_s, Cause::Lost));
        }
        let spells = &self.rain[window.post as usize];
        let first = spells.partition_point(|r| r.spell.end_s <= data_s);
        let wet = spells[first..]
            .iter()
            .take_while(|r| r.spell.start_s < end_s)
            .find(|r| r.breaks(window.rain_share))?;
        Some((wet.spell.start_s.max(data_s), Cause::Rain))
    }

    /// Whether anything fails by chance.
    pub(super) fn any(&self) -> bool {
        self.rates.is_some()
    }

    /// How many times longer than planned a run for an observation takes.
    pub(super) fn slowness(&self, craft: &str, watch: usize, ready_s: f64) -> f64 {
        let Some(rates) = self.rates else { return 1.0 };
        let ready_ms = (1e3 * ready_s).round();
        let name = format!("{craft}\n{watch}\n{ready_ms}");
        match self.chance.of("run", &name).share() < rates.slow_share {
            true => rates.slow_factor,
            false => 1.0,
        }
    }

    /// Where a bundle is changed on a crossing, as a share of its length; `None` where it comes as it left. `crossing`
    /// is which piece of its observation it is, and how often it was sent.
    pub(super) fn damage(
        &self,
        craft: &str,
        look: &Look,
        (piece, crossing): (u32, u32),
    ) -> Option<f64> {
        let share = self.rates?.damaged_share;
        if share <= 0.0 {
            return None;
        }
        let ready_ms = (1e3 * look.ready_s).round();
        let name = format!("{craft}\n{}\n{ready_ms}\n{piece}\n{crossing}", look.watch);
        let mut stream = self.chance.of("damage", &name);
        (stream.share() < share).then(|| stream.share())
    }

    /// Whether a satellite observes and sends.
    pub(super) fn craft_works(&self, craft: u32, t_s: f64) -> bool {
        let craft = craft as usize;
        !self.safe[craft].iter().any(|s| s.holds(t_s))
            && self.lost_s[craft].is_none_or(|lost_s| t_s < lost_s)
    }

    /// Whether a post receives.
    pub(super) fn post_works(&self, post: u32, t_s: f64) -> bool {
        !self.down[post as usize].iter().any(|s| s.holds(t_s))
    }

    /// Whether the line of a station to the node carries.
    pub(super) fn line_works(&self, post: u32, t_s: f64) -> bool {
        !self.line_down[post as usize].iter().any(|s| s.holds(t_s))
    }
}

fn lost_at(lost: &[(String, f64)], name: &str) -> Option<f64> {
    lost.iter().find(|(n, _)| n == name).map(|(_, t_s)| *t_s)
}
