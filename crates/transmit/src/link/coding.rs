//! Modulation and coding: how many bits a symbol carries and what it needs.

use serde::{Deserialize, Serialize};

/// A modulation with a code.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ModCod {
    /// As the standard names it.
    pub name: &'static str,
    /// Information bits a symbol.
    pub bit_symbol: f64,
    /// Energy of a symbol over noise density that it needs, dB, in theory.
    pub es_over_n0_db: f64,
}

const fn entry(name: &'static str, bit_symbol: f64, es_over_n0_db: f64) -> ModCod {
    ModCod {
        name,
        bit_symbol,
        es_over_n0_db,
    }
}

/// A family of them that a link can choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// DVB-S2, normal frames without pilots, quasi error free (packet error rate 1e-7): ETSI EN 302 307-1,
    /// table 13.
    DvbS2,
    /// DVB-S2 and DVB-S2X, the latter normal frames at a frame error rate of 1e-5, linear channel: ETSI
    /// EN 302 307-2, table 20a.
    DvbS2x,
    /// CCSDS telemetry over BPSK or QPSK; see [`CCSDS`].
    Ccsds,
}

/// DVB-S2 in the order of the standard.
#[rustfmt::skip]
pub const DVB_S2: [ModCod; 28] = [
    entry("QPSK 1/4", 0.490243, -2.35), entry("QPSK 1/3", 0.656448, -1.24),
    entry("QPSK 2/5", 0.789412, -0.30), entry("QPSK 1/2", 0.988858, 1.00),
    entry("QPSK 3/5", 1.188304, 2.23), entry("QPSK 2/3", 1.322253, 3.10),
    entry("QPSK 3/4", 1.487473, 4.03), entry("QPSK 4/5", 1.587196, 4.68),
    entry("QPSK 5/6", 1.654663, 5.18), entry("QPSK 8/9", 1.766451, 6.20),
    entry("QPSK 9/10", 1.788612, 6.42), entry("8PSK 3/5", 1.779991, 5.50),
    entry("8PSK 2/3", 1.980636, 6.62), entry("8PSK 3/4", 2.228124, 7.91),
    entry("8PSK 5/6", 2.478562, 9.35), entry("8PSK 8/9", 2.646012, 10.69),
    entry("8PSK 9/10", 2.679207, 10.98), entry("16APSK 2/3", 2.637201, 8.97),
    entry("16APSK 3/4", 2.966728, 10.21), entry("16APSK 4/5", 3.165623, 11.03),
    entry("16APSK 5/6", 3.300184, 11.61), entry("16APSK 8/9", 3.523143, 12.89),
    entry("16APSK 9/10", 3.567342, 13.13), entry("32APSK 3/4", 3.703295, 12.73),
    entry("32APSK 4/5", 3.951571, 13.64), entry("32APSK 5/6", 4.119540, 14.28),
    entry("32APSK 8/9", 4.397854, 15.69), entry("32APSK 9/10", 4.453027, 16.05),
];

/// What DVB-S2X adds, normal frames.
#[rustfmt::skip]
pub const DVB_S2X: [ModCod; 38] = [
    entry("QPSK 2/9", 0.434841, -2.85), entry("QPSK 13/45", 0.567805, -2.03),
    entry("QPSK 9/20", 0.889135, 0.22), entry("QPSK 11/20", 1.088581, 1.45),
    entry("8APSK 5/9-L", 1.647211, 4.73), entry("8APSK 26/45-L", 1.713601, 5.13),
    entry("8PSK 23/36", 1.896173, 6.12), entry("8PSK 25/36", 2.062148, 7.02),
    entry("8PSK 13/18", 2.145136, 7.49), entry("16APSK 1/2-L", 1.972253, 5.97),
    entry("16APSK 8/15-L", 2.104850, 6.55), entry("16APSK 5/9-L", 2.193247, 6.84),
    entry("16APSK 26/45", 2.281645, 7.51), entry("16APSK 3/5", 2.370043, 7.80),
    entry("16APSK 3/5-L", 2.370043, 7.41), entry("16APSK 28/45", 2.458441, 8.10),
    entry("16APSK 23/36", 2.524739, 8.38), entry("16APSK 2/3-L", 2.635236, 8.43),
    entry("16APSK 25/36", 2.745734, 9.27), entry("16APSK 13/18", 2.856231, 9.71),
    entry("16APSK 7/9", 3.077225, 10.65), entry("16APSK 77/90", 3.386618, 11.99),
    entry("32APSK 2/3-L", 3.291954, 11.10), entry("32APSK 32/45", 3.510192, 11.75),
    entry("32APSK 11/15", 3.620536, 12.17), entry("32APSK 7/9", 3.841226, 13.05),
    entry("64APSK 32/45-L", 4.206428, 13.98), entry("64APSK 11/15", 4.338659, 14.81),
    entry("64APSK 7/9", 4.603122, 15.47), entry("64APSK 4/5", 4.735354, 15.87),
    entry("64APSK 5/6", 4.933701, 16.55), entry("128APSK 3/4", 5.163248, 17.73),
    entry("128APSK 7/9", 5.355556, 18.53), entry("256APSK 29/45-L", 5.065690, 16.98),
    entry("256APSK 2/3-L", 5.241514, 17.24), entry("256APSK 31/45-L", 5.417338, 18.10),
    entry("256APSK 32/45", 5.593162, 18.59), entry("256APSK 3/4", 5.900855, 19.57),
];

/// A CCSDS telemetry code (CCSDS 131.0-B): information bits in code bits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Code {
    /// As the standard names it.
    pub name: &'static str,
    /// Information bits.
    pub k: u32,
    /// Code bits.
    pub n: u32,
}

/// Codes of CCSDS 131.0-B by their rates, which follow from their definitions; the attached sync marker
/// is not counted. What they need over a noisy channel is measured and graded by mission: it is asked of
/// the user.
#[rustfmt::skip]
pub const CCSDS: [Code; 13] = [
    Code { name: "uncoded", k: 1, n: 1 },
    Code { name: "RS (255,223)", k: 223, n: 255 },
    Code { name: "RS (255,239)", k: 239, n: 255 },
    Code { name: "convolutional 1/2", k: 1, n: 2 },
    Code { name: "convolutional 2/3", k: 2, n: 3 },
    Code { name: "convolutional 3/4", k: 3, n: 4 },
    Code { name: "convolutional 5/6", k: 5, n: 6 },
    Code { name: "convolutional 7/8", k: 7, n: 8 },
    Code { name: "RS (255,223) + convolutional 1/2", k: 223, n: 510 },
    Code { name: "LDPC 7/8 (8160,7136)", k: 7136, n: 8160 },
    Code { name: "LDPC 1/2", k: 1, n: 2 },
    Code { name: "LDPC 2/3", k: 2, n: 3 },
    Code { name: "LDPC 4/5", k: 4, n: 5 },
];

/// The modulation and code with the highest rate that `es_over_n0_db` bears; `None` where it bears none.
pub fn best(from: &[ModCod], es_over_n0_db: f64) -> Option<ModCod> {
    let bears = from.iter().filter(|m| m.es_over_n0_db <= es_over_n0_db);
    bears
        .max_by(|a, b| a.bit_symbol.total_cmp(&b.bit_symbol))
        .copied()
}
