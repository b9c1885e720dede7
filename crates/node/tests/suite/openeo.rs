//! The openEO interface: what a client sees, in its order.

use crate::data::{Answer, TestNode, request};
use axum::body::Body;
use axum::http::{StatusCode, header};
use base64::Engine;
use corridor_node::NodeConfig;
use corridor_node::config::{UserConfig, password_hash};
use corridor_raster::dataset::Dataset;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const BASE: &str = "/openeo/1.2";

/// NDVI of the fixture's Landsat scene.
fn ndvi() -> Value {
    json!({
        "load": {"process_id": "load_collection", "arguments": {
            "id": "scenes", "spatial_extent": null, "temporal_extent": null, "bands": ["B3", "B4"]}},
        "ndvi": {"process_id": "ndvi", "arguments": {
            "data": {"from_node": "load"}, "red": "B3", "nir": "B4"}},
        "t": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "ndvi"}, "dimension": "t",
            "reducer": {"process_graph": {"m": {"process_id": "mean", "result": true,
                "arguments": {"data": {"from_parameter": "data"}}}}}}},
    })
}

fn saved(format: &str) -> Value {
    let mut graph = ndvi();
    graph["save"] = json!({"process_id": "save_result", "result": true,
        "arguments": {"data": {"from_node": "t"}, "format": format}});
    graph
}

fn process(graph: Value) -> Value {
    json!({"process": {"process_graph": graph}})
}

fn sum(x: Value, y: Value) -> Value {
    json!({"add": {"process_id": "add", "arguments": {"x": x, "y": y}, "result": true}})
}

impl TestNode {
    async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        token: Option<&str>,
    ) -> Answer {
        let mut call = request(method, &format!("{BASE}{path}"));
        if let Some(token) = token {
            call = call.header(header::AUTHORIZATION, format!("Bearer basic//{token}"));
        }
        let body = match body {
            Some(body) => {
                call = call.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(call.body(body).unwrap()).await
    }

    async fn result(&self, graph: Value) -> Answer {
        self.post(&format!("{BASE}/result"), &process(graph)).await
    }

    async fn login(&self, name: &str, password: &str) -> Answer {
        let word = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        let call = request("GET", "/openeo/1.2/credentials/basic")
            .header(header::AUTHORIZATION, format!("Basic {word}"));
        self.send(call.body(Body::empty()).unwrap()).await
    }

    /// Starts a job and waits until it has ended; how.
    async fn run_job(&self, id: &str) -> String {
        let started = self
            .call("POST", &format!("/jobs/{id}/results"), None, None)
            .await;
        assert_eq!(started.status, StatusCode::ACCEPTED);
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let job = self
                .call("GET", &format!("/jobs/{id}"), None, None)
                .await
                .json();
            let status = job["status"].as_str().unwrap().to_string();
            if !["queued", "running"].contains(&status.as_str()) {
                return status;
            }
            assert!(Instant::now() < until, "{job}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn new_job(&self, graph: Value) -> String {
        let made = self
            .call("POST", "/jobs", Some(&process(graph)), None)
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.header("openeo-identifier").to_string()
    }
}

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (status, Some(code)),
        "{}",
        answer.text()
    );
    for member in ["id", "message", "links"] {
        assert!(
            !answer.json()[member].is_null(),
            "{member}: {}",
            answer.text()
        );
    }
}

async fn with_users() -> TestNode {
    let user = |name: &str| UserConfig {
        name: name.into(),
        password_hash: password_hash(&format!("{name}'s password")).unwrap(),
    };
    let mut config = NodeConfig {
        users: vec![user("ana"), user("bob")],
        ..NodeConfig::default()
    };
    config.policy.private_collections = vec!["secret".into()];
    TestNode::with(config).await
}

