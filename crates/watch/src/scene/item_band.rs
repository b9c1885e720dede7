//! The bands of an Item's asset: `bands` of STAC 1.1, or `eo:bands` and `raster:bands` of 1.0.

use super::item::{ItemFault, Reader};
use corridor_catalog::stac::Band;
use serde_json::{Map, Value};

/// Members of a band that STAC 1.1 lets an asset state for all of its bands.
const OF_ALL_BANDS: [&str; 10] = [
    "nodata",
    "data_type",
    "unit",
    "eo:common_name",
    "eo:center_wavelength",
    "eo:full_width_half_max",
    "raster:scale",
    "raster:offset",
    "raster:sampling",
    "raster:spatial_resolution",
];
/// Members of `eo:bands` that are the core's in 1.1.
const OF_THE_CORE_EO: [&str; 2] = ["name", "description"];
/// Members of `raster:bands` that are the core's in 1.1.
const OF_THE_CORE_RASTER: [&str; 6] = [
    "name",
    "description",
    "nodata",
    "data_type",
    "unit",
    "statistics",
];

/// The bands as 1.1 writes them; empty where the asset describes none.
pub(super) fn bands_of(
    reader: &Reader<'_>,
    asset: &Value,
    at: &str,
) -> Result<Vec<Band>, ItemFault> {
    let mut bands = objects(reader, &asset["bands"], &format!("{at}/bands"))?;
    for (member, prefix, core) in [
        ("eo:bands", "eo:", &OF_THE_CORE_EO[..]),
        ("raster:bands", "raster:", &OF_THE_CORE_RASTER[..]),
    ] {
        let at = format!("{at}/{member}");
        let older = objects(reader, &asset[member], &at)?;
        if older.is_empty() {
            continue;
        }
        if !bands.is_empty() && bands.len() != older.len() {
            let right = match bands.len() {
                1 => "1 band is right, as beside it".to_string(),
                many => format!("{many} bands are right, as beside it"),
            };
            return Err(reader.fault(&at, &asset[member], right));
        }
        bands.resize(older.len(), Map::new());
        for (band, older) in bands.iter_mut().zip(older) {
            for (key, value) in older {
                let key = match core.contains(&key.as_str()) || key.contains(':') {
                    true => key,
                    false => format!("{prefix}{key}"),
                };
                band.entry(key).or_insert(value);
            }
        }
    }
    if bands.is_empty() && OF_ALL_BANDS.iter().any(|m| !asset[*m].is_null()) {
        // How many there are, the file says; until then they stand for one.
        bands.push(Map::new());
    }
    for band in &mut bands {
        for member in OF_ALL_BANDS.iter().filter(|m| !asset[**m].is_null()) {
            band.entry(*member)
                .or_insert_with(|| asset[*member].clone());
        }
    }
    let read = |(i, band): (usize, Map<String, Value>)| {
        let value = Value::Object(band);
        serde_json::from_value(value.clone())
            .map_err(|e| reader.fault(&format!("{at}/bands/{i}"), &value, e.to_string()))
    };
    bands.into_iter().enumerate().map(read).collect()
}

fn objects(
    reader: &Reader<'_>,
    value: &Value,
    at: &str,
) -> Result<Vec<Map<String, Value>>, ItemFault> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(all) => {
            let one = |(i, value): (usize, &Value)| match value {
                Value::Object(band) => Ok(band.clone()),
                other => Err(reader.fault(&format!("{at}/{i}"), other, "an object is right")),
            };
            all.iter().enumerate().map(one).collect()
        }
        other => Err(reader.fault(at, other, "a list of bands is right")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::item::Base;
    use super::*;
    use serde_json::json;

    fn read(asset: Value) -> Result<Vec<Band>, ItemFault> {
        let base = Base::Folder(".".into());
        let reader = Reader {
            file: "a.json",
            base: &base,
        };
        bands_of(&reader, &asset, "/assets/x")
    }

    #[test]
    fn older_bands_read_as_those_of_today() {
        let older = json!({
            "eo:bands": [{"name": "B02", "common_name": "blue", "center_wavelength": 0.49}, {"name": "B03"}],
            "raster:bands": [{"nodata": 0, "scale": 0.0001, "offset": -0.1, "data_type": "uint16"}, {}],
        });
        let newer = json!({
            "bands": [{"name": "B02", "eo:common_name": "blue", "eo:center_wavelength": 0.49, "nodata": 0,
                "raster:scale": 0.0001, "raster:offset": -0.1, "data_type": "uint16"}, {"name": "B03"}],
        });
        assert_eq!(read(older).unwrap(), read(newer.clone()).unwrap());
        let bands = read(newer).unwrap();
        assert_eq!(bands[0].scale_and_offset(), (0.0001, -0.1));
        assert_eq!(bands[0].common_name(), Some("blue"));
    }

    #[test]
    fn what_an_asset_says_of_all_bands_is_said_of_each() {
        let bands = read(json!({"nodata": 0, "bands": [{"name": "a"}, {"nodata": 7}]})).unwrap();
        assert_eq!(bands[0].nodata_value(), Some(0.0));
        assert_eq!(bands[1].nodata_value(), Some(7.0));
        let alone = read(json!({"raster:scale": 0.5})).unwrap();
        assert_eq!(alone[0].scale_and_offset(), (0.5, 0.0));
        assert!(read(json!({})).unwrap().is_empty());
    }

    #[test]
    fn bands_that_do_not_match_are_refused_with_their_place() {
        let wrong = read(json!({"eo:bands": [{}, {}], "raster:bands": [{}]})).unwrap_err();
        assert_eq!(wrong.pointer, "/assets/x/raster:bands");
        assert!(wrong.right.contains("2 bands"));
        let wrong = read(json!({"bands": [{}, 3]})).unwrap_err();
        assert_eq!(wrong.pointer, "/assets/x/bands/1");
        let wrong = read(json!({"bands": [{"name": 3}]})).unwrap_err();
        assert_eq!(wrong.pointer, "/assets/x/bands/0");
    }
}
