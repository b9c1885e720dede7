//! One function a parser: it takes any bytes, and neither panics nor takes memory or time beyond
//! its limits. What it accepts is used a little, as the program would.

use bytes::Bytes;
use corridor_orbit::elements::{self, Parsed};
use std::collections::BTreeMap;

/// Most pixels read from a TIFF that opens: enough to reach every code path of the blocks.
const PIXELS_MAX: usize = 1 << 18;

/// A parser of outside bytes.
pub type Parser = fn(&[u8]);

/// All parsers, by the name of their fuzz target and of their folder in `seeds/`.
pub const PARSERS: [(&str, Parser); 40] = [
    ("area", area),
    ("bundle", bundle),
    ("bundle_message", bundle_message),
    ("capture", capture),
    ("cfdp_pdu", cfdp_pdu),
    ("contact_plan", contact_plan),
    ("cube_json", cube_json),
    ("earth_orientation", earth_orientation),
    ("element_csv", element_csv),
    ("element_file", element_file),
    ("element_json", element_json),
    ("element_kvn", element_kvn),
    ("element_xml", element_xml),
    ("ephemeris_kvn", ephemeris_kvn),
    ("expression", expression),
    ("filter", filter),
    ("item", item),
    ("leap_seconds", leap_seconds),
    ("mission", mission),
    ("network_description", network_description),
    ("node_config", node_config),
    ("packet_definitions", packet_definitions),
    ("packets", packets),
    ("pass_schedule", pass_schedule),
    ("places", places),
    ("process_graph", process_graph),
    ("product", product),
    ("register_import", register_import),
    ("scene_description", scene_description),
    ("schedule_instance", schedule_instance),
    ("search", search),
    ("settings", settings),
    ("stapi_request", stapi_request),
    ("stations", stations),
    ("tiff", tiff),
    ("tile_matrix_set", tile_matrix_set),
    ("tile_request", tile_request),
    ("tle", tle),
    ("watch_request", watch_request),
    ("zones", zones),
];

/// Text of the bytes; parsers of text get only text, as the program reads it.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// What was parsed must propagate or be refused.
fn use_elements(parsed: &Parsed) {
    for set in parsed.sets.iter().take(4) {
        if let Ok(trajectory) = corridor_orbit::propagate::Trajectory::from_elements(set) {
            let _ = trajectory.position_itrf(trajectory.epoch());
            let mut states = corridor_orbit::propagate::States::new();
            let far_s = [-1e12, -1e7, 0.0, 1e7, f64::NAN];
            trajectory.fill_teme(trajectory.epoch(), &far_s, &mut states);
            assert_eq!(states.len(), far_s.len());
        }
    }
    for ephemeris in parsed.ephemerides.iter().take(4) {
        assert_eq!(ephemeris.check(), Ok(()), "what is accepted is whole");
        use corridor_orbit::propagate::Trajectory;
        if let Ok(trajectory) = Trajectory::from_ephemeris(ephemeris.clone()) {
            let _ = trajectory.position_itrf(trajectory.epoch());
        }
    }
}

/// What is read is written and read again the same.
fn again(parsed: &Parsed, written: Parsed) {
    use_elements(parsed);
    assert_eq!(written.faults, vec![], "what was read is written well");
    assert_eq!(written.sets, parsed.sets);
}

/// Two-line and three-line element sets.
pub fn tle(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        use_elements(&elements::tle::parse(text, "fuzz"));
    }
}

/// Element sets as CCSDS OMM keywords in CSV.
pub fn element_csv(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        use elements::omm_csv::{parse, write};
        let parsed = parse(text, "fuzz");
        again(&parsed, parse(&write(&parsed.sets, &[]), "written"));
    }
}

/// Element sets as JSON.
pub fn element_json(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        use elements::omm_json::{parse, write};
        let parsed = parse(text, "fuzz");
        again(&parsed, parse(&write(&parsed.sets), "written"));
    }
}

/// Element sets as keyword = value.
pub fn element_kvn(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        use elements::omm_kvn::{parse, write};
        let parsed = parse(text, "fuzz");
        again(&parsed, parse(&write(&parsed.sets, "fuzz"), "written"));
    }
}

