//! Attenuation against the ITU-R's own examples, and budgets against worked ones.

use crate::real_data;
use corridor_orbit::earth::Geodetic;
use corridor_transmit::link::attenuation::{Beam, Sky};
use corridor_transmit::link::budget::{Link, dish_gain_dbi};
use corridor_transmit::link::climate::Climate;
use corridor_transmit::link::coding::{DVB_S2, best};
use corridor_transmit::link::gas::{self, Air};
use corridor_transmit::link::pass::{Carrier, Mode, Sample, over};
use corridor_transmit::link::rain::{self, Rain};
use corridor_transmit::link::scintillation::{self, Dish};

/// Rows of an example file as numbers, without its two lines of head; rows that are not numbers
/// throughout are left out.
fn rows(name: &str) -> Option<Vec<Vec<f64>>> {
    let bytes = std::fs::read(real_data::file(&format!("transmit/itu-r/{name}"))?).unwrap();
    let text: String = bytes.iter().map(|&b| char::from(b)).collect();
    let numbers = |line: &str| {
        line.split(',')
            .map(|cell| cell.trim().parse().ok())
            .collect()
    };
    let rows: Vec<Vec<f64>> = text.lines().filter_map(numbers).collect();
    assert!(!rows.is_empty(), "{name} has no rows");
    Some(rows)
}

fn relative(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / expected.abs().max(1e-9)
}

fn place(lat_deg: f64, lon_deg: f64, height_km: f64) -> Geodetic {
    Geodetic {
        lat_deg,
        lon_deg,
        height_m: height_km * 1e3,
    }
}

/// Prints the count and the greatest error of a set, and holds it to a bound.
fn hold(what: &str, errors: &[f64], most: f64) {
    let worst = errors.iter().copied().fold(0.0, f64::max);
    println!("{what}: {} cases, greatest error {worst:.2e}", errors.len());
    assert!(worst <= most, "{what}: {worst} is over {most}");
}

/// The examples state eight digits; the same formulas must give them to what rounding leaves.
const SAME_FORMULA: f64 = 1e-6;

#[test]
fn specific_attenuation_of_gases_is_that_of_p676() {
    // One of the examples states three digits only.
    for (version, most) in [("12", 1e-4), ("13", 1e-2)] {
        let Some(rows) = rows(&format!("676/ITURP676-{version}_gamma.csv")) else {
            return;
        };
        let errors = rows.iter().flat_map(|row| {
            let air = Air {
                dry_pressure_hpa: row[1],
                temperature_k: row[2],
                vapour_g_m3: row[3],
            };
            let oxygen = relative(gas::oxygen_db_km(row[0], &air), row[4]);
            [oxygen, relative(gas::vapour_db_km(row[0], &air), row[5])]
        });
        hold(
            &format!("P.676-{version} specific"),
            &errors.collect::<Vec<_>>(),
            most,
        );
    }
}

#[test]
fn slant_attenuation_of_gases_is_that_of_p676() {
    let Some(rows) = rows("676/ITURP676-12_A_gas.csv") else {
        return;
    };
    let errors = rows.iter().map(|row| {
        let air = Air {
            dry_pressure_hpa: row[4],
            temperature_k: row[3],
            vapour_g_m3: row[2],
        };
        let zenith_db =
            gas::oxygen_zenith_db(row[1], &air) + gas::vapour_zenith_db(row[1], row[5], row[6]);
        relative(zenith_db / row[0].to_radians().sin(), row[7])
    });
    hold("P.676-12 slant", &errors.collect::<Vec<_>>(), SAME_FORMULA);
}

#[test]
fn rain_is_that_of_p838_and_p618() {
    let Some(cases) = rows("838/ITURP838-3_rain_specific_attenuation.csv") else {
        return;
    };
    let specific = cases.iter().map(|row| {
        let (k, alpha) = rain::coefficients(row[1], row[0], row[3]);
        relative(k * row[2].powf(alpha), row[6])
    });
    hold("P.838-3", &specific.collect::<Vec<_>>(), SAME_FORMULA);
    let Some(cases) = rows("618/ITURP618-13_A_rain.csv") else {
        return;
    };
    let slant = cases.iter().map(|row| {
        // The examples state the slant length, from which the height of the rain follows.
        let height_km = row[2] + row[9] * row[4].to_radians().sin();
        let rain = Rain {
            rate_mm_h: row[8],
            height_km,
            antenna_km: row[2],
            lat_deg: row[0],
        };
        relative(
            rain::attenuation_db(row[3], row[4], row[5], row[6], &rain),
            row[14],
        )
    });
    hold("P.618-13 rain", &slant.collect::<Vec<_>>(), 1e-5);
}

