use super::*;
use proptest::prelude::*;

/// Units of another implementation: see `tests/reference/README.md`.
const REFERENCE: &str = include_str!("../../../tests/reference/cfdp_pdus.csv");

fn reference(name: &str) -> Vec<u8> {
    let line = REFERENCE
        .lines()
        .find(|l| l.split(',').next() == Some(name));
    let hex = line.and_then(|l| l.split(',').nth(1)).unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

#[test]
fn units_of_another_implementation_are_read_and_written_the_same() {
    let mut seen = 0;
    for line in REFERENCE.lines() {
        let name = line.split(',').next().unwrap();
        let bytes = reference(name);
        let pdu = decode(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            pdu.header.id,
            TransactionId {
                source: 0x0102,
                number: 0x0a0b
            },
            "{name}"
        );
        assert_eq!(
            (pdu.header.destination, pdu.header.entity_len),
            (0x0304, 2),
            "{name}"
        );
        assert_eq!(encode(&pdu).unwrap(), bytes, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 32);
    let body = |name| decode(&reference(name)).unwrap().body;
    assert_eq!(
        body("nak"),
        Body::Nak {
            from: 0,
            to: 1000,
            requests: vec![(0, 0), (100, 200), (300, 1000)]
        }
    );
    assert_eq!(
        body("data class2 crc large"),
        Body::FileData {
            offset: 100,
            data: b"hello".to_vec()
        }
    );
    let Body::Metadata(metadata) = body("metadata class1") else {
        panic!()
    };
    assert_eq!(
        (metadata.size, metadata.checksum(), metadata.closure),
        (1234, Some(Checksum::Crc32C), true)
    );
    assert_eq!(
        (
            metadata.source_name.as_str(),
            metadata.destination_name.as_str()
        ),
        ("a/src.bin", "dst.bin")
    );
    assert_eq!(body("prompt keep alive"), Body::Prompt { keep_alive: true });
    assert_eq!(body("keep alive"), Body::KeepAlive { progress: 777 });
    let status = FileStatus::Retained;
    assert_eq!(
        body("finished"),
        Body::Finished(Finished {
            condition: Condition::NoError,
            complete: true,
            status
        })
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(pdu) = decode(&bytes) {
            prop_assert_eq!(decode(&encode(&pdu).unwrap()).unwrap(), pdu);
        }
    }

    #[test]
    fn damaged_units_of_another_implementation_are_read_or_refused(at in 0_usize..32, byte in 0_usize..60, bit in 0_u8..8, cut in 0_usize..60) {
        let line = REFERENCE.lines().nth(at).unwrap();
        let mut bytes = reference(line.split(',').next().unwrap());
        let whole = bytes.len();
        if let Some(b) = bytes.get_mut(byte) {
            *b ^= 1 << bit;
            let crc = line.contains("crc") || bytes[0] & 2 != 0;
            if crc && byte > 0 && byte < whole {
                prop_assert!(decode(&bytes).is_err());
            }
        }
        bytes.truncate(cut);
        if cut < whole {
            prop_assert!(decode(&bytes).is_err());
        }
    }
}