/// Element sets and ephemerides as XML.
pub fn element_xml(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        use elements::xml::{parse, write};
        let parsed = parse(text, "fuzz");
        again(&parsed, parse(&write(&parsed.sets, "fuzz"), "written"));
    }
}

/// Ephemerides as keyword = value.
pub fn ephemeris_kvn(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        use_elements(&elements::oem_kvn::parse(text, "fuzz"));
    }
}

/// Files in any of these formats, by the door that the program uses.
pub fn element_file(bytes: &[u8]) {
    let parsed = elements::read("fuzz", bytes);
    let found = parsed.sets.len() + parsed.ephemerides.len() + parsed.faults.len();
    assert!(found > 0, "nothing found and nothing said");
    use_elements(&parsed);
}

/// Scheduling instances in JSON. What reads has figures that can be.
pub fn schedule_instance(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(problem) = corridor_sense::schedule::instance::parse(text)
    {
        assert_eq!(problem.check(), Ok(()));
    }
}

/// Contact plans in every format: what is accepted can be written, read again and routed through.
pub fn contact_plan(bytes: &[u8]) {
    use corridor_transmit::plan::{Format, read, write};
    use corridor_transmit::route::{OwltMargin, Query, Router};
    let Some(text) = text(bytes) else { return };
    let Ok(read_once) = read(text, "fuzz") else {
        return;
    };
    let plan = read_once.plan;
    for format in [
        Format::Own,
        Format::Hdtn,
        Format::Ion,
        Format::Asabr,
        Format::Tvgutil,
    ] {
        let (written, _) = write(&plan, format);
        let _ = read(&written, "written");
    }
    let again = read(&write(&plan, Format::Own).0, "written");
    assert_eq!(
        again.map(|r| r.dropped),
        Ok(vec![]),
        "what is accepted is written well"
    );
    let Ok(mut router) = Router::new(&plan, OwltMargin::default()) else {
        return;
    };
    let nodes = plan.nodes.len().min(3) as u32;
    for to in 0..nodes {
        let query = Query {
            to,
            size_bytes: 100.0,
            ..Query::default()
        };
        if let Ok(Some(route)) = router.route(&query) {
            let _ = router.book(&query, route);
        }
    }
}

/// Instances of antenna schedules, each file as its own passes too.
pub fn pass_schedule(bytes: &[u8]) {
    use corridor_transmit::schedule::{candidates, check::check, greedy, instance};
    let Some(text) = text(bytes) else { return };
    // An instance and its passes in one: parted by the first empty line.
    let (rules, passes) = text.split_once("\n\n").unwrap_or((text, "[]"));
    let Ok(instance) = instance::parse(rules) else {
        return;
    };
    if let Ok(problem) = instance.problem(passes)
        && problem.passes.len() <= 100
    {
        let choice = candidates(&problem);
        let chosen: Vec<_> = greedy(&problem, &choice)
            .iter()
            .map(|i| choice[*i])
            .collect();
        assert_eq!(check(&problem, &chosen), Ok(()));
    }
}

/// Places: GeoJSON features or a list of stations.
pub fn places(bytes: &[u8]) {
    use corridor_sense::place::{features, stations};
    let Some(text) = text(bytes) else { return };
    for read in [features, stations] {
        for place in read("fuzz", text).unwrap_or_default() {
            let p = place.position;
            assert!(p.lon_deg.abs() <= 180.0 && p.lat_deg.abs() <= 90.0);
            assert!(p.height_m.is_finite());
        }
    }
}

/// IERS finals2000A, packed or not.
pub fn earth_orientation(bytes: &[u8]) {
    use corridor_orbit::time::Days;
    if let Ok(table) = corridor_orbit::frame::EarthOrientation::read("fuzz", bytes) {
        let (first, last, _) = table.span_mjd();
        for mjd in [first - 400, first, (first + last) / 2, last, last + 400] {
            let at = table.at(Days::since_j2000(mjd as f64 - 51_544.5 + 0.5));
            assert!(at.accuracy_m > 0.0);
        }
    }
}

/// IERS lists of leap seconds.
pub fn leap_seconds(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(list) = corridor_orbit::time::LeapSeconds::from_iers(text, "fuzz")
    {
        use corridor_orbit::time::Days;
        assert!(list.tai_minus_utc_s(Days::since_j2000(0.0)) >= 0.0);
    }
}