#[test]
fn scintillation_and_discrimination_are_those_of_p618() {
    let Some(cases) = rows("618/ITURP618-13_A_sci.csv") else {
        return;
    };
    let fades = cases.iter().map(|row| {
        let dish = Dish {
            diameter_m: row[10],
            efficiency: row[11],
        };
        relative(
            scintillation::fade_db(row[3], row[4], row[6], dish, row[13]),
            row[16],
        )
    });
    hold(
        "P.618-13 scintillation",
        &fades.collect::<Vec<_>>(),
        SAME_FORMULA,
    );
    let Some(cases) = rows("618/ITURP618-13_A_xpd.csv") else {
        return;
    };
    let discrimination = cases.iter().map(|row| {
        let xpd = rain::discrimination_db(row[1], row[2], row[3], row[0], row[4]);
        relative(xpd.unwrap(), row[5])
    });
    hold(
        "P.618-13 discrimination",
        &discrimination.collect::<Vec<_>>(),
        1e-5,
    );
}

/// Over the whole chain the steps come in that the compact maps are rounded to.
#[test]
fn the_whole_chain_is_within_what_the_maps_leave() {
    let Some(cases) = rows("618/ITURP618-13_A_total.csv") else {
        return;
    };
    let mut errors = vec![Vec::new(); 5];
    for row in &cases {
        let beam = Beam {
            frequency_ghz: row[3],
            tilt_deg: row[7],
            dish: Dish {
                diameter_m: row[5],
                efficiency: row[6],
            },
        };
        let sky = Sky::new(&place(row[0], row[1], row[2]), beam, row[8]).unwrap();
        let found = sky.towards(row[4]).unwrap();
        let pairs = [
            (found.gas_db, row[10]),
            (found.cloud_db, row[12]),
            (found.rain_db, row[13]),
            (found.scintillation_db, row[14]),
            (found.total_db, row[15]),
        ];
        for (kind, (found, expected)) in errors.iter_mut().zip(pairs) {
            kind.push(relative(found, expected));
        }
    }
    let most = [0.01, 0.01, 0.02, 0.01, 0.02];
    for ((name, errors), most) in ["gas", "cloud", "rain", "scintillation", "total"]
        .iter()
        .zip(&errors)
        .zip(most)
    {
        hold(&format!("P.618-13 with the maps, {name}"), errors, most);
    }
}

#[test]
fn maps_give_the_examples_of_their_recommendations() {
    let climate = Climate::shipped();
    let held = |name: &str, most: f64, error: &dyn Fn(&[f64]) -> f64| {
        if let Some(cases) = rows(name) {
            let errors: Vec<f64> = cases.iter().map(|row| error(row)).collect();
            hold(name, &errors, most);
        }
    };
    held("837/ITURP837-7_rainfall_rate_R001.csv", 2.5, &|row| {
        (climate.at(&place(row[0], row[1], 0.0), 1.0).rain_rate_mm_h - row[3]).abs()
    });
    held("839/ITURP839-4_rain_height.csv", 0.005, &|row| {
        (climate.at(&place(row[0], row[1], 0.0), 1.0).rain_height_km - row[3]).abs()
    });
    held("1510/ITURP1510-1_temperature.csv", 0.3, &|row| {
        (climate.at(&place(row[0], row[1], 0.0), 1.0).temperature_k - row[2]).abs()
    });
    held("453/ITURP453-14_Nwet.csv", 0.3, &|row| {
        (climate
            .at(&place(row[0], row[1], 0.0), 50.0)
            .wet_refractivity
            - row[3])
            .abs()
    });
    held(
        "840/ITURP840-8_columnar_content_reduced_liquid.csv",
        0.05,
        &|row| {
            if row[2] < 1.0 || row[2] > 50.0 {
                return 0.0;
            }
            let found = climate.at(&place(row[0], row[1], 0.0), row[2]).cloud_kg_m2;
            (found - row[3]).abs()
        },
    );
}

