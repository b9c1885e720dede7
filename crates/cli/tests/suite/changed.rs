//! Nothing of the answer is staged: another area or another threshold method is another answer.

use crate::program::{Program, copy_folder, repository, text};
use serde_json::Value;

const OLINDA: &str = "-34.9150,-8.0390,-34.8275,-7.9520";
const SCENE: &str = "landsat-7-olinda";

/// Adds a watch for water, lets the node work on what is catalogued, gives the watch's answers.
fn answers(program: &Program, name: &str, area: &str) -> Vec<Value> {
    program
        .run(&[
            "watch",
            "add",
            "--area",
            area,
            "--product",
            "water",
            "--name",
            name,
        ])
        .ok();
    let scene = text(&program.scene(SCENE));
    let ran = program.run(&["ingest", &scene]).ok();
    assert!(
        ran.out
            .contains(&format!("answer answers-water/{}", name.to_lowercase())),
        "{ran:?}"
    );
    let shown = program
        .run(&["watch", "show", name, "--format", "json"])
        .ok()
        .json();
    shown["answers"].as_array().unwrap().clone()
}

fn area_km2(answer: &Value) -> f64 {
    answer["area_km2"].as_f64().unwrap()
}

#[test]
fn another_area_is_another_answer() {
    let program = Program::after_demo();
    let shown = program
        .run(&["watch", "show", "olinda-coast", "--format", "json"])
        .ok()
        .json();
    let whole = area_km2(&shown["answers"][0]);
    // The eastern third of the demo's area: the sea.
    let sea = answers(&program, "Sea", "-34.8500,-8.0390,-34.8275,-7.9520");
    assert_eq!(sea.len(), 1, "{sea:?}");
    let sea = area_km2(&sea[0]);
    assert!(sea > 1.0 && sea < whole - 1.0, "{sea} km2 of {whole} km2");
    let again = program
        .run(&["watch", "show", "olinda-coast", "--format", "json"])
        .ok()
        .json();
    assert_eq!(shown, again, "the first answer stays as it was");
}

#[test]
fn another_threshold_method_is_another_answer() {
    let program = Program::after_demo();
    let shown = program
        .run(&["watch", "show", "olinda-coast", "--format", "json"])
        .ok()
        .json();
    let otsu = shown["answers"][0].clone();
    let folder = program.data.join("products/water");
    copy_folder(&repository().join("products/water"), &folder);
    let recipe = std::fs::read_to_string(folder.join("product.toml")).unwrap();
    let fixed = recipe
        .replacen("default = \"otsu\"", "default = \"fixed\"", 1)
        .replacen("default = 0.0", "default = 0.6", 1);
    assert_ne!(fixed, recipe);
    std::fs::write(folder.join("product.toml"), fixed).unwrap();
    let other = answers(&program, "Fixed", OLINDA);
    assert_eq!(other.len(), 1, "{other:?}");
    let (otsu, fixed) = (area_km2(&otsu), area_km2(&other[0]));
    assert!((otsu - fixed).abs() > 0.1, "{otsu} km2 and {fixed} km2");
}