/// Areas in GeoJSON.
pub fn area(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(area) = corridor_sense::area::Area::from_geojson(text)
    {
        let [west, south, east, north] = area.bbox();
        assert!([west, south, east, north].iter().all(|d| d.is_finite()));
        assert!(area.area_km2() >= 0.0);
    }
}

/// TIFF and JPEG 2000 files: directories or boxes, keys and blocks.
pub fn tiff(bytes: &[u8]) {
    use corridor_raster::dataset::Dataset;
    let Ok(dataset) = Dataset::from_bytes(Bytes::copy_from_slice(bytes), "fuzz.tif") else {
        return;
    };
    let _ = corridor_raster::cog::is_cog(&dataset);
    let _ = dataset.grid().footprint_wgs84();
    let grid = dataset.grid();
    let width = grid.width.min(512);
    let height = grid.height.min(PIXELS_MAX / width.max(1));
    let window = corridor_raster::dataset::Window {
        col: 0,
        row: 0,
        width,
        height,
    };
    for band in 0..dataset.bands().min(4) {
        if let Ok(band) = dataset.read(band, window) {
            let _ = corridor_raster::stat::statistics(&band);
        }
    }
}

/// Data cubes written as JSON.
pub fn cube_json(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(json) = serde_json::from_str(text)
        && let Ok(cube) = corridor_know::cube::Cube::from_json(&json)
    {
        assert!(cube.to_json().is_ok());
    }
}

/// Arithmetic over bands.
pub fn expression(bytes: &[u8]) {
    use corridor_raster::band::Band;
    use corridor_raster::expression::Expression;
    if let Some(text) = text(bytes)
        && let Ok(expression) = text.parse::<Expression>()
    {
        let band = || Band::from_f32(2, 1, vec![1.5, f32::NAN]);
        let bands: Result<Vec<Band>, _> = expression.bands().iter().map(|_| band()).collect();
        let _ = bands.and_then(|bands| expression.evaluate(&bands));
    }
}

/// Tile matrix sets in JSON.
pub fn tile_matrix_set(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(set) = corridor_raster::tile::TileMatrixSet::from_json(text)
    {
        let _ = set.grid("0", 0, 0);
        let _ = set.grid("1", u64::MAX, 1);
    }
}

/// Addresses and queries of tiles.
pub fn tile_request(bytes: &[u8]) {
    corridor_node::tiles::read_any(bytes);
}

/// GeoJSON of polygons, laid on a grid.
pub fn zones(bytes: &[u8]) {
    use corridor_raster::grid::{Crs, Grid};
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return;
    };
    let Ok((crs, features)) = corridor_know::zones::polygons_of_geojson(&json) else {
        return;
    };
    let grid = Grid::new(Crs::wgs84(), [-10.0, 0.5, 0.0, 10.0, 0.0, -0.5], 40, 40);
    let Ok(layer) = corridor_know::zones::Layer::new(&crs, &grid) else {
        return;
    };
    for feature in features.iter().take(8) {
        if let Ok(Some(zone)) = layer.zone(&feature.polygons) {
            let mut rows = zone.rows();
            while let Some(parts) = rows.next_row() {
                assert!(parts.iter().all(|p| (0.0..=1.0).contains(p)));
            }
        }
    }
}

/// openEO process graphs, also as the user's own process that they may call.
pub fn process_graph(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(text)
    {
        let own = |_: &str| {
            Some(corridor_know::graph::UserProcess {
                process_graph: json.clone(),
                parameters: serde_json::json!([{"name": "x", "default": 1}]),
            })
        };
        let _ = corridor_know::graph::expand(&json, &own);
    }
    if let Some(text) = text(bytes)
        && let Ok(graph) = corridor_know::graph::ProcessGraph::from_text(text)
    {
        assert_eq!(graph.order().len(), graph.nodes().len());
        let _ = corridor_know::graph::validate(&graph, &[]);
    }
}

/// `*.scene.json`.
pub fn scene_description(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        let _ = corridor_watch::scene::SceneDescription::parse(text, "fuzz.scene.json");
    }
}

