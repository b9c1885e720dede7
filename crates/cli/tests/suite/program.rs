//! Runs the real program on a data folder of its own, and asks its server over HTTP.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long a server may take to answer for the first time.
const START_MAX: Duration = Duration::from_secs(60);

/// The repository's folder.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The demo's scenes as shipped.
pub(crate) fn demo_scenes() -> PathBuf {
    repository().join("demo/scenes")
}

/// A file or folder of the real data, or `None` (with a word) where it is absent.
pub(crate) fn real_data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let place = root.join(name);
    if place.exists() {
        return Some(place);
    }
    let required = std::env::var_os("CORRIDOR_REQUIRE_SHARED_DATA").is_some_and(|v| v == "1");
    assert!(!required, "{} is absent", place.display());
    println!("skipped: {} is absent", place.display());
    None
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The run, which must have succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{self:#?}");
        self
    }

    /// The run, which must have failed with this status and name each of the words.
    pub(crate) fn refused(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not said in {self:#?}");
        }
        assert!(!self.err.contains("panicked"), "{self:#?}");
        self
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }
}

/// The program on one data folder.
pub(crate) struct Program {
    pub(crate) data: PathBuf,
    _folder: tempfile::TempDir,
}

impl Program {
    /// On an empty data folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            data: folder.path().join("data"),
            _folder: folder,
        }
    }

    /// On a copy of the data folder that the demo leaves.
    pub(crate) fn after_demo() -> Self {
        let program = Self::new();
        copy_folder(&demo().0.data, &program.data);
        program
    }

    /// A folder beside the data folder, for files to hand over.
    pub(crate) fn desk(&self) -> PathBuf {
        let desk = self._folder.path().join("desk");
        std::fs::create_dir_all(&desk).unwrap();
        desk
    }

    /// A file on the desk.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.desk().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A copy on the desk of a shipped scene: its description and the files it names.
    pub(crate) fn scene(&self, id: &str) -> PathBuf {
        let name = format!("{id}.scene.json");
        let text = std::fs::read_to_string(demo_scenes().join(&name)).unwrap();
        let description: Value = serde_json::from_str(&text).unwrap();
        for file in description["files"].as_object().unwrap().values() {
            let file = file.as_str().unwrap();
            std::fs::copy(demo_scenes().join(file), self.desk().join(file)).unwrap();
        }
        self.file(&name, text)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command
            .args(arguments)
            .env_remove("CORRIDOR_LOG")
            .env("CORRIDOR_DATA_DIR", &self.data)
            .current_dir(self._folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a verb to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a verb that goes on by itself; it is killed when dropped.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.stderr(Stdio::null());
        Running {
            child: command.spawn().unwrap(),
        }
    }

    /// Serves the data folder on free ports.
    pub(crate) fn serve(&self) -> Server {
        let mut running = self.start(&["serve", "--port", "0", "--bundles", "127.0.0.1:0"]);
        let mut lines = BufReader::new(running.child.stdout.take().unwrap()).lines();
        let (mut bundles, mut http) = (None, None);
        while http.is_none() {
            let line = lines
                .next()
                .expect("the server says its addresses")
                .unwrap();
            if let Some(address) = line.strip_prefix("bundles: ") {
                bundles = Some(address.to_string());
            }
            if let Some(rest) = line.strip_prefix("serving http://") {
                http = rest.split(' ').next().map(str::to_string);
            }
        }
        // Keeps the pipe open and empty: a closed one would end the server at its next line.
        std::thread::spawn(move || lines.for_each(drop));
        let server = Server {
            running,
            http: http.unwrap(),
            bundles: bundles.unwrap(),
        };
        server.wait_for(START_MAX, "the first answer", |s| {
            s.try_get("/api/status").is_some()
        });
        server
    }

    /// Everything that must stay as it was when a request is refused: watches, register, and each
    /// stored file with its digest. Half-written files would show too.
    pub(crate) fn state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        for listing in [&["watch", "list"][..], &["register", "list"]] {
            let ran = self.run(&[listing, &["--format", "json"]].concat()).ok();
            state.insert(listing.join(" "), ran.out);
        }
        for watch in serde_json::from_str::<Value>(&state["watch list"])
            .unwrap()
            .as_array()
            .unwrap()
        {
            let id = watch["id"].as_str().unwrap();
            let shown = self.run(&["watch", "show", id, "--format", "json"]).ok();
            state.insert(format!("watch show {id}"), shown.out);
        }
        for part in ["assets", "work", "spool", "inbox"] {
            for path in files_below(&self.data.join(part)) {
                let name = path.strip_prefix(&self.data).unwrap().display().to_string();
                let digest = match corridor_catalog::digest::sha256_file(&path) {
                    Ok((digest, _)) => digest,
                    Err(e) => e.to_string(),
                };
                state.insert(name, digest);
            }
        }
        state
    }
}

