//! EPSG codes as PROJ strings.

/// PROJ string of a code.
pub(super) fn proj_string(code: u32) -> Option<String> {
    match code {
        4326 => Some("+proj=longlat +datum=WGS84 +no_defs".to_owned()),
        3857 => Some("+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs".to_owned()),
        3035 => Some("+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +towgs84=0,0,0 +units=m +no_defs".to_owned()),
        32601..=32660 => Some(format!("+proj=utm +zone={} +datum=WGS84 +units=m +no_defs", code - 32600)),
        32701..=32760 => Some(format!("+proj=utm +zone={} +south +datum=WGS84 +units=m +no_defs", code - 32700)),
        _ => None,
    }
}

/// Name of a code.
pub(super) fn name(_code: u32) -> Option<String> {
    None
}