/// Cells of a reference file beside this test.
fn reference(text: &str) -> Vec<Vec<f64>> {
    let numbers = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
    text.lines().skip(1).map(numbers).collect()
}

/// The issue of compact maps: against the full ones, as the `itur` package computes with them, over places
/// drawn at random, on land and at sea, from 1 to 50 GHz. Rain: 8 % or 0.2 dB.
#[test]
fn compact_maps_stay_close_to_the_full_ones() {
    let cases = reference(include_str!("../reference/link.csv"));
    let mut worst = [0.0f64; 5];
    for row in &cases {
        let beam = Beam {
            frequency_ghz: row[3],
            tilt_deg: 45.0,
            dish: Dish {
                diameter_m: 1.2,
                efficiency: 0.5,
            },
        };
        let sky = Sky::new(&place(row[0], row[1], row[2]), beam, row[5]).unwrap();
        let found = sky.towards(row[4]).unwrap();
        let pairs = [
            (found.gas_db, row[6]),
            (found.cloud_db, row[7]),
            (found.rain_db, row[8]),
            (found.scintillation_db, row[9]),
            (found.total_db, row[10]),
        ];
        for (worst, (found, expected)) in worst.iter_mut().zip(pairs) {
            // In units of what is allowed: 8 % or 0.2 dB, whichever is more.
            let allowed = (0.08 * expected).max(0.2);
            *worst = worst.max((found - expected).abs() / allowed);
        }
    }
    println!(
        "{} cases, greatest error in units of 8 % or 0.2 dB: {worst:.2?}",
        cases.len()
    );
    assert!(worst.iter().all(|w| *w <= 1.0), "{worst:?}");
}

/// NOAA's budget of the EMWIN-N broadcast over GOES N (www.nws.noaa.gov/emwin/emwin-n-link-budget.htm):
/// figures there are rounded to 0.1 dB, and each result adds up seven of them.
#[test]
fn a_geostationary_budget_is_the_published_one() {
    let down = Link {
        frequency_ghz: 1.6927,
        eirp_dbw: 44.8 - 30.0,
        g_over_t_db_k: -0.3,
        system_noise_k: None,
        pointing_db: 0.0,
        polarisation_db: 0.2,
        implementation_db: 0.0,
    };
    let budget = down.budget(41_127.0, 0.4, 0.4).unwrap();
    assert!((budget.free_space_db - 189.3).abs() < 0.06, "{budget:?}");
    assert!((budget.c_over_n0_db_hz - 53.2).abs() < 0.15, "{budget:?}");
    assert!((budget.eb_over_n0_db(9_600.0) - 13.4).abs() < 0.15);
    let up = Link {
        frequency_ghz: 2.0347,
        eirp_dbw: 76.7 - 30.0,
        g_over_t_db_k: -14.2,
        pointing_db: 0.5,
        ..down
    };
    let budget = up.budget(41_127.0, 0.4, 0.4).unwrap();
    assert!((budget.free_space_db - 190.9).abs() < 0.06, "{budget:?}");
    assert!((budget.c_over_n0_db_hz - 69.1).abs() < 0.15, "{budget:?}");
}

/// Downlink of a low satellite at 2.2 GHz into a dish of 5 m (table 1 of the EURASIP Journal on Wireless
/// Communications 2020, article 10.1186/s13638-020-01674-9); the loss of 162.2 dB is that of 1,397 km.
#[test]
fn a_low_orbit_budget_is_the_published_one() {
    let gain_dbi = dish_gain_dbi(2.2, 5.0, 0.5);
    assert!((gain_dbi - 38.2).abs() < 0.06, "{gain_dbi}");
    let link = Link {
        frequency_ghz: 2.2,
        eirp_dbw: 8.3,
        g_over_t_db_k: gain_dbi - 10.0 * 130f64.log10(),
        system_noise_k: None,
        pointing_db: 10.0,
        polarisation_db: 0.0,
        implementation_db: 0.0,
    };
    let budget = link.budget(1_397.0, 0.0, 0.0).unwrap();
    assert!((budget.c_over_n0_db_hz - 81.8).abs() < 0.1, "{budget:?}");
    assert!((budget.eb_over_n0_db(3.4e6) - 16.5).abs() < 0.1);
    let margin_db = budget.eb_over_n0_db(3.4e6) - 6.0 - 7.0;
    assert!((margin_db - 3.5).abs() < 0.1, "{margin_db}");
}

