//! Every satellite that is known: those of missions, and what imported files say of these and others.

use super::read::Content;
use super::role::{Role, RoleNames};
use super::satellite_list::Entry;
use super::transmitter::Transmitter;
use super::{Register, SatelliteSummary, Status};
use crate::store::{ElementSource, Provenance};
use corridor_orbit::elements::ElementSet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a satellite is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ObjectStatus {
    /// Flying.
    #[serde(rename = "in orbit")]
    InOrbit,
    /// Designed, not flying yet.
    #[serde(rename = "planned")]
    Planned,
    /// Has come down.
    #[serde(rename = "decayed")]
    Decayed,
}

impl ObjectStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InOrbit, Self::Planned, Self::Decayed];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InOrbit => "in orbit",
            Self::Planned => "planned",
            Self::Decayed => "decayed",
        }
    }
}

/// Where facts of a satellite come from, and of when they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceNote {
    /// Which facts: `mission`, `elements`, `satcat`, `database`, `role`, `transmitters`.
    pub facts: &'static str,
    /// File, address or publisher.
    pub source: String,
    /// When it was imported; `None` for what ships with the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Timestamp>,
    /// The newest day in the data, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_until: Option<Date>,
}

/// A satellite as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Object {
    /// Name.
    pub name: String,
    /// Catalogue number; `None` where it is planned.
    pub norad_id: Option<u32>,
    /// International designator, where known.
    pub cospar_id: Option<String>,
    /// Not in orbit yet.
    pub planned: bool,
    /// In orbit, planned, or decayed.
    pub status: ObjectStatus,
    /// Whether it works, in words, where known.
    pub operation: Option<String>,
    /// `remote sensing`, `communication`, `navigation`; empty where unknown.
    pub roles: Vec<Role>,
    /// Mission id; `None` where it is of none.
    pub mission: Option<String>,
    /// Who runs it, where known.
    pub operator: Option<String>,
    /// Country of the operator, where known.
    pub country: Option<String>,
    /// What it is for, where a list says.
    pub purpose: Option<String>,
    /// Instrument ids.
    pub instruments: Vec<String>,
    /// Station ids.
    pub stations: Vec<String>,
    /// Number of known transmitters.
    pub transmitters: usize,
    /// Day of launch, where known.
    pub launched: Option<Date>,
    /// Day of its end, where known.
    pub decayed_on: Option<Date>,
    /// Epoch of its elements, where there are any.
    pub element_epoch: Option<Timestamp>,
    /// Where its elements come from.
    pub element_source: Option<String>,
    /// Where each group of facts comes from.
    pub sources: Vec<SourceNote>,
}

/// What was imported.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// Element sets.
    pub elements: Vec<(ElementSet, ElementSource)>,
    /// Rows of lists of satellites.
    pub entries: Vec<(Content, Entry, Provenance)>,
    /// Roles given on import.
    pub roles: Vec<(u32, Role, Provenance)>,
    /// Transmitters.
    pub transmitters: Vec<(Transmitter, Provenance)>,
}

/// Every known satellite: those of missions in the register's order, then the others by number.
pub fn objects(register: &Register, imported: &Imported, names: &RoleNames) -> Vec<Object> {
    let mut all: Vec<Object> = register.summaries().into_iter().map(of_mission).collect();
    for object in &mut all {
        let mission = register
            .missions()
            .iter()
            .find(|m| Some(&m.id) == object.mission.as_ref());
        object.country = mission.map(|m| m.country.clone());
    }
    let mut places: BTreeMap<u32, usize> = (all.iter().enumerate())
        .filter_map(|(place, object)| Some((object.norad_id?, place)))
        .collect();
    let first_other = all.len();
    let mut place_of = |all: &mut Vec<Object>, norad_id: u32| {
        *places.entry(norad_id).or_insert_with(|| {
            all.push(unknown(norad_id));
            all.len() - 1
        })
    };
    for (set, source) in &imported.elements {
        let place = place_of(&mut all, set.norad_id);
        add_elements(&mut all[place], set, source);
    }
    for (content, entry, provenance) in &imported.entries {
        let place = place_of(&mut all, entry.norad_id);
        add_entry(&mut all[place], *content, entry, provenance);
    }
    for (norad_id, role, provenance) in &imported.roles {
        let place = place_of(&mut all, *norad_id);
        let object = &mut all[place];
        if object.mission.is_none() {
            object.roles = vec![*role];
            object.sources.push(note("role", provenance));
        }
    }
    // Amateurs number satellites of their own accord before they are catalogued: a transmitter alone
    // makes no satellite.
    for (transmitter, provenance) in &imported.transmitters {
        let Some(place) = places.get(&transmitter.norad_id) else {
            continue;
        };
        let object = &mut all[*place];
        object.transmitters += 1;
        if object.transmitters == 1 {
            object.sources.push(note("transmitters", provenance));
        }
    }
    for object in &mut all[first_other..] {
        if let Some((role, source)) = names
            .role_of(&object.name)
            .filter(|_| object.roles.is_empty())
        {
            object.roles = vec![role];
            object.sources.push(SourceNote {
                facts: "role",
                source: source.to_string(),
                imported: None,
                data_until: None,
            });
        }
    }
    all[first_other..].sort_by_key(|o| o.norad_id);
    all
}

