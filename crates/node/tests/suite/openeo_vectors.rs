//! The official vectors of the openEO processes, over HTTP against a served node.
//!
//! Each vector is one request to `/result` with a graph of one node, its arguments as JSON. What
//! JSON has no word for is made by nodes of its own: NaN and infinities by `nan` and `divide`,
//! labelled arrays by `array_create_labeled`, cubes by `cube_from_json`. Results are compared as
//! JSON; where NaN or an infinity is expected, which JSON gives as null, `is_nan` or `is_infinite`
//! is asked of the same graph.
//!
//! Vectors that contradict the definition of their process stand in
//! `tests/reference/openeo_vectors_mended.json5` with the reason: they count as run and not passed,
//! and must pass once mended.
//!
//! The table in `docs/openeo.md` is what this prints: `CORRIDOR_WRITE_DOCS=1` writes it anew, and
//! without that a difference fails.

mod mended;

use crate::data;
use crate::json5::{Json5, parse};
use corridor_know::process;
use corridor_node::{NodeConfig, serve};
use corridor_watch::chain::{Chain, ChainConfig};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Vectors that must be run, of those that may be.
const RUN_LEAST: usize = 1_000;
/// Vectors of one node and plain JSON that must be run.
const PLAIN_LEAST: usize = 600;
/// Least part that must pass: of all that run, of those that do not contradict the definition of
/// their process, and of the plain ones.
const PASSED_LEAST: f64 = 0.955;
const SOUND_PASSED_LEAST: f64 = 0.98;
const PLAIN_PASSED_LEAST: f64 = 0.98;
/// Absolute tolerance of the suite: ten decimals.
const TOLERANCE: f64 = 1e-10;

/// What became of a vector.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    Passed,
    Failed(String),
    Skipped(String),
}

#[derive(Debug, Default, Clone)]
struct Tally {
    run: usize,
    passed: usize,
    plain: usize,
    plain_passed: usize,
    /// Of those run, the ones that contradict the definition of the process.
    contrary: usize,
    contrary_notes: Vec<String>,
    notes: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn official_vectors_pass_over_http() {
    let Some(folder) = data::folder("know/openeo-processes/tests") else {
        return;
    };
    let node = tempfile::tempdir().unwrap();
    let chain = Chain::open(ChainConfig::at(node.path())).await.unwrap();
    let mut config = NodeConfig::default();
    config.bind.set_port(0);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = serve(config, chain, async {
        let _ = stopped.await;
    })
    .await
    .unwrap();
    let url = format!("http://{}/openeo/1.2/result", serving.local_addr());
    let tallies = tokio::task::spawn_blocking(move || all(&folder, &Client::new(url)))
        .await
        .unwrap();
    let _ = stop.send(());
    serving.finished().await;
    let sum = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>();
    let (run, passed) = (sum(|t| t.run), sum(|t| t.passed));
    let (plain, plain_passed) = (sum(|t| t.plain), sum(|t| t.plain_passed));
    println!(
        "over HTTP: {run} run, {passed} passed; of one node: {plain} run, {plain_passed} passed"
    );
    let contrary = sum(|t| t.contrary);
    println!("{contrary} of those run contradict the definition of their process");
    for note in tallies.values().flat_map(|tally| &tally.notes) {
        println!("{note}");
    }
    assert!(
        run >= RUN_LEAST && plain >= PLAIN_LEAST,
        "{run} and {plain} run"
    );
    assert!(
        passed as f64 >= PASSED_LEAST * run as f64,
        "{passed} of {run}"
    );
    let sound = run - contrary;
    assert!(
        passed as f64 >= SOUND_PASSED_LEAST * sound as f64,
        "{passed} of {sound}"
    );
    assert!(
        plain_passed as f64 >= PLAIN_PASSED_LEAST * plain as f64,
        "{plain_passed} of {plain}"
    );
    documented(&table(&tallies));
}

fn all(folder: &Path, client: &Client) -> BTreeMap<String, Tally> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json5"))
        .collect();
    files.sort();
    let mut mended = mended::all();
    let mut tallies = BTreeMap::new();
    for file in files {
        let suite = parse(&std::fs::read_to_string(&file).unwrap());
        let id = suite.get("id").unwrap().text().unwrap().to_string();
        let tests = suite.get("tests").unwrap().items();
        if process::find(&id).is_none() && tests.is_empty() {
            continue;
        }
        let tally: &mut Tally = tallies.entry(id.clone()).or_default();
        for (number, test) in tests.iter().enumerate() {
            let mut vector = Vector::new(folder);
            let fate = match process::find(&id) {
                None => Fate::Skipped("the process is not offered".into()),
                Some(_) => vector.run(&id, test, client),
            };
            if let Fate::Skipped(reason) = &fate {
                tally
                    .notes
                    .push(format!("{id} #{number} skipped: {reason}"));
                continue;
            }
            let passed = fate == Fate::Passed;
            tally.run += 1;
            tally.passed += usize::from(passed);
            if vector.nodes.is_empty() {
                tally.plain += 1;
                tally.plain_passed += usize::from(passed);
            }
            if let Some(mended) = mended.remove(&format!("{id} #{number}")) {
                assert!(!passed, "{id} #{number} passes as it stands");
                let test = mended.apply(&Vector::new(folder).resolved(test).unwrap());
                let fate = Vector::new(folder).run(&id, &test, client);
                assert_eq!(fate, Fate::Passed, "{id} #{number}, mended");
                tally.contrary += 1;
                let note = format!("{id} #{number}: {}", mended.reason);
                tally.contrary_notes.push(note);
            } else if let Fate::Failed(reason) = fate {
                tally.notes.push(format!("{id} #{number} failed: {reason}"));
            }
        }
    }
    let unused: Vec<&String> = mended.keys().collect();
    assert!(unused.is_empty(), "no such vectors: {unused:?}");
    tallies
}