/// A pass over 5 to 85 degrees and back, 600 s, with the range of an orbit 600 km high.
fn made_pass() -> Vec<Sample> {
    let sample = |k: u32| {
        let t_s = f64::from(k) * 10.0;
        let elevation_deg = 5.0 + 80.0 * (1.0 - (t_s - 300.0).abs() / 300.0);
        let (sin, cos) = elevation_deg.to_radians().sin_cos();
        let range_km = ((6_971.0f64).powi(2) - (6_371.0 * cos).powi(2)).sqrt() - 6_371.0 * sin;
        Sample {
            t_s,
            elevation_deg,
            range_km,
        }
    };
    (0..=60).map(sample).collect()
}

#[test]
fn an_adaptive_pass_carries_more_and_rain_takes_from_it() {
    let beam = Beam {
        frequency_ghz: 26.5,
        tilt_deg: 45.0,
        dish: Dish {
            diameter_m: 5.0,
            efficiency: 0.6,
        },
    };
    let link = Link {
        frequency_ghz: 26.5,
        eirp_dbw: 25.0,
        g_over_t_db_k: 30.0,
        system_noise_k: Some(300.0),
        pointing_db: 0.5,
        polarisation_db: 0.2,
        implementation_db: 1.0,
    };
    let carry = |percent: f64, mode: Mode| {
        let sky = Sky::new(&place(-8.0, -34.9, 0.0), beam, percent).unwrap();
        let carrier = Carrier {
            rate_baud: 100e6,
            from: &DVB_S2,
            margin_db: 1.0,
            mode,
        };
        over(&made_pass(), &link, &sky, &carrier).unwrap()
    };
    let (clear, wet) = (carry(50.0, Mode::Adaptive), carry(0.1, Mode::Adaptive));
    assert!(clear.volume_bytes > wet.volume_bytes);
    assert!(clear.volume_bytes > carry(50.0, Mode::Constant).volume_bytes);
    // Steps cover the pass without gap, and their sum is the volume.
    let bits: f64 = clear
        .steps
        .iter()
        .map(|s| s.rate_bit_s * (s.end_s - s.start_s))
        .sum();
    assert!((bits / 8.0 - clear.volume_bytes as f64).abs() <= 1.0);
    assert!(
        clear
            .steps
            .windows(2)
            .all(|p| (p[0].end_s - p[1].start_s).abs() < 1e-9)
    );
    assert!(clear.least_margin_db.unwrap() >= 0.0);
}

#[test]
fn the_best_code_is_the_fastest_that_the_link_bears() {
    assert_eq!(best(&DVB_S2, -3.0), None);
    assert_eq!(best(&DVB_S2, 5.6).unwrap().name, "8PSK 3/5");
    assert_eq!(best(&DVB_S2, 30.0).unwrap().name, "32APSK 9/10");
}

#[test]
fn figures_that_cannot_be_are_named() {
    let beam = Beam {
        frequency_ghz: f64::NAN,
        tilt_deg: 45.0,
        dish: Dish {
            diameter_m: 1.0,
            efficiency: 0.5,
        },
    };
    let site = place(50.0, 8.0, 0.1);
    let said = |beam, percent| Sky::new(&site, beam, percent).unwrap_err().to_string();
    assert!(said(beam, 1.0).starts_with("frequency_ghz is NaN"));
    let beam = Beam {
        frequency_ghz: 8.2,
        ..beam
    };
    assert!(said(beam, 0.0).starts_with("unavailability_percent is 0"));
    let low = Sky::new(&site, beam, 1.0)
        .unwrap()
        .towards(4.9)
        .unwrap_err();
    assert!(low.to_string().starts_with("elevation_deg is 4.9"), "{low}");
}
