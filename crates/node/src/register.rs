//! The register over HTTP: satellites, instruments, stations, missions, and where satellites are.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::route::Route;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// Between positions of a track where the query does not say, seconds.
const STEP_DEFAULT_S: f64 = 60.0;

pub(crate) fn routes() -> Vec<Route> {
    use Action::ReadRegister as Read;
    vec![
        Route::get("/api/register/satellites", Read, satellites),
        Route::get("/api/register/instruments", Read, instruments),
        Route::get("/api/register/stations", Read, stations),
        Route::get("/api/register/missions", Read, missions),
        Route::get("/api/tracks", Read, tracks),
    ]
}

async fn satellites(
    State(node): State<Node>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(Json(node.chain().register().summaries()))
}

async fn instruments(
    State(node): State<Node>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let register = node.chain().register();
    Ok(Json(json!(register.instruments().collect::<Vec<_>>())))
}

async fn missions(
    State(node): State<Node>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(Json(json!(node.chain().register().missions())))
}

/// Stations as GeoJSON points.
async fn stations(
    State(node): State<Node>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let register = node.chain().register();
    let features: Vec<Value> = register
        .stations()
        .map(|station| {
            json!({
                "type": "Feature",
                "id": station.id,
                "geometry": {
                    "type": "Point",
                    "coordinates": [station.lon_deg, station.lat_deg, station.height_m],
                },
                "properties": station,
            })
        })
        .collect();
    let document = json!({ "type": "FeatureCollection", "features": features });
    Ok((
        [(header::CONTENT_TYPE, "application/geo+json")],
        Json(document),
    ))
}

async fn tracks(
    State(node): State<Node>,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let from = query.take_instant("from")?;
    let to = query.take_instant("to")?;
    let step_s = query.take_parsed("step_s", "is not a number of seconds")?;
    let names = query.take_all("satellite");
    query.finish()?;
    let (Some(from), Some(to)) = (from, to) else {
        return Err(Problem::invalid(
            "from, to: both are needed, as in from=2026-11-23T00:00:00Z",
        ));
    };
    let step_s = step_s.unwrap_or(STEP_DEFAULT_S);
    let chain = node.chain().clone();
    let tracks = node
        .work(async move { chain.tracks((from, to), step_s, names).await })
        .await?;
    Ok(Json(tracks?))
}