fn of_mission(s: SatelliteSummary) -> Object {
    let planned = s.status == Status::Planned;
    let note = SourceNote {
        facts: if planned { "mission" } else { "elements" },
        source: s.element_source.clone(),
        imported: None,
        data_until: (!planned).then(|| day_of(s.element_epoch)),
    };
    Object {
        name: s.name,
        norad_id: s.norad_id,
        cospar_id: None,
        planned: s.planned,
        status: if planned {
            ObjectStatus::Planned
        } else {
            ObjectStatus::InOrbit
        },
        operation: None,
        roles: s.roles.iter().filter_map(|r| r.parse().ok()).collect(),
        mission: Some(s.mission),
        operator: Some(s.operator),
        country: None,
        purpose: None,
        instruments: s.instruments,
        stations: s.stations,
        transmitters: 0,
        launched: None,
        decayed_on: None,
        element_epoch: Some(s.element_epoch),
        element_source: Some(s.element_source),
        sources: vec![note],
    }
}

fn unknown(norad_id: u32) -> Object {
    Object {
        name: format!("object {norad_id}"),
        norad_id: Some(norad_id),
        cospar_id: None,
        planned: false,
        status: ObjectStatus::InOrbit,
        operation: None,
        roles: Vec::new(),
        mission: None,
        operator: None,
        country: None,
        purpose: None,
        instruments: Vec::new(),
        stations: Vec::new(),
        transmitters: 0,
        launched: None,
        decayed_on: None,
        element_epoch: None,
        element_source: None,
        sources: Vec::new(),
    }
}

fn note(facts: &'static str, from: &Provenance) -> SourceNote {
    SourceNote {
        facts,
        source: from.source.clone(),
        imported: Some(from.imported),
        data_until: from.data_until,
    }
}

fn day_of(t: Timestamp) -> Date {
    t.to_zoned_datetime(TimeZone::UTC).date()
}

fn add_elements(object: &mut Object, set: &ElementSet, from: &ElementSource) {
    if object.cospar_id.is_none() && !set.cospar_id.is_empty() {
        object.cospar_id = Some(set.cospar_id.clone());
    }
    // A mission's satellite has taken the newer of its shipped and its imported set already.
    if object.mission.is_none() {
        if !set.name.is_empty() {
            object.name.clone_from(&set.name);
        }
        object.element_epoch = Some(set.epoch);
        object.element_source = Some(from.source.clone());
    }
    if object.element_epoch != Some(set.epoch) {
        return;
    }
    object.sources.retain(|s| s.facts != "elements");
    object.sources.insert(
        0,
        SourceNote {
            facts: "elements",
            source: from.source.clone(),
            imported: Some(from.imported),
            data_until: Some(day_of(set.epoch)),
        },
    );
}

/// What a list says fills what is not known; whether a satellite has come down, SATCAT decides.
fn add_entry(object: &mut Object, content: Content, entry: &Entry, from: &Provenance) {
    let fill = |known: &mut Option<String>, value: &Option<String>| {
        if known.is_none() {
            known.clone_from(value);
        }
    };
    let satcat = content == Content::Satcat;
    if object.mission.is_none() && !entry.name.is_empty() && object.element_epoch.is_none() {
        object.name.clone_from(&entry.name);
    }
    fill(&mut object.cospar_id, &entry.cospar_id);
    fill(&mut object.country, &entry.country);
    fill(&mut object.purpose, &entry.purpose);
    fill(&mut object.operation, &entry.operation);
    // A name of the database says more than a code of SATCAT.
    if object.mission.is_none() && (!satcat || object.operator.is_none()) {
        fill_owner(object, entry, satcat);
    }
    object.launched = object.launched.or(entry.launched);
    if satcat {
        object.decayed_on = entry.decayed_on;
        if entry.decayed {
            object.status = ObjectStatus::Decayed;
        }
    } else if object.roles.is_empty() {
        object.roles = entry
            .purpose
            .as_deref()
            .map(Role::of_purpose)
            .unwrap_or_default();
    }
    let facts = if satcat { "satcat" } else { "database" };
    object.sources.push(note(facts, from));
}

