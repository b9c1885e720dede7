//! Scenes come in whole, once, or not at all.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use corridor_catalog::asset_store::AssetStoreError;
use corridor_catalog::digest::sha256_bytes;
use corridor_catalog::stac::{file, media_type};
use corridor_catalog::store::{Catalog, ErrorClass, Search, SqliteCatalog};
use corridor_catalog::{Asset, AssetStore, Intake, Item, NewScene};
use object_store::memory::InMemory;

use crate::catalog_suite;

/// A data folder with its stores.
pub(crate) async fn open(folder: &Path) -> Intake {
    let catalog = SqliteCatalog::open(&folder.join("corridor.db"))
        .await
        .unwrap();
    catalog
        .put_collection(&catalog_suite::collection("scenes"))
        .await
        .unwrap();
    catalog
        .put_collection(&catalog_suite::collection("answers-water"))
        .await
        .unwrap();
    let assets = AssetStore::local(&folder.join("assets")).unwrap();
    Intake::new(Arc::new(catalog), Arc::new(assets))
}

fn item(id: &str) -> Item {
    catalog_suite::item(id, 0.0, 0.0, "2026-01-01T00:00:00Z")
}

fn scene(folder: &Path, id: &str, files: &[(&str, &[u8])]) -> NewScene {
    let mut all = Vec::new();
    let files = files
        .iter()
        .map(|(name, bytes)| {
            let path = folder.join(format!("{id}-{name}.TIF"));
            std::fs::write(&path, bytes).unwrap();
            all.extend_from_slice(bytes);
            let asset = Asset::new("")
                .with_type(media_type::COG)
                .with_roles(["data"]);
            ((*name).to_owned(), path, asset)
        })
        .collect();
    NewScene {
        files,
        item: item(id),
        sha256: sha256_bytes(&all),
    }
}

/// All regular files below a folder but the lock files.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|e| e != "lock") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_scene_is_stored_described_and_catalogued() {
    let data = tempfile::tempdir().unwrap();
    let intake = open(data.path()).await;
    let big = vec![7_u8; 20 * 1024 * 1024 + 3];
    let scene = scene(data.path(), "one", &[("data", &big), ("mask", b"")]);
    let digest = scene.sha256.clone();
    let accepted = intake.accept(scene.clone()).await.unwrap();
    assert!(accepted.new);
    assert_eq!(
        intake.catalog().item("scenes", "one").await.unwrap(),
        accepted.item
    );
    let asset = &accepted.item.assets["data"];
    let key = AssetStore::key_of_href(&asset.href).unwrap();
    assert!(
        key.starts_with("scenes/scenes/one/data-") && key.ends_with(".tif"),
        "{key}"
    );
    assert_eq!(file::size_bytes(asset), Some(big.len() as u64));
    assert_eq!(file::sha256(asset), Some(sha256_bytes(&big).as_str()));
    assert!(
        accepted
            .item
            .stac_extensions
            .iter()
            .any(|s| s == file::SCHEMA)
    );
    let assets = intake.assets();
    assert_eq!(assets.get(key).await.unwrap(), big);
    assert_eq!(assets.head(key).await.unwrap(), big.len() as u64);
    assert_eq!(assets.get_range(key, 5..9).await.unwrap(), &big[5..9]);
    assert_eq!(assets.get_range(key, 5..5).await.unwrap().len(), 0);
    assert_eq!(
        std::fs::read(assets.path(key).unwrap().unwrap()).unwrap(),
        big
    );
    assert!(intake.verify(&accepted.item).await.unwrap().is_empty());

    // Twice the same is one, whatever it is called.
    let again = intake.accept(scene.clone()).await.unwrap();
    assert_eq!((again.new, &again.item), (false, &accepted.item));
    let renamed = NewScene {
        item: item("other-name"),
        ..scene
    };
    let again = intake.accept(renamed).await.unwrap();
    assert_eq!((again.new, &again.item), (false, &accepted.item));
    assert_eq!(files_below(assets.root().unwrap()).len(), 2);
    let found = intake
        .catalog()
        .item_by_source("scenes", &digest)
        .await
        .unwrap();
    assert_eq!(found, Some(accepted.item));
    assert_eq!(intake.recover().await.unwrap().interrupted, 0);
}