struct Client {
    agent: ureq::Agent,
    url: String,
}

impl Client {
    fn new(url: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build();
        Self {
            agent: config.into(),
            url,
        }
    }

    /// The JSON of the answer, or the code and message of the refusal.
    fn result(&self, graph: &Value) -> Result<Value, (String, String)> {
        let body = json!({"process": {"process_graph": graph}}).to_string();
        let mut response = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .send(body)
            .unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        if response.status().is_success() {
            return Ok(json);
        }
        let word = |name: &str| json[name].as_str().unwrap_or_default().to_string();
        Err((word("code"), word("message")))
    }
}

/// One vector on its way to a graph.
struct Vector<'a> {
    folder: &'a Path,
    /// Nodes that make what JSON cannot say.
    nodes: serde_json::Map<String, Value>,
}

impl<'a> Vector<'a> {
    fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            nodes: serde_json::Map::new(),
        }
    }

    fn run(&mut self, id: &str, test: &Json5, client: &Client) -> Fate {
        let Some(Json5::Object(given)) = test.get("arguments") else {
            return Fate::Skipped("it has no arguments".into());
        };
        let mut arguments = serde_json::Map::new();
        for (name, value) in given {
            match self.argument(value) {
                Ok(value) => arguments.insert(name.clone(), value),
                Err(reason) => return Fate::Skipped(reason),
            };
        }
        let expected = match test.get("returns").map(|v| self.resolve(v)).transpose() {
            Ok(expected) => expected,
            Err(reason) => return Fate::Skipped(reason),
        };
        let mut graph = self.nodes.clone();
        let node = json!({"process_id": id, "arguments": arguments, "result": true});
        graph.insert("vector".into(), node);
        let graph = Value::Object(graph);
        match (client.result(&graph), &expected, test.get("throws")) {
            (Ok(value), Some(expected), _) => {
                let delta = match test.get("delta") {
                    Some(Json5::Number(delta)) => *delta,
                    _ => TOLERANCE,
                };
                let compare = Compare {
                    client,
                    graph: &graph,
                    delta,
                };
                match compare.result(&value, expected) {
                    Ok(()) => Fate::Passed,
                    Err(reason) => Fate::Failed(reason),
                }
            }
            (Ok(value), None, Some(code)) => {
                Fate::Failed(format!("{code:?} expected, {} came", short(&value)))
            }
            (Ok(_), None, None) => Fate::Skipped("it expects nothing".into()),
            (Err(_), _, Some(Json5::Boolean(true))) => Fate::Passed,
            (Err((code, _)), _, Some(Json5::Text(wanted))) if code == *wanted => Fate::Passed,
            (Err((code, message)), _, _) => Fate::Failed(format!("{code}: {message}")),
        }
    }

    /// A vector with the files that its arguments and result refer to in their places.
    fn resolved(&self, test: &Json5) -> Result<Json5, String> {
        let mut test = test.clone();
        if let Json5::Object(members) = &mut test {
            if let Some(returns) = members.get_mut("returns") {
                *returns = self.resolve(returns)?;
            }
            if let Some(Json5::Object(arguments)) = members.get_mut("arguments") {
                for argument in arguments.values_mut() {
                    *argument = self.resolve(argument)?;
                }
            }
        }
        Ok(test)
    }

    fn resolve(&self, value: &Json5) -> Result<Json5, String> {
        let Some(file) = value.get("$ref").and_then(Json5::text) else {
            return Ok(value.clone());
        };
        let text = std::fs::read_to_string(self.folder.join(file))
            .map_err(|_| format!("it refers to {file}, which the suite does not have"))?;
        Ok(match file.ends_with("json5") {
            true => parse(&text),
            false => Json5::Text(text),
        })
    }

    fn node(&mut self, name: &str, process: &str, arguments: Value) -> Value {
        let name = match self.nodes.contains_key(name) && self.nodes[name]["arguments"] != arguments
        {
            true => format!("{name}{}", self.nodes.len()),
            false => name.to_string(),
        };
        let node = json!({"process_id": process, "arguments": arguments});
        self.nodes.insert(name.clone(), node);
        json!({ "from_node": name })
    }

    fn argument(&mut self, json: &Json5) -> Result<Value, String> {
        let json = &self.resolve(json)?;
        Ok(match json {
            Json5::Number(number) if number.is_nan() => self.node("nan", "nan", json!({})),
            Json5::Number(number) if number.is_infinite() => {
                let name = if *number > 0.0 { "inf" } else { "minus_inf" };
                self.node(name, "divide", json!({"x": number.signum(), "y": 0}))
            }
            Json5::Array(items) => items
                .iter()
                .map(|item| self.argument(item))
                .collect::<Result<_, _>>()?,
            Json5::Object(members) => match members.get("type").and_then(Json5::text) {
                Some("nodata") => Value::Null,
                Some("datetime") => members["value"].text().unwrap().into(),
                Some("labeled-array") => {
                    let mut labels = Vec::new();
                    let mut values = Vec::new();
                    for item in members["data"].items() {
                        labels.push(plain(item.get("key").unwrap())?);
                        values.push(self.argument(item.get("value").unwrap())?);
                    }
                    self.node(
                        "labelled",
                        "array_create_labeled",
                        json!({"data": values, "labels": labels}),
                    )
                }
                Some("datacube") => {
                    let cube = plain(&without_nan(json)?)?;
                    self.node("cube", "cube_from_json", json!({ "data": cube }))
                }
                _ if members.contains_key("process_graph") => repaired(&plain(json)?),
                _ => members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), self.argument(member)?)))
                    .collect::<Result<serde_json::Map<_, _>, String>>()?
                    .into(),
            },
            other => plain(other)?,
        })
    }
}

