//! `corridor sense propagate`: where satellites are at equal steps.

use super::satellites::{Elements, Satellite, Warnings};
use super::span::{Earth, Span};
use crate::output::{cell, milliseconds};
use crate::verb::{Failure, Outcome};
use clap::{Args, ValueEnum};
use corridor_orbit::earth;
use corridor_orbit::frame::EarthRotation;
use corridor_orbit::propagate::States;
use corridor_orbit::time::Days;
use corridor_orbit::window::offset;
use serde::Serialize;
use std::io::{self, Write};

/// Most states of one satellite: 30 years of minutes. They are held in memory.
const STEPS_MAX: f64 = 16e6;

/// Where satellites are at equal steps from --from to --to; --to counts where it is on a step.
///
/// Metres and m/s to the millimetre and the micrometre a second; velocities in ITRF are relative to the
/// ground. A time without a state (decayed, outside an ephemeris) has no row and is warned of.
#[derive(Debug, Args)]
pub(crate) struct Propagate {
    #[command(flatten)]
    elements: Elements,
    #[command(flatten)]
    span: Span,
    /// Time between states
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, value_parser = step)]
    step: f64,
    /// Frame of the states
    #[arg(long, value_enum, default_value_t)]
    frame: Frame,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Frame {
    /// True equator, mean equinox: the frame of SGP4
    #[default]
    Teme,
    /// Earth-fixed
    Itrf,
    /// Longitude, latitude and height on WGS 84
    Geodetic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Comma-separated values with a header line
    #[default]
    Csv,
    /// One JSON document
    Json,
}

/// A step of time.
fn step(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if (1e-3..=1e7).contains(&s) => Ok(s),
        _ => Err("should be from 0.001 to 10000000 seconds".into()),
    }
}

/// A state, in the columns of its frame.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum Row {
    Cartesian {
        x_m: f64,
        y_m: f64,
        z_m: f64,
        vx_m_s: f64,
        vy_m_s: f64,
        vz_m_s: f64,
    },
    Geodetic {
        lon_deg: f64,
        lat_deg: f64,
        height_m: f64,
    },
}

#[derive(Serialize)]
struct Timed {
    time: String,
    #[serde(flatten)]
    row: Row,
}

#[derive(Serialize)]
struct Track<'a> {
    satellite: &'a str,
    norad_id: Option<u32>,
    frame: Frame,
    states: Vec<Timed>,
}

impl Propagate {
    pub(crate) fn run(self) -> Outcome {
        self.span.check()?;
        let duration_s = self.span.to.duration_since(self.span.from).as_secs_f64();
        let steps = (duration_s / self.step + 1e-9).floor();
        if steps > STEPS_MAX {
            return Err(Failure::Usage(format!(
                "{steps} steps from --from to --to; at most {STEPS_MAX}"
            )));
        }
        let earth = self.span.earth()?;
        let satellites = self.elements.read()?;
        let mut warnings = satellites.warnings;
        if let Some(text) = self.span.remark(&earth) {
            warnings.say(text);
        }
        let offsets_s: Vec<f64> = (0..=steps as usize).map(|k| k as f64 * self.step).collect();
        let mut out = io::BufWriter::new(io::stdout().lock());
        let written = self.write(&satellites.all, &offsets_s, &earth, &mut warnings, &mut out);
        match written.and_then(|()| out.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {}
            other => other?,
        }
        warnings.finish()
    }

    fn write(
        &self,
        satellites: &[Satellite],
        offsets_s: &[f64],
        earth: &Earth,
        warnings: &mut Warnings,
        out: &mut impl Write,
    ) -> io::Result<()> {
        match self.format {
            Format::Csv => {
                let columns = match self.frame {
                    Frame::Geodetic => "lon_deg,lat_deg,height_m",
                    Frame::Teme | Frame::Itrf => "x_m,y_m,z_m,vx_m_s,vy_m_s,vz_m_s",
                };
                writeln!(out, "satellite,norad_id,time,{columns}")?;
            }
            Format::Json => write!(out, "[")?,
        }
        let mut states = States::new();
        for (k, satellite) in satellites.iter().enumerate() {
            let trajectory = &satellite.trajectory;
            trajectory.fill_teme(self.span.from, offsets_s, &mut states);
            let mut track = Track {
                satellite: &satellite.name,
                norad_id: satellite.norad_id,
                frame: self.frame,
                states: Vec::new(),
            };
            let number = satellite
                .norad_id
                .map(|n| n.to_string())
                .unwrap_or_default();
            let mut missing = 0;
            for (index, offset_s) in offsets_s.iter().enumerate() {
                let time = offset(self.span.from, *offset_s);
                let Some(Ok(teme)) = states.get(index) else {
                    missing += 1;
                    if missing == 1
                        && let Err(fault) = trajectory.state_teme(time)
                    {
                        warnings.say(format!("{}: from {time}: {fault}", satellite.name));
                    }
                    continue;
                };
                let row = self.row(Days::utc(time), &teme, earth);
                let time = milliseconds(time);
                match self.format {
                    Format::Csv => {
                        write!(out, "{},{number},{time},", cell(&satellite.name))?;
                        row.write(out)?;
                    }
                    Format::Json => track.states.push(Timed { time, row }),
                }
            }
            if self.format == Format::Json {
                write!(out, "{}", if k == 0 { "\n" } else { ",\n" })?;
                serde_json::to_writer(&mut *out, &track)?;
            }
        }
        match self.format {
            Format::Csv => Ok(()),
            Format::Json => writeln!(out, "\n]"),
        }
    }

    fn row(
        &self,
        t: Days<corridor_orbit::time::Utc>,
        teme: &corridor_orbit::frame::State<corridor_orbit::frame::Teme>,
        table: &Earth,
    ) -> Row {
        let itrf = || EarthRotation::at(t, &table.at(t)).state(teme);
        let cartesian = |r: [f64; 3], v: [f64; 3]| Row::Cartesian {
            x_m: millimetres(r[0]),
            y_m: millimetres(r[1]),
            z_m: millimetres(r[2]),
            vx_m_s: micrometres(v[0]),
            vy_m_s: micrometres(v[1]),
            vz_m_s: micrometres(v[2]),
        };
        match self.frame {
            Frame::Teme => cartesian(teme.r_m, teme.v_m_s),
            Frame::Itrf => {
                let itrf = itrf();
                cartesian(itrf.r_m, itrf.v_m_s)
            }
            Frame::Geodetic => {
                let place = earth::to_geodetic(&itrf().position());
                Row::Geodetic {
                    lon_deg: (place.lon_deg * 1e8).round() / 1e8,
                    lat_deg: (place.lat_deg * 1e8).round() / 1e8,
                    height_m: millimetres(place.height_m),
                }
            }
        }
    }
}

fn millimetres(x_m: f64) -> f64 {
    (x_m * 1e3).round() / 1e3
}

fn micrometres(x_m: f64) -> f64 {
    (x_m * 1e6).round() / 1e6
}

impl Row {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Cartesian {
                x_m,
                y_m,
                z_m,
                vx_m_s,
                vy_m_s,
                vz_m_s,
            } => writeln!(out, "{x_m},{y_m},{z_m},{vx_m_s},{vy_m_s},{vz_m_s}"),
            Self::Geodetic {
                lon_deg,
                lat_deg,
                height_m,
            } => writeln!(out, "{lon_deg},{lat_deg},{height_m}"),
        }
    }
}