#[tokio::test]
async fn a_new_version_replaces_the_old_one_and_its_files() {
    let data = tempfile::tempdir().unwrap();
    let intake = open(data.path()).await;
    let first = intake
        .accept(scene(data.path(), "one", &[("data", b"v1")]))
        .await
        .unwrap();
    let second = intake
        .accept(scene(data.path(), "one", &[("data", b"v2")]))
        .await
        .unwrap();
    assert!(second.new);
    assert_ne!(
        first.item.assets["data"].href,
        second.item.assets["data"].href
    );
    assert_eq!(files_below(intake.assets().root().unwrap()).len(), 1);
    assert!(intake.verify(&second.item).await.unwrap().is_empty());
    assert_eq!(intake.verify(&first.item).await.unwrap().len(), 1);
    // A file that was lost comes back with the scene.
    let key = AssetStore::key_of_href(&second.item.assets["data"].href).unwrap();
    intake.assets().delete(key).await.unwrap();
    let healed = intake
        .accept(scene(data.path(), "one", &[("data", b"v2")]))
        .await
        .unwrap();
    assert_eq!(
        healed,
        corridor_catalog::Accepted {
            new: false,
            ..second
        }
    );
    assert!(intake.verify(&healed.item).await.unwrap().is_empty());

    assert_eq!(intake.remove("scenes", "one").await.unwrap(), healed.item);
    assert!(files_below(intake.assets().root().unwrap()).is_empty());
    assert_eq!(
        intake.remove("scenes", "one").await.unwrap_err().class(),
        ErrorClass::NotFound
    );
}

#[tokio::test]
async fn answers_have_a_room_of_their_own() {
    let data = tempfile::tempdir().unwrap();
    let intake = open(data.path()).await;
    let mut answer = scene(data.path(), "../one two", &[("mask", b"mask")]);
    answer.item.collection = Some("answers-water".into());
    let accepted = intake.accept(answer).await.unwrap();
    let href = &accepted.item.assets["mask"].href;
    assert!(
        href.starts_with("/assets/answers/answers-water/=2E.=2Fone=20two/mask-"),
        "{href}"
    );
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let data = tempfile::tempdir().unwrap();
    let intake = open(data.path()).await;
    let good = scene(data.path(), "one", &[("data", b"bytes")]);
    let missing = (
        "more".to_owned(),
        data.path().join("none.tif"),
        Asset::default(),
    );
    let twice = vec![good.files[0].clone(), good.files[0].clone()];
    let refused = [
        NewScene {
            sha256: "AB".repeat(32),
            ..good.clone()
        },
        NewScene {
            sha256: "ab".into(),
            ..good.clone()
        },
        NewScene {
            files: vec![],
            ..good.clone()
        },
        NewScene {
            files: twice,
            ..good.clone()
        },
        NewScene {
            item: Item {
                id: String::new(),
                ..good.item.clone()
            },
            ..good.clone()
        },
        NewScene {
            item: Item {
                collection: None,
                ..good.item.clone()
            },
            ..good.clone()
        },
    ];
    for scene in refused {
        let error = intake.accept(scene).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::BadRequest, "{error}");
    }
    let homeless = NewScene {
        item: good.item.clone().in_collection("none"),
        ..good.clone()
    };
    assert_eq!(
        intake.accept(homeless).await.unwrap_err().class(),
        ErrorClass::NotFound
    );
    let half = NewScene {
        files: vec![good.files[0].clone(), missing],
        ..good.clone()
    };
    let error = intake.accept(half).await.unwrap_err();
    assert!(error.to_string().contains("none.tif"), "{error}");
    assert!(files_below(intake.assets().root().unwrap()).is_empty());
    let found = intake.catalog().search(&Search::default()).await.unwrap();
    assert!(found.items.is_empty());
    assert!(intake.accept(good).await.unwrap().new);
}

#[tokio::test]
async fn recovery_removes_what_no_item_names() {
    let data = tempfile::tempdir().unwrap();
    let intake = open(data.path()).await;
    let kept = intake
        .accept(scene(data.path(), "kept", &[("data", b"kept")]))
        .await
        .unwrap();
    let root = intake.assets().root().unwrap().to_owned();
    // As a cut would leave it: a note, files in place and staged, no row; and beside the row of
    // another scene the file of a version that was never committed.
    let leave = |id: &str, names: &[&str]| {
        let note = format!(r#"{{"collection":"scenes","id":"{id}"}}"#);
        let name = sha256_bytes(format!("scenes\n{id}").as_bytes());
        let journal = root.join(".intake/journal");
        std::fs::create_dir_all(&journal).unwrap();
        std::fs::write(journal.join(format!("{name}.json")), note).unwrap();
        std::fs::write(journal.join(format!("{name}.json#1")), "{").unwrap();
        for name in names {
            let folder = root.join("scenes/scenes").join(id);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name), "half").unwrap();
        }
    };
    leave("lost", &["data-00.tif", "mask-00.tif#1"]);
    leave("kept", &["data-11.tif"]);
    let recovered = open(data.path()).await.recover().await.unwrap();
    assert_eq!(recovered.interrupted, 2);
    let mut removed = recovered.removed;
    removed.sort();
    assert_eq!(
        removed,
        [
            "scenes/scenes/kept/data-11.tif",
            "scenes/scenes/lost/data-00.tif"
        ]
    );
    assert_eq!(files_below(&root).len(), 1);
    assert!(intake.verify(&kept.item).await.unwrap().is_empty());
    assert_eq!(intake.recover().await.unwrap().interrupted, 0);
}