/// STAC Items: as they are catalogued, and as scenes of someone else.
pub fn item(bytes: &[u8]) {
    use corridor_catalog::Item;
    use corridor_watch::scene::{Base, ItemScene};
    if let Some(text) = text(bytes) {
        for base in [
            Base::Folder("scenes".into()),
            Base::Address("https://example.org/a/item.json".into()),
        ] {
            if let Ok(scene) = ItemScene::parse(text, "fuzz.json", &base) {
                let names = scene.description.files.values();
                assert!(names.into_iter().all(|name| !name.contains(['/', '\\'])));
                assert_eq!(scene.description.files.len(), scene.places.len());
            }
        }
    }
    if let Ok(item) = serde_json::from_slice::<Item>(bytes) {
        let _ = item.time_range();
        let written = serde_json::to_vec(&item).unwrap_or_default();
        let again: Item = serde_json::from_slice(&written).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(again.id, item.id);
    }
}

/// The parts of a STAC search: a line each of time, box and order.
pub fn search(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut lines = text.lines();
    if let Some(line) = lines.next()
        && let Ok(interval) = line.parse::<corridor_catalog::Interval>()
        && let (Some(start), Some(end)) = (interval.start(), interval.end())
    {
        assert!(start <= end);
    }
    if let Some(line) = lines.next()
        && let Ok(bbox) = line.parse::<corridor_catalog::Bbox>()
    {
        let _ = bbox.rectangles();
    }
    if let Some(line) = lines.next() {
        let _ = corridor_catalog::store::SortKey::parse_list(line);
    }
}

/// CQL2 filters, as text and as JSON.
pub fn filter(bytes: &[u8]) {
    use corridor_catalog::Filter;
    let Some(text) = text(bytes) else { return };
    let item = serde_json::json!({"id": "a", "properties": {"n": 1, "s": "x"}});
    let read = Filter::from_text(text).ok().or_else(|| {
        serde_json::from_str(text)
            .ok()
            .and_then(|json| Filter::from_json(&json).ok())
    });
    if let Some(filter) = read {
        let _ = filter.matches(&item);
        assert!(
            Filter::from_json(&filter.to_json()).is_ok(),
            "{text} is written well"
        );
    }
}

/// Payloads of bundles.
pub fn bundle_message(bytes: &[u8]) {
    use corridor_transmit::bundle::message::decode;
    if let Ok(message) = decode(&Bytes::copy_from_slice(bytes)) {
        let written = message.encode().unwrap_or_else(|e| panic!("{e}"));
        assert!(decode(&Bytes::from(written)).is_ok());
    }
}

/// Mission files of the register.
pub fn mission(bytes: &[u8]) {
    register_file("missions/fuzz.toml", bytes);
}

/// Bodies of searches and orders of the Sensor Tasking API.
pub fn stapi_request(bytes: &[u8]) {
    corridor_node::stapi::request::read_any(bytes);
}

/// Station files of the register.
pub fn stations(bytes: &[u8]) {
    register_file("stations.toml", bytes);
}

fn register_file(path: &str, bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let files = BTreeMap::from([(path.to_string(), text.to_string())]);
    if let Ok(register) = corridor_watch::register::Register::from_files(&files, &[]) {
        let _ = register.summaries();
    }
}

/// Files that the register takes in: SATCAT, the UCS Satellite Database, transmitters, stations.
pub fn register_import(bytes: &[u8]) {
    use corridor_watch::register::read::{Read, read};
    match read("fuzz", bytes) {
        Read::Elements(parsed) => use_elements(&parsed),
        Read::Satellites(_, found) => {
            assert!(found.records.iter().all(|e| e.norad_id > 0));
        }
        Read::Transmitters(found) => {
            assert!(found.records.iter().all(|t| t.norad_id > 0));
        }
        Read::Stations(found) => {
            assert!(found.records.iter().all(|s| s.check().is_ok()));
        }
    }
}

/// `settings.toml` of a data folder.
pub fn settings(bytes: &[u8]) {
    if let Some(text) = text(bytes)
        && let Ok(defaults) = corridor_watch::register::shipped_assumptions()
    {
        let _ = corridor_watch::settings::Settings::read(&defaults, Some(text));
    }
}

