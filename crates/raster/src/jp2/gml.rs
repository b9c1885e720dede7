//! The place in a GML box: a rectified grid with its origin and two offset vectors.

use crate::RasterError;
use crate::grid::Crs;

/// System and transform (pixel corners) of the first rectified grid; `None` when it has no place.
pub(super) fn place(text: &str, name: &str) -> Result<Option<(Crs, [f64; 6])>, RasterError> {
    let bad = |reason: &str| RasterError::malformed(name, "GML box", reason);
    let Some(grid) = text.find("RectifiedGrid").map(|at| &text[at..]) else {
        return Ok(None);
    };
    let Some(origin) = element(grid, "pos").or_else(|| element(grid, "coordinates")) else {
        return Ok(None);
    };
    let [x, y] = pair(origin).ok_or_else(|| bad("the origin is no pair of numbers"))?;
    let mut vectors = Vec::new();
    let mut rest = grid;
    while let Some(at) = rest.find("offsetVector") {
        rest = &rest[at + 12..];
        if let Some(body) = rest.find('>').map(|i| &rest[i + 1..])
            && let Some(end) = body.find('<')
        {
            vectors.push(pair(&body[..end]).ok_or_else(|| bad("an offset vector is no pair"))?);
            // Past the closing tag, which names the element once more.
            rest = body[end..].find('>').map_or("", |i| &body[end + i + 1..]);
        }
        if vectors.len() == 2 {
            break;
        }
    }
    let [right, down] = vectors[..] else {
        return Err(bad("there are not two offset vectors"));
    };
    let system = attribute(grid, "srsName").ok_or_else(|| bad("there is no srsName"))?;
    let (crs, north_first) = system_of(&system, name)?;
    let mut t = [x, right[0], down[0], y, right[1], down[1]];
    if north_first {
        t = [y, right[1], down[1], x, right[0], down[0]];
    }
    // The origin is the middle of the first pixel.
    t[0] -= 0.5 * (t[1] + t[2]);
    t[3] -= 0.5 * (t[4] + t[5]);
    Ok(Some((crs, t)))
}

/// The system of a name, and whether its first coordinate is latitude or northing.
fn system_of(text: &str, name: &str) -> Result<(Crs, bool), RasterError> {
    if text.contains("CRS84") {
        return Ok((Crs::wgs84(), false));
    }
    let code = text
        .contains("EPSG")
        .then(|| text.rsplit([':', '/', '#']).next()?.parse().ok());
    let Some(code) = code.flatten() else {
        return Err(RasterError::unsupported(
            name,
            format!("system {text:?} in the GML box"),
        ));
    };
    let crs = Crs::from_code(code);
    // `EPSG:n` alone is taken as x, y; URNs and URLs follow the registry.
    let follows_registry = text.contains("urn:") || text.starts_with("http");
    let north_first = follows_registry && (crs.is_geographic() || crs.is_north_first());
    Ok((crs, north_first))
}

/// Text of the first element of a (local) name.
fn element<'a>(text: &'a str, local: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some(at) = rest.find(local) {
        let before = rest[..at].chars().next_back();
        let tail = &rest[at + local.len()..];
        let opens = matches!(before, Some('<' | ':')) && tail.starts_with(['>', ' ']);
        if opens && !rest[..at].ends_with("</") {
            let body = &tail[tail.find('>')? + 1..];
            return body.find('<').map(|end| &body[..end]);
        }
        rest = tail;
    }
    None
}

fn attribute(text: &str, name: &str) -> Option<String> {
    let at = text.find(name)?;
    let tail = text[at + name.len()..]
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = tail.chars().next().filter(|q| matches!(q, '"' | '\''))?;
    let tail = &tail[1..];
    Some(tail[..tail.find(quote)?].to_owned())
}

fn pair(text: &str) -> Option<[f64; 2]> {
    let mut numbers = text.split([' ', ',', '\n', '\t']).filter(|t| !t.is_empty());
    let mut next = || numbers.next()?.parse().ok().filter(|v: &f64| v.is_finite());
    Some([next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_rectified_grid() {
        let text = r#"<gml:RectifiedGrid dimension="2"><gml:origin><gml:Point gml:id="P"
            srsName="http://www.opengis.net/def/crs/EPSG/0/4326"><gml:pos>10.5 20.5</gml:pos></gml:Point>
            </gml:origin><gml:offsetVector srsName="x">0 1</gml:offsetVector>
            <gml:offsetVector srsName="x">-1 0</gml:offsetVector></gml:RectifiedGrid>"#;
        let (crs, t) = place(text, "a.jp2").unwrap().unwrap();
        assert_eq!(crs.epsg_code(), Some(4326));
        assert_eq!(format!("{t:?}"), "[20.0, 1.0, 0.0, 11.0, 0.0, -1.0]");
        assert!(place("<RectifiedGrid><pos>a b</pos>", "a").is_err());
        assert!(place("<RectifiedGrid><pos>1 2</pos><offsetVector>", "a").is_err());
        assert!(place("nothing", "a").unwrap().is_none());
    }
}
