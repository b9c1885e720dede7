use super::*;

#[test]
fn a_tm_frame_with_secondary_header_and_control() {
    // Version 0, spacecraft 0x123, channel 5, control field; counts 7 and 9; secondary header of 4.
    let mut frame = vec![0x12, 0x3b, 7, 9, 0x98, 0x02, 3, 1, 2, 3];
    frame.extend([10, 11, 12, 13, 0xa, 0xb, 0xc, 0xd]);
    let check = crate::frame::check::of(&frame);
    frame.extend(check.to_be_bytes());
    let layout = Layout {
        error_control: true,
        ..Layout::default()
    };
    let read = parse(&frame, &layout).unwrap();
    assert_eq!(
        (read.version, read.spacecraft_id, read.virtual_channel),
        (Version::Tm, 0x123, 5)
    );
    assert_eq!(
        (read.count, read.first_header),
        (Some(9), FirstHeader::At(2))
    );
    assert_eq!(
        (read.data, read.operational_control),
        (&[10, 11, 12, 13][..], Some([0xa, 0xb, 0xc, 0xd]))
    );
}

#[test]
fn an_aos_frame_with_insert_zone_and_cycle() {
    let frame = [
        0x67, 0x50, 0, 1, 2, 0xc3, 0xaa, 0xbb, 0x07, 0xff, 1, 2, 3, 9, 9, 9, 9,
    ];
    let layout = Layout {
        insert_zone_len: 2,
        operational_control: true,
        ..Layout::default()
    };
    let read = parse(&frame, &layout).unwrap();
    assert_eq!(
        (read.version, read.spacecraft_id, read.virtual_channel),
        (Version::Aos, 157, 16)
    );
    assert_eq!(
        (read.count, read.count_modulus, read.replay),
        (Some(0x0300_0102), 1 << 28, true)
    );
    assert_eq!(
        (read.insert_zone, read.first_header),
        (&[0xaa, 0xbb][..], FirstHeader::None)
    );
    assert_eq!(read.data, [1, 2, 3]);
}

#[test]
fn a_uslp_frame_of_packets_and_one_of_octets() {
    // Version 12, spacecraft 0xbeef, channel 3, map 1; 18 bytes; a count of two bytes, control field.
    let id = 0xc000_0000_u32 | 0xbeef << 12 | 3 << 5 | 1 << 1;
    let mut frame = id.to_be_bytes().to_vec();
    frame.extend([0, 17, 0x0a, 1, 2, 0x00, 0, 1, 0x55, 0x66, 7, 7, 7, 7]);
    let read = parse(&frame, &Layout::default()).unwrap();
    assert_eq!(
        (read.version, read.spacecraft_id, read.virtual_channel),
        (Version::Uslp, 0xbeef, 3)
    );
    assert_eq!((read.count, read.count_modulus), (Some(0x0102), 1 << 16));
    assert_eq!(
        (read.first_header, read.data),
        (FirstHeader::At(1), &[0x55, 0x66][..])
    );
    assert_eq!(read.operational_control, Some([7; 4]));
    assert_eq!(identity(&frame), Some((Version::Uslp, 0xbeef)));
    frame[9] = 0x65; // rule 3, octets
    assert_eq!(
        parse(&frame, &Layout::default()).unwrap().first_header,
        FirstHeader::NoPackets
    );
    frame[5] = 18;
    assert_eq!(
        parse(&frame, &Layout::default()),
        Err(FrameFault::Length { said: 19, len: 18 })
    );
}

#[test]
fn pointers_past_the_data_and_other_versions_are_faults() {
    assert_eq!(
        parse(&[0x40, 0, 0, 0, 0, 0, 0, 9, 1, 2], &Layout::default()),
        Err(FrameFault::Pointer { pointer: 9, len: 2 })
    );
    assert_eq!(
        parse(&[0x80; 20], &Layout::default()),
        Err(FrameFault::Version(8))
    );
    for len in 0..6 {
        assert!(parse(&[0x40, 0, 0, 0, 0, 0][..len], &Layout::default()).is_err());
    }
}

#[test]
fn valid_bits_of_a_bit_stream() {
    assert_eq!(bitstream(&[0x3f, 0xff, 1, 2]), Some((&[1, 2][..], 16)));
    assert_eq!(bitstream(&[0x3f, 0xfe, 1, 2]), Some((&[1, 2][..], 0)));
    assert_eq!(bitstream(&[0, 4, 1, 2]), Some((&[1, 2][..], 5)));
    assert_eq!(bitstream(&[0]), None);
}