#[tokio::test]
async fn a_client_finds_its_way_from_the_well_known_place() {
    let node = TestNode::open().await;
    let versions = node.get("/.well-known/openeo").await.json();
    assert_eq!(
        versions["versions"][0]["url"],
        "http://127.0.0.1:8080/openeo/1.2"
    );
    let about = node.get(BASE).await.json();
    assert_eq!(about, node.get("/openeo/1.2/").await.json());
    assert_eq!(about["api_version"], "1.2.0");
    let endpoints = about["endpoints"].as_array().unwrap();
    for (path, methods) in [
        ("/collections/{collection_id}/queryables", json!(["GET"])),
        ("/jobs/{job_id}/results", json!(["GET", "POST", "DELETE"])),
        (
            "/process_graphs/{process_graph_id}",
            json!(["GET", "PUT", "DELETE"]),
        ),
        ("/result", json!(["POST"])),
    ] {
        let found = endpoints
            .iter()
            .find(|endpoint| endpoint["path"] == path)
            .unwrap();
        assert_eq!(found["methods"], methods, "{path}");
    }
    let formats = node.get("/openeo/1.2/file_formats").await.json();
    assert!(formats["output"]["GTiff"]["gis_data_types"][0] == "raster");
    assert_eq!(node.get("/openeo/1.2/udf_runtimes").await.json(), json!({}));
    assert_eq!(
        node.get("/openeo/1.2/me").await.json()["user_id"],
        "operator"
    );
    let processes = node.get("/openeo/1.2/processes").await.json();
    assert!(processes["processes"].as_array().unwrap().len() > 130);
    refused(
        &node.get("/openeo/1.2/nothing").await,
        StatusCode::NOT_FOUND,
        "NotFound",
    );
    let wrong = node.call("DELETE", "/processes", None, None).await;
    refused(&wrong, StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed");
}

#[tokio::test]
async fn collections_say_what_their_cubes_are() {
    let node = TestNode::with_secret().await;
    let all = node.get("/openeo/1.2/collections").await.json();
    assert_eq!(all["collections"].as_array().unwrap().len(), 2);
    let scenes = node.get("/openeo/1.2/collections/scenes").await.json();
    assert_eq!(scenes["cube:dimensions"]["bands"]["values"][3], "B4");
    assert_eq!(scenes["cube:dimensions"]["x"]["axis"], "x");
    assert_eq!(scenes["summaries"]["eo:bands"][3]["common_name"], "nir");
    let names = node
        .get("/openeo/1.2/collections/series/queryables")
        .await
        .json();
    assert!(names["properties"]["eo:cloud_cover"].is_object());
    for path in ["secret", "nothing", "secret/queryables"] {
        let answer = node.get(&format!("/openeo/1.2/collections/{path}")).await;
        refused(&answer, StatusCode::NOT_FOUND, "CollectionNotFound");
    }
    let load = |id: &str| {
        json!({"l": {"process_id": "load_collection", "result": true,
        "arguments": {"id": id, "spatial_extent": null, "temporal_extent": null}}})
    };
    refused(
        &node.result(load("secret")).await,
        StatusCode::NOT_FOUND,
        "CollectionNotFound",
    );
}

#[tokio::test]
async fn a_scalar_graph_gives_a_bare_value() {
    let node = TestNode::open().await;
    assert_eq!(
        node.result(sum(json!(1), json!(2.5))).await.json(),
        json!(3.5)
    );
    assert_eq!(
        node.result(sum(json!(1), json!(null))).await.json(),
        json!(null)
    );
    let body = json!({"process": {
        "process_graph": sum(json!({"from_parameter": "a"}), json!(1)),
        "parameters": [{"name": "a", "description": "", "schema": {"type": "number"}, "default": 41}]
    }});
    let answer = node.post("/openeo/1.2/result", &body).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json(), json!(42));
}

