//! The spacecraft diary of NOAA-20 decoded by its XTCE definitions, beside another program's values.

use crate::real_data;
use corridor_transmit::packet::header::HEADER_LEN;
use corridor_transmit::packet::stream::PacketStream;
use corridor_transmit::packet::time::CDS_8;
use corridor_transmit::packet::xtce::{Definitions, Encoding, Value};

const REFERENCE: &str = include_str!("../reference/diary.csv");
const PACKETS: [usize; 5] = [0, 1, 1000, 3599, 7199];

fn definitions() -> Option<Definitions> {
    let path = real_data::file("transmit/ccsds/jpss1_geolocation_xtce_v1.xml")?;
    Some(Definitions::from_xtce(&std::fs::read_to_string(path).unwrap()).unwrap())
}

#[test]
fn the_fields_are_those_of_the_column_definitions() {
    let Some(definitions) = definitions() else {
        return;
    };
    let columns = real_data::file("transmit/ccsds/ccsdspy_jpss1_geolocation.csv").unwrap();
    let columns = std::fs::read_to_string(columns).unwrap();
    assert_eq!(
        definitions.packets().collect::<Vec<_>>(),
        ["JPSS_ATT_EPHEM"]
    );
    let fields = definitions.fields("JPSS_ATT_EPHEM").unwrap();
    // The first seven are the primary header, which the column definitions leave out.
    let ours: Vec<String> = fields[7..]
        .iter()
        .map(|f| {
            let kind = if f.encoding == Encoding::Float {
                "float"
            } else {
                "uint"
            };
            format!("{},{kind},{}", f.name, f.size_bits)
        })
        .collect();
    let theirs: Vec<&str> = columns.lines().skip(1).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn every_value_of_every_packet_is_that_of_another_program() {
    let Some(definitions) = definitions() else {
        return;
    };
    let path = real_data::file("transmit/ccsds/J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1").unwrap();
    let rows: Vec<Vec<&str>> = REFERENCE
        .lines()
        .skip(1)
        .map(|l| l.split(',').collect())
        .collect();
    let mut sums = vec![0.0_f64; rows.len()];
    let mut index = 0;
    let mut times = Vec::new();
    let mut stream = PacketStream::default();
    stream
        .push(&std::fs::read(path).unwrap(), |_, packet| {
            let (_, fields) = definitions.decode(packet).unwrap();
            assert_eq!(fields.len(), rows.len() + 7);
            for (i, (parameter, value)) in fields[7..].iter().enumerate() {
                assert_eq!(parameter.name, rows[i][0]);
                let value = match value {
                    Value::Integer(n) => *n as f64,
                    Value::Float(x) => *x,
                    other => panic!("{other:?}"),
                };
                sums[i] += value;
                if let Some(column) = PACKETS.iter().position(|p| *p == index) {
                    let right: f64 = rows[i][2 + column].parse().unwrap();
                    // Bits are compared: both read the same IEEE 754 numbers.
                    assert_eq!(
                        value.to_bits(),
                        right.to_bits(),
                        "{} of packet {index}",
                        rows[i][0]
                    );
                }
            }
            times.push(CDS_8.read(&packet[HEADER_LEN..]).unwrap());
            index += 1;
        })
        .unwrap();
    assert_eq!(index, 7200);
    for (row, sum) in rows.iter().zip(&sums) {
        let right: f64 = row[1].parse().unwrap();
        // Sums of 7,200 terms in the same order: equal to the rounding of one addition.
        assert!(
            (sum - right).abs() <= right.abs() * 1e-12,
            "{}: {sum} {right}",
            row[0]
        );
    }
    // A packet a second within its scheduling of some tens of milliseconds, from the first second of the day on.
    assert!(
        times[0].to_string().starts_with("2021-04-09T00:00:0"),
        "{}",
        times[0]
    );
    assert!(
        times
            .windows(2)
            .all(|w| (w[1].duration_since(w[0]).as_secs_f64() - 1.0).abs() < 0.1)
    );
}