/// JSON of what JSON can say.
fn plain(json: &Json5) -> Result<Value, String> {
    Ok(match json {
        Json5::Null => Value::Null,
        Json5::Boolean(truth) => (*truth).into(),
        Json5::Number(number) if !number.is_finite() => {
            return Err(format!("{number} stands where no node can make it"));
        }
        Json5::Number(number) if number.fract().abs() == 0.0 && number.abs() < 1e15 => {
            (*number as i64).into()
        }
        Json5::Number(number) => json!(number),
        Json5::Text(text) => text.clone().into(),
        Json5::Array(items) => items.iter().map(plain).collect::<Result<_, _>>()?,
        Json5::Object(members) => members
            .iter()
            .map(|(name, member)| Ok((name.clone(), plain(member)?)))
            .collect::<Result<serde_json::Map<_, _>, String>>()?
            .into(),
    })
}

/// A cube whose NaN are null: no data.
fn without_nan(json: &Json5) -> Result<Json5, String> {
    Ok(match json {
        Json5::Number(number) if number.is_nan() => Json5::Null,
        Json5::Array(items) => {
            Json5::Array(items.iter().map(without_nan).collect::<Result<_, _>>()?)
        }
        Json5::Object(members) => Json5::Object(
            members
                .iter()
                .map(|(name, member)| Ok((name.clone(), without_nan(member)?)))
                .collect::<Result<_, String>>()?,
        ),
        other => other.clone(),
    })
}

