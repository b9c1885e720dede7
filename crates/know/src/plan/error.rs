//! openEO errors inside of the engine's, also from machine to machine.

use crate::error::{GraphError, SCENE_UNREADABLE};
use crate::process::{self, Process};
use datafusion_common::DataFusionError;
use serde::Deserialize;

/// What stands before an openEO error in the text of an engine's error.
const ERROR_MARK: &str = "openEO error ";

/// A graph's error as the engine carries it, also from machine to machine.
pub fn to_engine_error(error: &GraphError) -> DataFusionError {
    let json = serde_json::json!({
        "code": error.code, "message": error.message, "node": error.node
    });
    DataFusionError::Execution(format!("{ERROR_MARK}{json}"))
}

/// The graph's error that an engine's error carries; `Internal` with the whole text where there is none.
pub fn of_engine_error(error: &DataFusionError) -> GraphError {
    #[derive(Deserialize)]
    struct Carried {
        code: String,
        message: String,
        node: Vec<String>,
    }
    let text = error.to_string();
    let carried = text.find(ERROR_MARK).and_then(|at| {
        let json = &text[at + ERROR_MARK.len()..];
        let mut stream = serde_json::Deserializer::from_str(json).into_iter::<Carried>();
        stream.next()?.ok()
    });
    match carried {
        Some(carried) => GraphError {
            code: known_code(&carried.code),
            message: carried.message,
            node: carried.node,
        },
        None => GraphError::new("Internal", format!("the engine failed: {text}")),
    }
}

/// The code as the program has it: one of the API, or of an exception of a process; others become
/// `Internal`.
fn known_code(code: &str) -> &'static str {
    const OF_THE_API: [&str; 11] = [
        "BandNotFound",
        "CollectionNotFound",
        "FeatureUnsupported",
        "NoDataAvailable",
        "ProcessGraphComplexity",
        "ProcessGraphInvalid",
        "ProcessParameterInvalid",
        "ProcessParameterRequired",
        "ProcessParameterUnsupported",
        "ProcessUnsupported",
        SCENE_UNREADABLE,
    ];
    let of_a_process = || {
        let exceptions = |process: &'static Process| {
            let all = process.definition().json["exceptions"].as_object()?;
            all.keys().find(|known| *known == code)
        };
        process::ALL.iter().copied().find_map(exceptions)
    };
    OF_THE_API
        .into_iter()
        .find(|known| *known == code)
        .or_else(|| of_a_process().map(String::as_str))
        .unwrap_or("Internal")
}