/// A running program.
pub(crate) struct Running {
    pub(crate) child: Child,
}

impl Running {
    /// SIGKILL: no chance to tidy up.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What came back of a request.
#[derive(Debug)]
pub(crate) struct Sent {
    /// First line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A node that serves.
pub(crate) struct Server {
    pub(crate) running: Running,
    /// `host:port` of the page and the interfaces.
    pub(crate) http: String,
    /// `host:port` for bundles.
    pub(crate) bundles: String,
}

impl Server {
    /// What an address gives; `None` where it does not answer with 200.
    pub(crate) fn try_get(&self, path: &str) -> Option<Vec<u8>> {
        let answer = self.send("GET", path, None)?;
        answer
            .head
            .lines()
            .next()?
            .contains(" 200 ")
            .then_some(answer.body)
    }

    /// Sends a request, with JSON where there is any; `None` where nobody answers.
    pub(crate) fn send(&self, method: &str, path: &str, json: Option<&Value>) -> Option<Sent> {
        let mut stream = TcpStream::connect(&self.http).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .ok()?;
        let body = json.map(Value::to_string).unwrap_or_default();
        let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {}\r\n", self.http);
        if json.is_some() {
            let length = body.len();
            head.push_str("Content-Type: application/json\r\n");
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        // HTTP/1.0: the answer ends with the connection.
        write!(stream, "{head}\r\n{body}").ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
        Some(Sent {
            head: String::from_utf8_lossy(&answer[..end]).into_owned(),
            body: answer[end + 4..].to_vec(),
        })
    }

    /// As [`Self::try_get`], and it must answer.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        self.try_get(path)
            .unwrap_or_else(|| panic!("{path} is not answered"))
    }

    /// As [`Self::get`], read as JSON.
    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// All Items that show, by collection and id; none may show twice.
    pub(crate) fn items(&self) -> BTreeMap<String, Value> {
        let found = self.json("/stac/search?limit=1000");
        let mut items = BTreeMap::new();
        for item in found["features"].as_array().unwrap() {
            let key = format!(
                "{}/{}",
                item["collection"].as_str().unwrap(),
                item["id"].as_str().unwrap()
            );
            assert!(
                items.insert(key.clone(), item.clone()).is_none(),
                "{key} shows twice"
            );
        }
        items
    }

    /// Fetches every asset of an Item and checks size and digest.
    pub(crate) fn check_whole(&self, item: &Value) {
        for (key, asset) in item["assets"].as_object().unwrap() {
            let href = asset["href"].as_str().unwrap();
            let path = href.find("/assets/").map_or(href, |at| &href[at..]);
            let bytes = self.get(path);
            let digest = corridor_catalog::digest::sha256_bytes(&bytes);
            assert_eq!(asset["file:size"], bytes.len(), "{key} of {}", item["id"]);
            assert_eq!(
                asset["file:checksum"],
                format!("1220{digest}"),
                "{key} of {}",
                item["id"]
            );
        }
    }

    /// Waits until something holds.
    pub(crate) fn wait_for(&self, most: Duration, what: &str, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < most, "waited {most:?} for {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The demo, run once for all tests that look at what it leaves; they must not change it.
pub(crate) fn demo() -> &'static (Program, Ran) {
    static DEMO: OnceLock<(Program, Ran)> = OnceLock::new();
    DEMO.get_or_init(|| {
        let program = Program::new();
        let ran = program
            .run(&["demo", "--no-serve", "--data-dir", &text(&program.data)])
            .ok();
        (program, ran)
    })
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_string()
}

/// All files below a folder, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Copies a folder with all below it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