#[tokio::test]
async fn the_same_scene_from_many_sides_at_once_is_one() {
    let data = tempfile::tempdir().unwrap();
    let (one, two) = (open(data.path()).await, open(data.path()).await);
    let mut work = tokio::task::JoinSet::new();
    for n in 0..16 {
        let intake = if n % 2 == 0 { one.clone() } else { two.clone() };
        let mut same = scene(data.path(), "same", &[("data", b"same bytes")]);
        same.item.id = format!("name-{}", n % 3);
        work.spawn(async move { intake.accept(same).await.unwrap() });
    }
    let accepted = work.join_all().await;
    assert_eq!(accepted.iter().filter(|a| a.new).count(), 1);
    assert!(accepted.iter().all(|a| a.item == accepted[0].item));
    assert_eq!(files_below(one.assets().root().unwrap()).len(), 1);
}

#[tokio::test]
async fn object_storage_takes_the_place_of_the_folder() {
    let data = tempfile::tempdir().unwrap();
    let catalog = open(data.path()).await.catalog().clone();
    let intake = Intake::new(
        catalog,
        Arc::new(AssetStore::over(Arc::new(InMemory::new()))),
    );
    let big = vec![9_u8; 17 * 1024 * 1024];
    let accepted = intake
        .accept(scene(data.path(), "one", &[("data", &big)]))
        .await
        .unwrap();
    let key = AssetStore::key_of_href(&accepted.item.assets["data"].href).unwrap();
    assert_eq!(intake.assets().get(key).await.unwrap(), big);
    assert_eq!(intake.assets().path(key).unwrap(), None);
    assert!(intake.verify(&accepted.item).await.unwrap().is_empty());
    let next = intake
        .accept(scene(data.path(), "one", &[("data", b"v2")]))
        .await
        .unwrap();
    assert_eq!(intake.assets().list("scenes").await.unwrap().len(), 1);
    assert!(matches!(
        intake.assets().get(key).await,
        Err(AssetStoreError::Unknown(_))
    ));
    intake.remove("scenes", &next.item.id).await.unwrap();
    assert!(intake.assets().list("scenes").await.unwrap().is_empty());
    assert_eq!(intake.recover().await.unwrap().interrupted, 0);
}

/// A folder that cannot be made (a file stands in its place) answers as one without permission
/// does, also to the superuser.
#[tokio::test]
async fn a_folder_that_cannot_be_written_leaves_the_state_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    let intake = open(data.path()).await;
    let root = intake.assets().root().unwrap().to_owned();
    std::fs::write(root.join("scenes"), "in the way").unwrap();
    let one = scene(data.path(), "one", &[("data", b"bytes")]);
    let error = intake.accept(one.clone()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Internal, "{error}");
    assert!(
        intake
            .catalog()
            .item("scenes", "one")
            .await
            .unwrap_err()
            .is_not_found()
    );
    std::fs::remove_file(root.join("scenes")).unwrap();
    intake.recover().await.unwrap();
    assert!(files_below(&root).is_empty());
    assert!(intake.accept(one).await.unwrap().new);
}

const FULL_DISK: &str = "CORRIDOR_TEST_FULL_DISK";

/// In a process that may write no file of more than 2 MiB, as on a full disk.
#[test]
fn a_full_disk_during_intake_leaves_the_state_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    for megabytes in [3, 30] {
        let big = vec![1_u8; megabytes * 1024 * 1024];
        std::fs::write(data.path().join(format!("{megabytes}.tif")), big).unwrap();
    }
    let limited = "trap '' XFSZ; ulimit -f 4096; exec \"$0\" --exact intake::full_disk_child";
    let status = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .env(FULL_DISK, data.path())
        .status()
        .unwrap();
    assert!(status.success());
    assert!(data.path().join("done").exists(), "the child did its part");
}

#[tokio::test]
async fn full_disk_child() {
    let Some(folder) = std::env::var_os(FULL_DISK).map(PathBuf::from) else {
        return;
    };
    let intake = open(&folder).await;
    intake
        .accept(scene(&folder, "before", &[("data", b"small")]))
        .await
        .unwrap();
    let root = intake.assets().root().unwrap().to_owned();
    let files = files_below(&root);
    for name in ["3.tif", "30.tif"] {
        let mut scene = scene(&folder, "big", &[("mask", b"a file that fits")]);
        scene
            .files
            .push(("data".to_owned(), folder.join(name), Asset::default()));
        let error = intake.accept(scene).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Internal, "{error}");
        assert_eq!(files_below(&root), files);
        assert!(
            intake
                .catalog()
                .item("scenes", "big")
                .await
                .unwrap_err()
                .is_not_found()
        );
    }
    intake
        .accept(scene(&folder, "after", &[("data", b"small too")]))
        .await
        .unwrap();
    std::fs::write(folder.join("done"), "").unwrap();
}