/// `node.toml`.
pub fn node_config(bytes: &[u8]) {
    if let Some(text) = text(bytes) {
        let _ = corridor_node::NodeConfig::from_toml(text, "fuzz.toml");
    }
}

/// `product.toml`, in a folder without graphs.
pub fn product(bytes: &[u8]) {
    if let Ok(folder) = tempfile::tempdir()
        && std::fs::write(folder.path().join("product.toml"), bytes).is_ok()
    {
        let _ = corridor_know::product::Product::load(folder.path());
    }
}

/// The description of a user's network, beside a network that is none.
pub fn network_description(bytes: &[u8]) {
    use corridor_know::model::Model;
    if let Ok(folder) = tempfile::tempdir()
        && std::fs::write(folder.path().join("network.onnx"), b"none").is_ok()
        && std::fs::write(folder.path().join("network.toml"), bytes).is_ok()
        && let Ok(model) = Model::open(&folder.path().join("network.toml"))
        && let Some(clouds) = corridor_know::product::Product::find("clouds")
    {
        let _ = clouds.by_model(&model);
        let bands = vec![vec![0.0]; model.description().bands.len()];
        assert!(model.judge(&bands, (1, 1), &|| Ok(())).is_err());
    }
}

/// Requests for a watch, as posted.
pub fn watch_request(bytes: &[u8]) {
    use corridor_watch::request::NewWatch;
    if let Ok(new) = serde_json::from_slice::<NewWatch>(bytes) {
        let products = ["water".to_string()];
        if let Ok(watch) = new.check(&products, jiff::Timestamp::UNIX_EPOCH) {
            let area = watch.area();
            assert!(area.is_ok(), "an accepted area reads again: {area:?}");
        }
    }
}

/// Bundles.
pub fn bundle(bytes: &[u8]) {
    use corridor_transmit::bundle::inspect::{KeySet, inspect};
    let seen = inspect(bytes, &KeySet::EMPTY, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(seen.accepted, seen.clause.is_none());
}

/// Captures of downlinks: bits, frames or packets. Whole and in pieces they are the same.
pub fn capture(bytes: &[u8]) {
    use corridor_transmit::decode::Capture;
    use corridor_transmit::frame::{detect::Known, sync::Strictness};
    let read = |piece: usize| {
        let mut capture = Capture::new(Known::default(), Strictness::default());
        let mut packets = 0_u64;
        for piece in bytes.chunks(piece) {
            capture
                .push(piece, |_| packets += 1)
                .map_err(|e| e.to_string())?;
        }
        let report = capture
            .finish(|_| packets += 1)
            .map_err(|e| e.to_string())?;
        Ok::<_, String>((packets, format!("{report:?}")))
    };
    assert_eq!(read(bytes.len().max(1)), read(33));
}

/// Protocol data units of CFDP.
pub fn cfdp_pdu(bytes: &[u8]) {
    use corridor_transmit::cfdp::pdu::{decode, encode};
    if let Ok(pdu) = decode(bytes) {
        let written = encode(&pdu).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(decode(&written).as_ref(), Ok(&pdu));
    }
}

/// Packet definitions, used on a few packets.
pub fn packet_definitions(bytes: &[u8]) {
    use corridor_transmit::packet::xtce::Definitions;
    if let Some(Ok(definitions)) = text(bytes).map(Definitions::from_xtce) {
        let names: Vec<&str> = definitions.packets().take(8).collect();
        for name in names {
            let _ = definitions.fields(name);
        }
        for packet in [&[][..], &[0; 7], &[0xff; 70], bytes] {
            let _ = definitions.decode(packet);
        }
    }
}

/// Space packets one after another, and the times in them.
pub fn packets(bytes: &[u8]) {
    use corridor_transmit::packet::{stream::PacketStream, time};
    let mut stream = PacketStream::default();
    let mut taken = 0;
    let _ = stream.push(bytes, |header, packet| {
        assert_eq!(header.packet_len, packet.len());
        taken += packet.len();
        if let Ok((layout, used)) = time::Layout::from_preamble(&packet[6..], None) {
            let _ = layout.read(&packet[6 + used..]);
        }
        let _ = time::CDS_8.read(&packet[6..]);
    });
    assert!(taken <= bytes.len());
}
