//! What was found, for people and for programs.

use super::Decoded;
use super::keep::MergedReport;
use crate::output::{Format, Listing, counted, listing, say};
use corridor_transmit::decode::{FramesReport, Report};
use corridor_transmit::frame::spacecraft;
use serde::Serialize;
use std::io;

const COLUMNS: [&str; 9] = [
    "Capture",
    "Spacecraft",
    "Channel",
    "Application",
    "Packets",
    "Bytes",
    "Gaps",
    "Missing",
    "Twice",
];

#[derive(Serialize)]
struct Several<'a> {
    #[serde(flatten)]
    merged: &'a MergedReport,
    files: &'a [Decoded],
}

/// One capture is printed as it is; of several what they come to together, and each below `files`.
pub(super) fn print(
    format: Format,
    decoded: &[Decoded],
    merged: Option<&MergedReport>,
) -> io::Result<()> {
    let rows: Vec<Vec<String>> = match merged {
        Some(merged) => merged_rows(merged),
        None => decoded.iter().flat_map(rows).collect(),
    };
    if format == Format::Table {
        let mut text = String::new();
        for one in decoded {
            text.push_str(&heading(one));
        }
        if let Some(merged) = merged {
            text.push_str(&format!(
                "Together: {}, each once; {} came from more than one capture, {} contradict another.\n",
                counted(merged.packets, "packet", "packets"),
                merged.duplicates,
                merged.contradictions
            ));
            if merged.set_aside > 0 {
                text.push_str(&format!(
                    "  {} to groups that an earlier capture began: left out; --merge packets keeps what is.\n",
                    counted(merged.set_aside, "packet belongs", "packets belong")
                ));
            }
        }
        say(&text)?;
    }
    let empty = "No packets.";
    match (merged, decoded) {
        (Some(merged), files) => {
            let records = &Several { merged, files };
            listing(
                format,
                &Listing {
                    columns: &COLUMNS,
                    rows,
                    records,
                    empty,
                },
            )
        }
        (None, [one]) if one.report.is_none() => Ok(()),
        (None, [one]) => listing(
            format,
            &Listing {
                columns: &COLUMNS,
                rows,
                records: one,
                empty,
            },
        ),
        (None, all) => listing(
            format,
            &Listing {
                columns: &COLUMNS,
                rows,
                records: &all,
                empty,
            },
        ),
    }
}

fn merged_rows(merged: &MergedReport) -> Vec<Vec<String>> {
    let row = |(apid, c): (&u16, &corridor_transmit::packet::account::ApidCounts)| {
        cells(
            "together",
            "",
            "",
            *apid,
            [c.packets, c.bytes, c.seq_gaps, c.missing, c.duplicates],
        )
    };
    merged.apids.iter().map(row).collect()
}

fn cells(file: &str, spacecraft: &str, channel: &str, apid: u16, counts: [u64; 5]) -> Vec<String> {
    let mut row = vec![
        file.to_string(),
        spacecraft.to_string(),
        channel.to_string(),
        apid.to_string(),
    ];
    row.extend(counts.iter().map(u64::to_string));
    row
}

fn rows(one: &Decoded) -> Vec<Vec<String>> {
    match &one.report {
        None => Vec::new(),
        Some(Report::Packets(report)) => report
            .apids
            .iter()
            .map(|(apid, c)| {
                cells(
                    &one.file,
                    "",
                    "",
                    *apid,
                    [c.packets, c.bytes, c.seq_gaps, c.missing, c.duplicates],
                )
            })
            .collect(),
        Some(Report::Frames(report)) => frame_rows(&one.file, report),
    }
}