/// Some vectors write `from_argument`, which openEO does not know: it means the node of that name,
/// else the parameter.
fn repaired(graph: &Value) -> Value {
    fn walk(value: &mut Value, nodes: &[String]) {
        if let Some(name) = value
            .get("from_argument")
            .and_then(Value::as_str)
            .map(str::to_string)
        {
            let key = match nodes.contains(&name) {
                true => "from_node",
                false => "from_parameter",
            };
            *value = json!({ key: name });
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, nodes)),
            Value::Object(members) => members.values_mut().for_each(|member| walk(member, nodes)),
            _ => {}
        }
    }
    let nodes = graph["process_graph"].as_object();
    let nodes: Vec<String> = nodes
        .map(|n| n.keys().cloned().collect())
        .unwrap_or_default();
    let mut graph = graph.clone();
    walk(&mut graph, &nodes);
    graph
}

struct Compare<'a> {
    client: &'a Client,
    graph: &'a Value,
    delta: f64,
}

impl Compare<'_> {
    /// Compares a whole result, asking again for what JSON does not show.
    fn result(&self, value: &Value, expected: &Json5) -> Result<(), String> {
        self.same(value, expected)?;
        match expected {
            Json5::Number(number) if number.is_nan() => self.holds("is_nan"),
            Json5::Number(number) if number.is_infinite() => self.holds("is_infinite"),
            Json5::Object(members)
                if members.get("type").and_then(Json5::text) == Some("labeled-array") =>
            {
                let labels: Vec<Json5> = members["data"]
                    .items()
                    .iter()
                    .map(|item| item.get("key").unwrap().clone())
                    .collect();
                let shown = self.ask("array_labels", "data")?;
                self.same(&shown, &Json5::Array(labels))
            }
            _ => Ok(()),
        }
    }

    /// What a process says of the same graph's result.
    fn ask(&self, process: &str, parameter: &str) -> Result<Value, String> {
        let mut graph = self.graph.clone();
        if let Some(node) = graph["vector"].as_object_mut() {
            node.remove("result");
        }
        graph["asked"] = json!({"process_id": process, "result": true,
            "arguments": {parameter: {"from_node": "vector"}}});
        self.client
            .result(&graph)
            .map_err(|(code, message)| format!("{process}: {code}: {message}"))
    }

    fn holds(&self, process: &str) -> Result<(), String> {
        match self.ask(process, "x")? {
            Value::Bool(true) => Ok(()),
            other => Err(format!("{process} gives {other}")),
        }
    }

    fn same(&self, value: &Value, expected: &Json5) -> Result<(), String> {
        let differ = || {
            Err(format!(
                "{} expected, {} came",
                shown(expected),
                short(value)
            ))
        };
        match (value, expected) {
            (Value::Null, Json5::Null) => Ok(()),
            (Value::Null, Json5::Number(number)) if !number.is_finite() => Ok(()),
            (Value::Bool(a), Json5::Boolean(b)) if a == b => Ok(()),
            (Value::Number(a), Json5::Number(b)) => {
                let a = a.as_f64().unwrap_or(f64::NAN);
                if (a - b).abs() <= self.delta {
                    Ok(())
                } else {
                    differ()
                }
            }
            (Value::String(a), Json5::Text(b)) if a == b => Ok(()),
            (Value::Array(a), Json5::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).try_for_each(|(a, b)| self.same(a, b))
            }
            (value, Json5::Object(members)) => {
                match (value, members.get("type").and_then(Json5::text)) {
                    (Value::Null, Some("nodata")) => Ok(()),
                    (Value::String(text), Some("datetime")) => {
                        let wanted = members["value"].text().unwrap();
                        if instant(text).is_some() && instant(text) == instant(wanted) {
                            Ok(())
                        } else {
                            differ()
                        }
                    }
                    (Value::Array(values), Some("labeled-array")) => {
                        let items = members["data"].items();
                        if values.len() != items.len() {
                            return differ();
                        }
                        values.iter().zip(items).try_for_each(|(value, item)| {
                            self.same(value, item.get("value").unwrap())
                        })
                    }
                    (Value::Object(_), Some("datacube")) => self.same_cube(value, expected),
                    (Value::Object(own), None) => {
                        members
                            .iter()
                            .try_for_each(|(name, member)| match own.get(name) {
                                Some(value) => self.same(value, member),
                                None => differ(),
                            })
                    }
                    _ => differ(),
                }
            }
            _ => differ(),
        }
    }

    fn same_cube(&self, value: &Value, expected: &Json5) -> Result<(), String> {
        // One vector of no data writes "order: " for "order": its dimensions say what is expected.
        let order: Vec<String> = match (expected.get("order"), expected.get("dimensions")) {
            (Some(order), _) => order
                .items()
                .iter()
                .map(|name| name.text().unwrap().to_string())
                .collect(),
            (None, Some(Json5::Object(dimensions))) => dimensions.keys().cloned().collect(),
            _ => return Err("neither order nor dimensions are expected".into()),
        };
        let own: Vec<String> = value["order"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_string())
            .collect();
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        if sorted(&order) != sorted(&own) {
            return Err(format!("dimensions {order:?} expected, {own:?} came"));
        }
        for name in &order {
            let wanted = expected
                .get("dimensions")
                .and_then(|d| d.get(name))
                .unwrap();
            let came = &value["dimensions"][name];
            if wanted.get("type").and_then(Json5::text) != came["type"].as_str() {
                return Err(format!("{name}: {} came", came["type"]));
            }
            let labels = came["values"].as_array().unwrap();
            let values = wanted.get("values").unwrap().items();
            let equal = labels.len() == values.len()
                && labels.iter().zip(values).all(|(a, b)| same_label(a, b));
            if !equal {
                return Err(format!(
                    "{name}: {} expected, {} came",
                    shown(&Json5::Array(values.to_vec())),
                    short(&came["values"])
                ));
            }
        }
        if matches!(expected.get("data"), Some(Json5::Null) | None) {
            return Ok(());
        }
        if expected.get("order").is_none() {
            return Err("the order of the expected samples is not said".into());
        }
        let nodata: Vec<f64> = match expected.get("nodata") {
            Some(Json5::Array(all)) => all.iter().filter_map(number).collect(),
            Some(one) => number(one).into_iter().collect(),
            None => Vec::new(),
        };
        // The order of dimensions carries no meaning in openEO.
        let places: Vec<usize> = own
            .iter()
            .map(|name| order.iter().position(|n| n == name).unwrap())
            .collect();
        self.same_samples(
            &value["data"],
            expected.get("data").unwrap(),
            &places,
            &nodata,
            &mut Vec::new(),
        )
    }

    fn same_samples(
        &self,
        value: &Value,
        expected: &Json5,
        places: &[usize],
        nodata: &[f64],
        steps: &mut Vec<usize>,
    ) -> Result<(), String> {
        if steps.len() < places.len() {
            let Value::Array(items) = value else {
                return Err("fewer dimensions than names".into());
            };
            for (step, item) in items.iter().enumerate() {
                steps.push(step);
                self.same_samples(item, expected, places, nodata, steps)?;
                steps.pop();
            }
            return Ok(());
        }
        let mut wanted = expected;
        for place in 0..places.len() {
            let step = places.iter().position(|p| *p == place).unwrap();
            wanted = wanted
                .items()
                .get(steps[step])
                .ok_or("fewer samples than labels")?;
        }
        let missing = |n: f64| n.is_nan() || nodata.iter().any(|d| d.total_cmp(&n).is_eq());
        let equal = match (value, wanted) {
            (Value::Null, Json5::Number(n)) => missing(*n) || n.is_infinite(),
            (Value::Null, Json5::Null) => true,
            // A cube without dimensions has one sample; the suite writes that it is none as [].
            (Value::Null, Json5::Array(items)) => items.is_empty(),
            (Value::Number(a), Json5::Number(b)) => {
                !missing(*b) && (a.as_f64().unwrap_or(f64::NAN) - b).abs() <= self.delta
            }
            (Value::Number(a), Json5::Boolean(b)) => a.as_f64() == Some(f64::from(u8::from(*b))),
            _ => false,
        };
        match equal {
            true => Ok(()),
            false => Err(format!(
                "at {steps:?}: {} expected, {value} came",
                shown(wanted)
            )),
        }
    }
}