#[tokio::test]
async fn wrong_graphs_have_the_codes_of_the_standard() {
    let node = TestNode::open().await;
    let unknown = json!({"a": {"process_id": "nobody", "arguments": {}, "result": true}});
    let cyclic = json!({
        "a": {"process_id": "absolute", "arguments": {"x": {"from_node": "b"}}, "result": true},
        "b": {"process_id": "absolute", "arguments": {"x": {"from_node": "a"}}}
    });
    for (graph, code) in [
        (unknown.clone(), "ProcessUnsupported"),
        (cyclic, "ProcessGraphInvalid"),
        (json!({}), "ProcessGraphMissing"),
        (sum(json!("one"), json!(1)), "ProcessParameterInvalid"),
        (
            json!({"a": {"process_id": "absolute", "arguments": {}, "result": true}}),
            "ProcessParameterRequired",
        ),
        (
            json!({"a": {"process_id": "absolute", "arguments": {"x": 1, "k": 1}, "result": true}}),
            "ProcessParameterUnsupported",
        ),
        (
            sum(json!({"from_parameter": "p"}), json!(1)),
            "ProcessParameterRequired",
        ),
        (saved("BMP"), "ProcessParameterInvalid"),
    ] {
        refused(&node.result(graph).await, StatusCode::BAD_REQUEST, code);
    }
    refused(
        &node.post("/openeo/1.2/result", &json!({})).await,
        StatusCode::BAD_REQUEST,
        "ProcessGraphMissing",
    );
    let checked = node
        .post("/openeo/1.2/validation", &json!({"process_graph": unknown}))
        .await;
    assert_eq!(checked.json()["errors"][0]["code"], "ProcessUnsupported");
    let right = json!({"process_graph": sum(json!(1), json!(1))});
    assert_eq!(
        node.post("/openeo/1.2/validation", &right).await.json(),
        json!({"errors": []})
    );
}

#[tokio::test]
async fn files_come_in_the_format_asked_for() {
    let node = TestNode::open().await;
    let tiff = node.result(saved("GTiff")).await;
    assert_eq!(tiff.status, StatusCode::OK, "{}", tiff.text());
    assert!(tiff.header("content-type").starts_with("image/tiff"));
    let dataset = Dataset::from_bytes(tiff.body.clone(), "result.tif").unwrap();
    assert_eq!((dataset.grid().width, dataset.grid().height), (349, 352));
    let value = dataset.read_band(0).unwrap().value(100, 100).unwrap();
    let scene = Dataset::open(&crate::fixture::scene_file()).unwrap();
    let raw = |band: usize| scene.read_band(band).unwrap().value(100, 100).unwrap();
    let expected = (raw(3) - raw(2)) / (raw(3) + raw(2));
    assert!((value - expected).abs() < 1e-6, "{value} {expected}");
    let netcdf = node.result(saved("netCDF")).await;
    assert_eq!(&netcdf.body[..4], b"CDF\x02");
    for format in ["PNG", "CSV", "JSON"] {
        let answer = node.result(saved(format)).await;
        assert_eq!(answer.status, StatusCode::OK, "{format}: {}", answer.text());
    }
    refused(
        &node.result(saved("GeoJSON")).await,
        StatusCode::BAD_REQUEST,
        "FormatUnsuitable",
    );
}

