//! Where captures come from: files, folders, standard input, TCP.

use crate::verb::Failure;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

/// A stream of bytes with a name: one source, or several one after another.
pub(super) struct Input {
    name: String,
    waiting: VecDeque<Source>,
    open: Option<(String, Box<dyn Read>)>,
    len: u64,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    Standard,
    Tcp(String),
}

impl Source {
    fn name(&self) -> String {
        match self {
            Self::File(path) => path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            ),
            Self::Standard => "-".into(),
            Self::Tcp(address) => format!("tcp:{address}"),
        }
    }
}

impl Input {
    /// The inputs of a command line; with `join` they are one.
    pub(super) fn list(
        paths: &[PathBuf],
        tcp: &[String],
        join: bool,
    ) -> Result<Vec<Self>, Failure> {
        let mut sources = Vec::new();
        for path in paths {
            if path == Path::new("-") {
                sources.push(Source::Standard);
            } else if path.is_dir() {
                let mut files = files_of(path)?;
                if files.is_empty() {
                    return Err(Failure::Failed(format!(
                        "{}: a folder without files",
                        path.display()
                    )));
                }
                files.sort();
                sources.extend(files.into_iter().map(Source::File));
            } else {
                sources.push(Source::File(path.clone()));
            }
        }
        sources.extend(tcp.iter().cloned().map(Source::Tcp));
        if join {
            return Ok(vec![Self::of(sources)]);
        }
        Ok(sources.into_iter().map(|s| Self::of(vec![s])).collect())
    }

    fn of(sources: Vec<Source>) -> Self {
        let names: Vec<String> = sources.iter().map(Source::name).collect();
        let len = sources
            .iter()
            .map(|s| match s {
                Source::File(path) => std::fs::metadata(path).map_or(0, |m| m.len()),
                _ => 0,
            })
            .sum();
        Self {
            name: names.join("+"),
            waiting: sources.into(),
            open: None,
            len,
        }
    }

    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// Bytes as far as they are known beforehand.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Fills a buffer as far as there are bytes now; 0 at the end of all.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        loop {
            let Some((name, source)) = &mut self.open else {
                let Some(next) = self.waiting.pop_front() else {
                    return Ok(0);
                };
                self.open = Some(open(&next)?);
                continue;
            };
            match source.read(buffer) {
                Ok(0) => self.open = None,
                Ok(read) => return Ok(read),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Failure::Failed(format!("reading {name}: {e}"))),
            }
        }
    }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: std::io::Error| Failure::Failed(format!("reading {}: {e}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn open(source: &Source) -> Result<(String, Box<dyn Read>), Failure> {
    let failed = |name: &str, e: std::io::Error| Failure::Failed(format!("opening {name}: {e}"));
    Ok(match source {
        Source::File(path) => {
            let name = path.display().to_string();
            let file = File::open(path).map_err(|e| failed(&name, e))?;
            (name, Box::new(file))
        }
        Source::Standard => ("standard input".into(), Box::new(std::io::stdin())),
        Source::Tcp(address) => {
            let stream = TcpStream::connect(address).map_err(|e| failed(address, e))?;
            (address.clone(), Box::new(stream))
        }
    })
}