fn number(json: &Json5) -> Option<f64> {
    match json {
        Json5::Number(number) => Some(*number),
        _ => None,
    }
}

fn same_label(came: &Value, wanted: &Json5) -> bool {
    match (came, wanted) {
        (Value::Number(a), Json5::Number(b)) => a.as_f64().is_some_and(|a| a.total_cmp(b).is_eq()),
        (Value::String(a), Json5::Text(b)) => {
            a == b || (instant(a).is_some() && instant(a) == instant(b))
        }
        _ => false,
    }
}

fn instant(text: &str) -> Option<jiff::Timestamp> {
    corridor_know::extent::instant(text)
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A value as the documents show it, on one line.
fn shown(json: &Json5) -> String {
    let text = match json {
        Json5::Number(number) => number.to_string(),
        Json5::Array(items) => format!(
            "[{}]",
            items.iter().map(shown).collect::<Vec<_>>().join(",")
        ),
        Json5::Text(text) => format!("{text:?}"),
        Json5::Boolean(truth) => truth.to_string(),
        Json5::Null => "null".into(),
        Json5::Object(members) => match members.get("type").and_then(Json5::text) {
            Some(kind) => format!("a {kind}"),
            None => "an object".into(),
        },
    };
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole as f64)
}

fn table(tallies: &BTreeMap<String, Tally>) -> String {
    let sum = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>();
    let mut text = format!(
        "{} vectors run, {} passed ({}). {} of those that did not pass contradict the definition of \
         their process and are listed below; of the other {}, {} passed. One node of plain JSON: {} \
         run, {} passed ({}).\n\n",
        sum(|t| t.run),
        sum(|t| t.passed),
        percent(sum(|t| t.passed), sum(|t| t.run)),
        sum(|t| t.contrary),
        sum(|t| t.run) - sum(|t| t.contrary),
        percent(sum(|t| t.passed), sum(|t| t.run) - sum(|t| t.contrary)),
        sum(|t| t.plain),
        sum(|t| t.plain_passed),
        percent(sum(|t| t.plain_passed), sum(|t| t.plain)),
    );
    text.push_str(
        "| process | vectors run | passed | own cases, values by |\n| --- | ---: | ---: | --- |\n",
    );
    let cases = cases();
    for process in process::ALL {
        let tally = tallies.get(process.id).cloned().unwrap_or_default();
        let vectors = match tally.run {
            0 => "none there are | ".to_string(),
            run => format!("{run} | {}", tally.passed),
        };
        let own = match cases.get(process.id) {
            None => String::new(),
            Some((count, by)) => {
                let by: Vec<&str> = by.iter().map(String::as_str).collect();
                format!("{count}: {}", by.join(", "))
            }
        };
        writeln!(text, "| `{}` | {vectors} | {own} |", process.id).unwrap();
    }
    let mut list = |heading: &str, of: fn(&Tally) -> &Vec<String>| {
        write!(text, "\n{heading}\n\n").unwrap();
        for note in tallies.values().flat_map(of) {
            let note = note.replace('|', "/").replace('\n', " ");
            writeln!(text, "- {note}").unwrap();
        }
    };
    list(
        "Vectors that contradict the definition of their process, or data of their own suite. They \
         count as run and not as passed; mended, each passes:",
        |tally| &tally.contrary_notes,
    );
    list("Other vectors that fail or are skipped:", |tally| {
        &tally.notes
    });
    text
}