#[tokio::test]
async fn a_job_is_made_run_looked_at_and_removed() {
    let node = TestNode::open().await;
    let id = node.new_job(saved("GTiff")).await;
    let job = node
        .call("GET", &format!("/jobs/{id}"), None, None)
        .await
        .json();
    assert_eq!(job["status"], "created");
    refused(
        &node
            .call("GET", &format!("/jobs/{id}/results"), None, None)
            .await,
        StatusCode::BAD_REQUEST,
        "JobNotStarted",
    );
    refused(
        &node
            .call("DELETE", &format!("/jobs/{id}/results"), None, None)
            .await,
        StatusCode::BAD_REQUEST,
        "JobNotStarted",
    );
    let patched = node
        .call(
            "PATCH",
            &format!("/jobs/{id}"),
            Some(&json!({"title": "NDVI"})),
            None,
        )
        .await;
    assert_eq!(patched.status, StatusCode::NO_CONTENT);
    for (body, code) in [
        (json!({}), "NoDataForUpdate"),
        (json!({"status": "finished"}), "PropertyNotEditable"),
    ] {
        let answer = node
            .call("PATCH", &format!("/jobs/{id}"), Some(&body), None)
            .await;
        refused(&answer, StatusCode::BAD_REQUEST, code);
    }
    assert_eq!(node.run_job(&id).await, "finished");
    let results = node
        .call("GET", &format!("/jobs/{id}/results"), None, None)
        .await
        .json();
    assert_eq!(
        (results["type"].as_str(), results["title"].as_str()),
        (Some("Collection"), Some("NDVI"))
    );
    let asset = &results["assets"]["result.tif"];
    let path = asset["href"]
        .as_str()
        .unwrap()
        .strip_prefix("http://127.0.0.1:8080")
        .unwrap();
    let file = node.get(path).await;
    assert_eq!(file.body.len() as u64, asset["file:size"].as_u64().unwrap());
    assert!(Dataset::from_bytes(file.body.clone(), "result.tif").is_ok());
    let ranged = request("GET", path).header(header::RANGE, "bytes=0-9");
    let part = node.send(ranged.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (part.status, &part.body[..]),
        (StatusCode::PARTIAL_CONTENT, &file.body[..10])
    );
    // A signature is of this file and time alone.
    for wrong in [
        path.replace("signature=", "signature=00"),
        path.split('?').next().unwrap().to_string(),
    ] {
        refused(&node.get(&wrong).await, StatusCode::NOT_FOUND, "NotFound");
    }
    let canonical = results["links"][1]["href"].as_str().unwrap();
    let signed = node
        .get(canonical.strip_prefix("http://127.0.0.1:8080").unwrap())
        .await;
    assert_eq!(signed.json()["id"], id.as_str());
    let logs = node
        .call("GET", &format!("/jobs/{id}/logs"), None, None)
        .await
        .json();
    let messages: Vec<&str> = logs["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["message"].as_str().unwrap())
        .collect();
    assert!(
        messages.contains(&"running load_collection")
            && messages.iter().any(|m| m.starts_with("finished")),
        "{messages:?}"
    );
    let removed = node
        .call("DELETE", &format!("/jobs/{id}"), None, None)
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    refused(&node.get(path).await, StatusCode::NOT_FOUND, "FileNotFound");
    refused(
        &node.call("GET", &format!("/jobs/{id}"), None, None).await,
        StatusCode::NOT_FOUND,
        "JobNotFound",
    );
}

#[tokio::test]
async fn a_failed_job_says_why_in_its_log() {
    let node = TestNode::open().await;
    let mut graph = ndvi();
    graph["load"]["arguments"]["bands"] = json!(["B3", "B99"]);
    graph["t"]["result"] = json!(true);
    let id = node.new_job(graph).await;
    assert_eq!(node.run_job(&id).await, "error");
    let logs = node
        .call("GET", &format!("/jobs/{id}/logs?level=error"), None, None)
        .await
        .json();
    assert_eq!(logs["logs"][0]["code"], "BandNotFound");
    let results = node
        .call("GET", &format!("/jobs/{id}/results"), None, None)
        .await;
    assert_eq!(results.status, StatusCode::FAILED_DEPENDENCY);
    assert_eq!(results.json()["level"], "error");
}

#[tokio::test]
async fn stored_processes_are_called_like_any_other() {
    let node = TestNode::open().await;
    let double = json!({
        "process_graph": {"m": {"process_id": "multiply", "result": true,
            "arguments": {"x": {"from_parameter": "x"}, "y": {"from_parameter": "by"}}}},
        "parameters": [
            {"name": "x", "description": "", "schema": {"type": "number"}},
            {"name": "by", "description": "", "schema": {"type": "number"}, "optional": true, "default": 2}
        ],
        "summary": "times"
    });
    let put = node
        .call("PUT", "/process_graphs/times", Some(&double), None)
        .await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text());
    let listed = node.call("GET", "/process_graphs", None, None).await.json();
    assert_eq!(listed["processes"][0]["id"], "times");
    let whole = node
        .call("GET", "/process_graphs/times", None, None)
        .await
        .json();
    assert_eq!(whole["process_graph"], double["process_graph"]);
    let call = json!({
        "a": {"process_id": "times", "arguments": {"x": 3}},
        "b": {"process_id": "times", "namespace": "user", "result": true,
              "arguments": {"x": {"from_node": "a"}, "by": 10}}
    });
    assert_eq!(node.result(call).await.json(), json!(60));
    let taken = node
        .call("PUT", "/process_graphs/add", Some(&double), None)
        .await;
    refused(&taken, StatusCode::BAD_REQUEST, "PredefinedProcessExists");
    let broken = node
        .call(
            "PUT",
            "/process_graphs/b",
            Some(&json!({"process_graph": {}})),
            None,
        )
        .await;
    refused(&broken, StatusCode::BAD_REQUEST, "ProcessGraphMissing");
    let gone = node
        .call("DELETE", "/process_graphs/times", None, None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    refused(
        &node.call("GET", "/process_graphs/times", None, None).await,
        StatusCode::NOT_FOUND,
        "ProcessGraphNotFound",
    );
}

#[tokio::test]
async fn users_log_in_and_see_only_what_is_theirs() {
    let node = with_users().await;
    refused(
        &node.login("ana", "wrong").await,
        StatusCode::FORBIDDEN,
        "CredentialsInvalid",
    );
    refused(
        &node.login("nobody", "x").await,
        StatusCode::FORBIDDEN,
        "CredentialsInvalid",
    );
    let login = async |name: &str| {
        let answer = node.login(name, &format!("{name}'s password")).await;
        answer.json()["access_token"].as_str().unwrap().to_string()
    };
    let (ana, bob) = (login("ana").await, login("bob").await);
    let me = node.call("GET", "/me", None, Some(&ana)).await.json();
    assert_eq!(me["user_id"], "ana");
    refused(
        &node.call("GET", "/me", None, Some("wrong")).await,
        StatusCode::FORBIDDEN,
        "TokenInvalid",
    );
    let job = node
        .call("POST", "/jobs", Some(&process(saved("GTiff"))), Some(&ana))
        .await;
    let id = job.header("openeo-identifier").to_string();
    let own = json!({"process_graph": sum(json!(1), json!(1))});
    assert_eq!(
        node.call("PUT", "/process_graphs/two", Some(&own), Some(&ana))
            .await
            .status,
        StatusCode::OK
    );
    let service = json!({"type": "XYZ", "process": {"process_graph": saved("PNG")}});
    let made = node
        .call("POST", "/services", Some(&service), Some(&ana))
        .await;
    let service_id = made.header("openeo-identifier").to_string();
    for token in [Some(bob.as_str()), None] {
        for (path, code) in [
            (format!("/jobs/{id}"), "JobNotFound"),
            (format!("/jobs/{id}/logs"), "JobNotFound"),
            (format!("/jobs/{id}/results"), "JobNotFound"),
            (format!("/jobs/{id}/estimate"), "JobNotFound"),
            ("/process_graphs/two".to_string(), "ProcessGraphNotFound"),
            (format!("/services/{service_id}"), "ServiceNotFound"),
        ] {
            refused(
                &node.call("GET", &path, None, token).await,
                StatusCode::NOT_FOUND,
                code,
            );
        }
        for method in ["DELETE", "POST"] {
            let answer = node
                .call(method, &format!("/jobs/{id}/results"), None, token)
                .await;
            refused(&answer, StatusCode::NOT_FOUND, "JobNotFound");
        }
        for (path, name) in [
            ("/jobs", "jobs"),
            ("/process_graphs", "processes"),
            ("/services", "services"),
        ] {
            let list = node.call("GET", path, None, token).await.json();
            assert_eq!(list[name], json!([]), "{path}");
        }
        let call = json!({"a": {"process_id": "two", "arguments": {}, "result": true}});
        let answer = node
            .call("POST", "/result", Some(&process(call)), token)
            .await;
        refused(&answer, StatusCode::BAD_REQUEST, "ProcessUnsupported");
    }
    let list = node.call("GET", "/jobs", None, Some(&ana)).await.json();
    assert_eq!(list["jobs"][0]["id"], id.as_str());
}

#[tokio::test]
async fn a_map_service_draws_tiles_of_a_graph() {
    let node = TestNode::open().await;
    let mut graph = ndvi();
    graph["scale"] = json!({"process_id": "apply", "result": true, "arguments": {
        "data": {"from_node": "t"},
        "process": {"process_graph": {"s": {"process_id": "linear_scale_range", "result": true,
            "arguments": {"x": {"from_parameter": "x"}, "inputMin": -1, "inputMax": 1, "outputMax": 255}}}}}});
    let body = json!({"type": "xyz", "title": "NDVI", "process": {"process_graph": graph}, "configuration": {"minzoom": 5}});
    let made = node.call("POST", "/services", Some(&body), None).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let id = made.header("openeo-identifier");
    let service = node
        .call("GET", &format!("/services/{id}"), None, None)
        .await
        .json();
    let url = service["url"].as_str().unwrap();
    assert!(url.ends_with("/{z}/{x}/{y}"), "{url}");
    // Olinda: 34.87° W, 8.0° S.
    for (z, x, y, drawn) in [
        (11, 825, 1069, true),
        (14, 6604, 8556, true),
        (8, 103, 133, true),
        (11, 0, 0, false),
    ] {
        let tile = node
            .call("GET", &format!("/xyz/{id}/{z}/{x}/{y}.png"), None, None)
            .await;
        match drawn {
            true => {
                assert_eq!(tile.status, StatusCode::OK, "{z}/{x}/{y}: {}", tile.text());
                assert_eq!(&tile.body[1..4], b"PNG");
            }
            false => assert_eq!(tile.status, StatusCode::NO_CONTENT, "{}", tile.text()),
        }
    }
    let below = node
        .call("GET", &format!("/xyz/{id}/2/1/2"), None, None)
        .await;
    refused(&below, StatusCode::NOT_FOUND, "NotFound");
    let off = node
        .call(
            "PATCH",
            &format!("/services/{id}"),
            Some(&json!({"enabled": false})),
            None,
        )
        .await;
    assert_eq!(off.status, StatusCode::NO_CONTENT);
    let tile = node
        .call("GET", &format!("/xyz/{id}/11/825/1069"), None, None)
        .await;
    refused(&tile, StatusCode::NOT_FOUND, "ServiceNotFound");
    let other = json!({"type": "WMS", "process": {"process_graph": saved("PNG")}});
    let answer = node.call("POST", "/services", Some(&other), None).await;
    refused(&answer, StatusCode::BAD_REQUEST, "ServiceUnsupported");
    assert_eq!(
        node.call("DELETE", &format!("/services/{id}"), None, None)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
}

/// Grey values of a picture of two channels, row by row.
fn grey(picture: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels.chunks(2).map(|pixel| pixel[0]).collect()
}

/// Pixels of 30 m on a tile of 9.5 m: the nearest repeats them, bilinear passes from one to the next.
#[tokio::test]
async fn a_map_service_resamples_as_it_is_told() {
    let node = TestNode::open().await;
    let mut graph = ndvi();
    graph["t"]["result"] = json!(true);
    let mut repeated = Vec::new();
    for method in ["nearest", "bilinear"] {
        let body = json!({"type": "xyz", "process": {"process_graph": graph},
            "configuration": {"rescale": [-1, 1], "resampling": method}});
        let made = node.call("POST", "/services", Some(&body), None).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let id = made.header("openeo-identifier");
        let path = format!("/xyz/{id}/14/6604/8556");
        let tile = node.call("GET", &path, None, None).await;
        assert_eq!(tile.status, StatusCode::OK, "{}", tile.text());
        assert_eq!(tile.header("cross-origin-resource-policy"), "cross-origin");
        let values = grey(&tile.body);
        let same = values.windows(2).filter(|pair| pair[0] == pair[1]).count();
        repeated.push(same as f64 / values.len() as f64);
        // The same again is the same, and a changed service draws anew.
        assert_eq!(node.call("GET", &path, None, None).await.body, tile.body);
        let change = json!({"configuration": {"rescale": [-3, 1], "resampling": method}});
        let service = format!("/services/{id}");
        node.call("PATCH", &service, Some(&change), None).await;
        assert_ne!(node.call("GET", &path, None, None).await.body, tile.body);
    }
    assert!(repeated[0] > 0.6 && repeated[1] < 0.5, "{repeated:?}");
}

#[tokio::test]
async fn costs_are_known_before_a_run_and_too_large_ones_refused_at_once() {
    let node = TestNode::open().await;
    let id = node.new_job(saved("GTiff")).await;
    let estimate = node
        .call("GET", &format!("/jobs/{id}/estimate"), None, None)
        .await
        .json();
    assert!(
        estimate["duration"].as_str().unwrap().starts_with("PT"),
        "{estimate}"
    );
    // Two bands of one date read as bytes, one plane of 32 bits made.
    let pixels = 352 * 349;
    assert_eq!(
        (&estimate["samples"], &estimate["bytes"], &estimate["size"]),
        (&json!(2 * pixels), &json!(2 * pixels), &json!(4 * pixels)),
        "{estimate}"
    );
    assert!(
        estimate["chunks"].as_u64().unwrap() >= 1 && estimate["seconds"].as_f64().unwrap() > 0.0
    );
    assert_eq!(node.run_job(&id).await, "finished");
    let log = node
        .call("GET", &format!("/jobs/{id}/logs"), None, None)
        .await;
    assert!(
        log.text()
            .contains(&format!("reads {} samples", 2 * pixels)),
        "{}",
        log.text()
    );
    let mut body = process(saved("GTiff"));
    body["budget"] = json!(-1);
    let answer = node.call("POST", "/result", Some(&body), None).await;
    refused(&answer, StatusCode::BAD_REQUEST, "BudgetInvalid");
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_with_its_estimate_and_no_pixel_is_read() {
    let node = TestNode::open().await;
    // The pixels are made unreadable, the head with the grid stays.
    let is_tiff = |path: &std::path::Path| path.extension().is_some_and(|e| e == "tif");
    let mut files = vec![node.folder.path().to_path_buf()];
    let mut spoilt = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if is_tiff(&path) {
            let mut bytes = std::fs::read(&path).unwrap();
            let half = bytes.len() / 2;
            bytes[half..].fill(0xaa);
            std::fs::write(&path, bytes).unwrap();
            spoilt += 1;
        }
    }
    assert_eq!(spoilt, 1);
    // Within the limits it is found out.
    let answer = node.result(saved("GTiff")).await;
    refused(
        &answer,
        StatusCode::INTERNAL_SERVER_ERROR,
        "SceneUnreadable",
    );
    let mut config = NodeConfig::default();
    config.limits.synchronous_samples_max = 1_000;
    let strict = TestNode {
        router: corridor_node::router(config, node.chain.clone()).unwrap(),
        ..node
    };
    let answer = strict.result(saved("GTiff")).await;
    refused(&answer, StatusCode::BAD_REQUEST, "ProcessGraphComplexity");
    let said = answer.json();
    assert_eq!(said["estimate"]["samples"], json!(2 * 352 * 349), "{said}");
    for member in ["chunks", "bytes", "seconds", "memory_bytes", "duration"] {
        assert!(!said["estimate"][member].is_null(), "{member}: {said}");
    }
    let message = said["message"].as_str().unwrap();
    assert!(
        message.contains("245696 samples") && message.contains("batch job"),
        "{message}"
    );
}
