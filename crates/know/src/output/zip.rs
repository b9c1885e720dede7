//! ZIP files whose members are stored as they are.
//!
//! Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local file header), 4.3.12 (central directory)
//! and 4.3.16 (its end). No ZIP64: offsets and sizes are 32-bit, at most 65 535 members. The
//! members of a Zarr store are compressed already, and this is all that is needed of the format.

use flate2::Crc;

/// Version that readers need: 2.0, for folders in names.
const VERSION: u16 = 20;
/// Bit 11: names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// 1 January 1980, the first date of the format: files of the same data are the same bytes.
const DATE: u16 = (1 << 5) | 1;

#[derive(Default)]
pub(super) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    members: usize,
}

impl Zip {
    /// Adds a member.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> Result<(), String> {
        let offset = narrow(self.bytes.len())?;
        let size = narrow(content.len())?;
        let length = u16::try_from(name.len()).map_err(|_| format!("{name:?} is too long"))?;
        let mut crc = Crc::new();
        crc.update(content);
        let mut facts = Vec::with_capacity(26);
        for word in [VERSION, FLAGS, 0, 0, DATE] {
            facts.extend(word.to_le_bytes());
        }
        for number in [crc.sum(), size, size] {
            facts.extend(number.to_le_bytes());
        }
        facts.extend(length.to_le_bytes());
        // No extra field.
        facts.extend(0_u16.to_le_bytes());

        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&facts);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(content);

        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(VERSION.to_le_bytes());
        self.directory.extend(&facts);
        // No comment, the first disk, no attributes within (16 bits) and without (32 bits).
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.members += 1;
        Ok(())
    }

    /// The whole file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, String> {
        let begin = narrow(self.bytes.len())?;
        let size = narrow(self.directory.len())?;
        let members = u16::try_from(self.members)
            .map_err(|_| format!("it would have {} members; at most 65535", self.members))?;
        self.bytes.append(&mut self.directory);
        self.bytes.extend(b"PK\x05\x06");
        self.bytes.extend([0; 4]);
        self.bytes.extend(members.to_le_bytes());
        self.bytes.extend(members.to_le_bytes());
        self.bytes.extend(size.to_le_bytes());
        self.bytes.extend(begin.to_le_bytes());
        self.bytes.extend([0; 2]);
        Ok(self.bytes)
    }
}

fn narrow(number: usize) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| "it would be larger than 4 GiB".to_string())
}
