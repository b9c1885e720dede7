//! Reading over HTTP and S3 from a server on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::dataset::{Dataset, Window};
use corridor_raster::grid::{Crs, Grid};
use corridor_raster::source::ByteSource;
use corridor_raster::source::remote::{ObjectSource, is_address};

/// Serves one file under any path, by ranges; counts requests and bytes.
struct Server {
    address: String,
    requests: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(file: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (requests, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let paths = Arc::new(Mutex::new(Vec::new()));
        let file = Arc::new(file);
        let server = Self {
            address,
            requests: Arc::clone(&requests),
            bytes: Arc::clone(&bytes),
            paths: Arc::clone(&paths),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (file, requests) = (Arc::clone(&file), Arc::clone(&requests));
                let (bytes, paths) = (Arc::clone(&bytes), Arc::clone(&paths));
                std::thread::spawn(move || serve(&stream, &file, &requests, &bytes, &paths));
            }
        });
        server
    }
}

fn serve(
    stream: &TcpStream,
    file: &[u8],
    requests: &AtomicU64,
    bytes: &AtomicU64,
    paths: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut range = None;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            if header.trim().is_empty() {
                break;
            }
            if let Some(text) = header.to_ascii_lowercase().strip_prefix("range: bytes=") {
                let (a, b) = text.trim().split_once('-').unwrap();
                range = Some((a.parse::<usize>().unwrap(), b.parse::<usize>().unwrap()));
            }
        }
        requests.fetch_add(1, Ordering::Relaxed);
        paths.lock().unwrap().push(path.clone());
        let mut stream = stream;
        if path.contains("absent") {
            write!(
                stream,
                "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
            )
            .unwrap();
            continue;
        }
        let (from, to) = range.unwrap_or((0, file.len() - 1));
        let part = &file[from..(to + 1).min(file.len())];
        bytes.fetch_add(part.len() as u64, Ordering::Relaxed);
        write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{}/{}\r\n\
             etag: \"a\"\r\nlast-modified: Wed, 18 Sep 2019 10:00:00 GMT\r\naccept-ranges: bytes\r\n\r\n",
            part.len(),
            from + part.len() - 1,
            file.len()
        )
        .unwrap();
        stream.write_all(part).unwrap();
    }
}

fn scene() -> Vec<u8> {
    let side = 1500;
    let mut state = 1_u32;
    let values: Vec<u16> = (0..side * side)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (i % 500) as u16 + (state >> 20) as u16
        })
        .collect();
    let grid = Grid::new(
        Crs::epsg(32725).unwrap(),
        [200_000.0, 10.0, 0.0, 9_200_000.0, 0.0, -10.0],
        side,
        side,
    );
    let mut file = std::io::Cursor::new(Vec::new());
    let options = CogOptions {
        block_size: 256,
        ..CogOptions::default()
    };
    cog::write_to(&mut file, &grid, &[BandData::U16(values)], &options).unwrap();
    file.into_inner()
}

#[test]
fn a_window_over_http_costs_few_requests() {
    let file = scene();
    let server = Server::start(file.clone());
    let source =
        ObjectSource::open(&format!("http://{}/a/scene.tif", server.address), &[]).unwrap();
    let source = Arc::new(source);
    let dataset = Dataset::from_source(Arc::clone(&source) as Arc<dyn ByteSource>).unwrap();
    assert_eq!(
        server.requests.load(Ordering::Relaxed),
        1,
        "opening is one request"
    );
    let window = Window::new(300, 300, 700, 400);
    let own = dataset.read(0, window).unwrap();
    let local = Dataset::from_bytes(file.clone().into(), "scene.tif").unwrap();
    assert_eq!(own, local.read(0, window).unwrap());
    // Twelve tiles in three rows of tiles: neighbours come together.
    let requests = server.requests.load(Ordering::Relaxed);
    assert!(
        requests <= 5,
        "{requests} requests, {:?}",
        source.requests()
    );
    let bytes = server.bytes.load(Ordering::Relaxed);
    assert!(
        bytes < file.len() as u64 * 3 / 4,
        "{bytes} of {}",
        file.len()
    );
    assert_eq!(dataset.read(0, window).unwrap(), own);
    assert_eq!(server.requests.load(Ordering::Relaxed), requests, "kept");
}

#[test]
fn an_s3_bucket_is_read_by_its_address() {
    let file = scene();
    let server = Server::start(file.clone());
    let options = [
        ("aws_endpoint", format!("http://{}", server.address)),
        ("aws_region", "eu-central-1".to_owned()),
        ("aws_access_key_id", "none".to_owned()),
        ("aws_secret_access_key", "none".to_owned()),
        ("aws_allow_http", "true".to_owned()),
    ]
    .map(|(k, v)| (k.to_owned(), v));
    let source = ObjectSource::open("s3://bucket/some/scene.tif", &options).unwrap();
    let dataset = Dataset::from_source(Arc::new(source)).unwrap();
    let local = Dataset::from_bytes(file.into(), "scene.tif").unwrap();
    let window = Window::new(0, 0, 20, 20);
    assert_eq!(
        dataset.read(0, window).unwrap(),
        local.read(0, window).unwrap()
    );
    assert_eq!(server.paths.lock().unwrap()[0], "/bucket/some/scene.tif");
}

#[test]
fn what_cannot_be_read_is_named() {
    let server = Server::start(vec![1, 2, 3]);
    let open = |path: &str| {
        let address = format!("http://{}/{path}", server.address);
        match ObjectSource::open(&address, &[]) {
            Ok(source) => Dataset::from_source(Arc::new(source))
                .unwrap_err()
                .to_string(),
            Err(error) => error.to_string(),
        }
    };
    let message = open("absent.tif");
    assert!(message.contains("absent.tif"), "{message}");
    let message = open("short.tif");
    assert!(message.contains("short.tif"), "{message}");
    let message = open("a.tif?token=x");
    assert!(message.contains("query"), "{message}");
    assert!(is_address("S3://a/b") && is_address("https://a/b"));
    assert!(!is_address("a/b.tif") && !is_address("C:/a.tif"));
    let mut rest = Vec::new();
    let _ = std::io::empty().read_to_end(&mut rest);
}