fn frame_rows(file: &str, report: &FramesReport) -> Vec<Vec<String>> {
    let mut sorted: Vec<(Vec<u16>, [u64; 5])> = report
        .packets_per_vcid_apid
        .iter()
        .map(|(key, c)| {
            let mut parts: Vec<u16> = key.split('/').filter_map(|p| p.parse().ok()).collect();
            if parts.len() == 2 {
                parts.insert(0, report.scid.keys().next().copied().unwrap_or(0));
            }
            (parts, [c.n, c.bytes, c.seq_gaps, c.missing, c.duplicates])
        })
        .collect();
    sorted.sort();
    sorted
        .iter()
        .filter_map(|(parts, counts)| {
            let [scid, vcid, apid] = parts[..] else {
                return None;
            };
            Some(cells(file, &name(scid), &vcid.to_string(), apid, *counts))
        })
        .collect()
}

fn name(scid: u16) -> String {
    spacecraft::by_id(scid).map_or_else(|| format!("id {scid}"), |s| s.name.to_string())
}

fn heading(one: &Decoded) -> String {
    let mut text = format!("{}: {} bytes", one.file, one.bytes);
    match &one.report {
        None => text.push_str(", not understood"),
        Some(Report::Packets(r)) => {
            text.push_str(&format!(
                ", {} space packets, {} of them idle",
                r.packets, r.idle_packets
            ));
            if r.missing_bytes_at_end > 0 {
                text.push_str(&format!(
                    "; the last packet lacks {} bytes",
                    r.missing_bytes_at_end
                ));
            }
        }
        Some(Report::Frames(r)) => text.push_str(&frames(r)),
    }
    text + "\n"
}

fn frames(r: &FramesReport) -> String {
    let craft: Vec<String> = r
        .spacecraft
        .iter()
        .map(|s| match (s.name, s.norad_id) {
            (Some(name), Some(norad)) => format!("{name} (identifier {}, NORAD {norad})", s.scid),
            _ => format!("spacecraft {} (not in the table of names)", s.scid),
        })
        .collect();
    let missing: u64 = r.vc_missing_frames.values().sum();
    let mut framing = format!("{} bytes from marker to marker", r.cadu_len);
    if let Some(rs) = &r.rs {
        framing.push_str(&format!(
            ", Reed-Solomon {rs}, interleave {}",
            r.interleave.unwrap_or(1)
        ));
    }
    for (said, words) in [
        (r.randomized, "randomized".to_string()),
        (r.error_control, "CRC-16".to_string()),
        (r.operational_control, "control field".to_string()),
        (
            r.insert_zone_len > 0,
            format!("insert zone of {} bytes", r.insert_zone_len),
        ),
        (
            r.virtual_fill > 0,
            format!("virtual fill of {} symbols", r.virtual_fill),
        ),
        (
            r.bit_shift_left.is_some_and(|b| b > 0),
            counted(
                r.bit_shift_left.unwrap_or(0),
                "bit off bytes",
                "bits off bytes",
            ),
        ),
        (
            r.sync.inverted > 0,
            counted(r.sync.inverted, "frame inverted", "frames inverted"),
        ),
    ] {
        if said {
            framing.push_str(&format!(", {words}"));
        }
    }
    let channels: Vec<String> = {
        let mut sorted: Vec<(Vec<u16>, &String, &u64)> = r
            .frames_per_vcid
            .iter()
            .map(|(k, n)| (k.split('/').filter_map(|p| p.parse().ok()).collect(), k, n))
            .collect();
        sorted.sort();
        sorted
            .iter()
            .map(|(_, k, n)| format!("{k} ({n})"))
            .collect()
    };
    format!(
        "\n  from      {}\n  framing   {framing}\n  frames    {} found: {} good ({} corrected, {} symbols), {} uncorrectable, \
         {} with a wrong CRC, {} malformed; {missing} missing\n  channels  {} (frames)\n  packets   {} whole, {} of them idle",
        if craft.is_empty() {
            "no good frame".to_string()
        } else {
            craft.join(", ")
        },
        r.cadus,
        r.good_frames,
        r.frames_with_corrections,
        r.rs_corrected_symbols,
        r.rs_uncorrectable_frames,
        r.crc_failed_frames,
        r.malformed_frames,
        channels.join(", "),
        r.packets_total,
        r.idle_packets,
    )
}
