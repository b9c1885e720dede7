//! EPSG codes as PROJ strings: families by rule, the others from a table.

/// Codes that are no part of a family: `code|geographic code|name|words`, sorted by code.
/// Words of a geographic system are its datum; of a projected one the
/// projection (an `n` behind the geographic code: northing is the first axis), in metres unless they name a unit. Made by `tests/reference/epsg.py`.
const TABLE: &str = include_str!("epsg.txt");

/// UTM families: first code, last code, zone of the first, south, datum words, name.
const UTM: [(u32, u32, u32, bool, &str, &str); 8] = [
    (32601, 32660, 1, false, "+datum=WGS84", "WGS 84"),
    (32701, 32760, 1, true, "+datum=WGS84", "WGS 84"),
    (25828, 25838, 28, false, NULL_SHIFT, "ETRS89"),
    (26901, 26923, 1, false, "+datum=NAD83", "NAD83"),
    (31965, 31976, 11, false, NULL_SHIFT, "SIRGAS 2000"),
    (31977, 31985, 17, true, NULL_SHIFT, "SIRGAS 2000"),
    (28348, 28358, 48, true, NULL_SHIFT, "GDA94"),
    (7846, 7859, 46, true, NULL_SHIFT, "GDA2020"),
];

/// Datums on GRS 80 that are taken as equal to WGS 84.
const NULL_SHIFT: &str = "+ellps=GRS80 +towgs84=0,0,0";

/// PROJ string of a code.
pub(super) fn proj_string(code: u32) -> Option<String> {
    if let Some((zone, south, datum, _)) = utm(code) {
        let south = if south { " +south" } else { "" };
        return Some(format!(
            "+proj=utm +zone={zone}{south} {datum} +units=m +no_defs"
        ));
    }
    let [geographic, _, words] = row(code)?;
    let geographic: u32 = geographic.trim_end_matches('n').parse().ok()?;
    let prefixed = |words: &str| {
        words
            .split(' ')
            .map(|w| format!(" +{w}"))
            .collect::<String>()
    };
    if geographic == code {
        return Some(format!("+proj=longlat{} +no_defs", prefixed(words)));
    }
    let datum = prefixed(row(geographic)?[2]);
    let units = if words.contains("units=") || words.contains("to_meter=") {
        ""
    } else {
        " +units=m"
    };
    Some(format!(
        "+proj={}{datum}{units} +no_defs",
        &prefixed(words)[2..]
    ))
}

/// Name of a code.
pub(super) fn name(code: u32) -> Option<String> {
    if let Some((zone, south, _, name)) = utm(code) {
        let (kind, hemisphere) = match name {
            "GDA94" | "GDA2020" => ("MGA", ""),
            _ if south => ("UTM", "S"),
            _ => ("UTM", "N"),
        };
        return Some(format!("{name} / {kind} zone {zone}{hemisphere}"));
    }
    row(code).map(|[_, name, _]| name.to_owned())
}

/// Code of the geographic system under a projected one.
pub(super) fn geographic(code: u32) -> Option<u32> {
    if let Some((_, _, _, name)) = utm(code) {
        return match name {
            "WGS 84" => Some(4326),
            "ETRS89" => Some(4258),
            "NAD83" => Some(4269),
            "SIRGAS 2000" => Some(4674),
            "GDA94" => Some(4283),
            _ => Some(7844),
        };
    }
    row(code)?[0].trim_end_matches('n').parse().ok()
}

/// Whether the registry's first axis of a projected system is northing, the second easting.
pub(super) fn north_first(code: u32) -> bool {
    utm(code).is_none() && row(code).is_some_and(|r| r[0].ends_with('n'))
}

fn utm(code: u32) -> Option<(u32, bool, &'static str, &'static str)> {
    let family = UTM.iter().find(|f| (f.0..=f.1).contains(&code))?;
    Some((family.2 + code - family.0, family.3, family.4, family.5))
}

/// Geographic code, name and PROJ words of a row; rows are sorted by code.
fn row(code: u32) -> Option<[&'static str; 3]> {
    let (mut low, mut high) = (0, TABLE.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = TABLE[..middle].rfind('\n').map_or(0, |i| i + 1).max(low);
        let end = TABLE[middle..]
            .find('\n')
            .map_or(TABLE.len(), |i| middle + i);
        let mut fields = TABLE.get(start..end)?.splitn(4, '|');
        let own: u32 = fields.next()?.parse().ok()?;
        match own.cmp(&code) {
            std::cmp::Ordering::Equal => {
                return Some([fields.next()?, fields.next()?, fields.next()?]);
            }
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_and_understood() {
        let mut last = 0;
        for line in TABLE.lines() {
            let code: u32 = line.split('|').next().unwrap().parse().unwrap();
            assert!(code > last, "{code} is not in order");
            last = code;
            super::super::transform::check(&proj_string(code).unwrap())
                .unwrap_or_else(|e| panic!("{code}: {e}"));
        }
        assert_eq!(proj_string(1), None);
        assert_eq!(proj_string(99_999), None);
    }
}