fn fill_owner(object: &mut Object, entry: &Entry, satcat: bool) {
    match &entry.owner {
        Some(owner) if satcat => object.operator = Some(format!("{owner} (SATCAT code)")),
        Some(owner) => object.operator = Some(owner.clone()),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn from(source: &str) -> Provenance {
        Provenance {
            source: source.into(),
            imported: "2026-11-24T00:00:00Z".parse().unwrap(),
            data_until: Some(Date::constant(2025, 12, 1)),
        }
    }

    #[test]
    fn sixty_missions_with_a_source_for_each_figure() {
        let register = Register::load(None::<&Path>, &[]).unwrap();
        let flying = (register.missions().iter()).filter(|m| m.status == Status::InOrbit);
        assert!(flying.count() >= 60);
        let mut instruments = 0;
        for instrument in register.instruments() {
            let facts = serde_json::to_value(instrument).unwrap();
            for figure in ["swath_km", "gsd_m", "max_off_nadir_deg"] {
                let source = facts["sources"][figure].as_str().unwrap_or_default();
                assert!(
                    source.len() > 10,
                    "{}: {figure} has no source",
                    instrument.id
                );
            }
            instruments += 1;
        }
        assert!(instruments >= 100, "{instruments}");
    }

    #[test]
    fn facts_of_many_files_are_of_one_satellite() {
        let register = Register::load(None::<&Path>, &[]).unwrap();
        let names = RoleNames::shipped().unwrap();
        let before = objects(&register, &Imported::default(), &names);
        assert!(
            before
                .iter()
                .all(|o| !o.sources.is_empty() && !o.roles.is_empty())
        );
        let entry = |norad_id, decayed, purpose: Option<&str>| Entry {
            norad_id,
            name: format!("LIST {norad_id}"),
            owner: Some("IND".into()),
            purpose: purpose.map(str::to_string),
            decayed,
            ..Entry::default()
        };
        let set = ElementSet {
            norad_id: 90_001,
            name: "NAVSTAR 99".into(),
            ..ElementSet::default()
        };
        let source = ElementSource {
            source: "new.tle".into(),
            imported: "2026-11-24T00:00:00Z".parse().unwrap(),
        };
        let imported = Imported {
            elements: vec![(set, source)],
            entries: vec![
                (
                    Content::Satcat,
                    entry(40_697, true, None),
                    from("satcat.csv"),
                ),
                (
                    Content::Satcat,
                    entry(90_002, false, None),
                    from("satcat.csv"),
                ),
                (
                    Content::SatelliteDatabase,
                    entry(90_002, false, Some("Communications/Maritime Tracking")),
                    from("ucs.csv"),
                ),
            ],
            ..Imported::default()
        };
        let after = objects(&register, &imported, &names);
        assert_eq!(after.len(), before.len() + 2);
        let of = |id| after.iter().find(|o| o.norad_id == Some(id)).unwrap();
        let sentinel = of(40_697);
        assert_eq!(sentinel.status, ObjectStatus::Decayed);
        assert_eq!(sentinel.name, "SENTINEL-2A");
        assert_ne!(sentinel.operator.as_deref(), Some("IND"));
        let gps = of(90_001);
        assert_eq!(
            (gps.name.as_str(), &gps.roles[..]),
            ("NAVSTAR 99", &[Role::Navigation][..])
        );
        let listed = of(90_002);
        assert_eq!(listed.operator.as_deref(), Some("IND"));
        assert_eq!(listed.roles, [Role::Communication]);
        let notes: Vec<_> = listed
            .sources
            .iter()
            .map(|s| (s.facts, s.source.as_str()))
            .collect();
        assert_eq!(notes, [("satcat", "satcat.csv"), ("database", "ucs.csv")]);
        assert_eq!(
            listed.sources[0].data_until.unwrap().to_string(),
            "2025-12-01"
        );
    }
}