/// For each process the cases of `crates/know` that use it, and the programs whose values they are.
fn cases() -> BTreeMap<String, (usize, BTreeSet<String>)> {
    let reference = include_str!("../../../know/tests/reference/cubes.json");
    let reference: Value = serde_json::from_str(reference).unwrap();
    let mut all: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    for case in reference["cases"].as_array().unwrap() {
        // `scipy.ndimage.correlate, shapely`: the programs, without what of them.
        let program = |word: &str| word.split(['.', ' ']).next().unwrap_or(word).to_string();
        let by = case["by"].as_str().unwrap().split(", ").map(program);
        for process in case["processes"].as_array().unwrap() {
            let (count, programs) = all.entry(process.as_str().unwrap().into()).or_default();
            *count += 1;
            programs.extend(by.clone());
        }
    }
    all
}

/// Holds the table against the one in the documents.
fn documented(table: &str) {
    const BEGIN: &str = "<!-- vectors: written by the test openeo_vectors -->\n";
    const END: &str = "<!-- vectors: end -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openeo.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text
        .split_once(BEGIN)
        .expect("docs/openeo.md has the place of the table");
    let (held, after) = rest
        .split_once(END)
        .expect("docs/openeo.md has the end of the table");
    if std::env::var("CORRIDOR_WRITE_DOCS").is_ok_and(|v| v == "1") {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(
            held == table,
            "docs/openeo.md shows another table; write it anew with CORRIDOR_WRITE_DOCS=1:\n{table}"
        );
    }
}
