//! Who is told of an answer: events, and webhooks to addresses the watch names.

use crate::made;
use corridor_watch::notify::EventKind;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A webhook's other end: answers with each status in turn, then 204; gives the bodies it got.
fn listener(statuses: &'static [u16]) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, bodies) = channel();
    std::thread::spawn(move || {
        let mut statuses = statuses.iter();
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut line, mut length) = (String::new(), 0);
            loop {
                line.clear();
                reader.read_line(&mut line).unwrap();
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let status = statuses.next().unwrap_or(&204);
            let answer =
                format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            reader.into_inner().write_all(answer.as_bytes()).unwrap();
            if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (address, bodies)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_told_once_to_events_and_webhook() {
    let data = tempfile::tempdir().unwrap();
    let desk = tempfile::tempdir().unwrap();
    let (address, bodies) = listener(&[]);
    let chain = made::open(data.path()).await;
    chain
        .add_watch(made::watch("Told", vec![address]))
        .await
        .unwrap();
    let accepted = chain.take_in(made::scene(desk.path(), 1)).await.unwrap();
    assert!(accepted.new);
    let worker = chain.worker().unwrap().unwrap();
    let worked = chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
    assert_eq!(worked.answers, ["answers-water/told-made-1"], "{worked:?}");
    let told = bodies.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(told["kind"], "answer", "{told:#}");
    assert_eq!(told["data"]["watch"], "told", "{told:#}");
    assert_eq!(told["data"]["item_id"], "told-made-1", "{told:#}");
    let kinds: Vec<EventKind> = chain
        .events_after(0)
        .await
        .unwrap()
        .into_iter()
        .map(|e| e.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            EventKind::Watch,
            EventKind::Scene,
            EventKind::Answer,
            EventKind::Trace
        ]
    );
    // The same scene again tells nobody anything.
    let again = chain.take_in(made::scene(desk.path(), 1)).await.unwrap();
    assert!(!again.new);
    let worked = chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
    assert_eq!(worked.answers, Vec::<String>::new());
    assert!(bodies.recv_timeout(Duration::from_millis(300)).is_err());
    assert_eq!(chain.events_after(0).await.unwrap().len(), kinds.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_fails_is_tried_again_and_holds_nothing_up() {
    let data = tempfile::tempdir().unwrap();
    let desk = tempfile::tempdir().unwrap();
    let (address, bodies) = listener(&[500, 503]);
    let chain = made::open(data.path()).await;
    chain
        .add_watch(made::watch("Told", vec![address]))
        .await
        .unwrap();
    chain.take_in(made::scene(desk.path(), 1)).await.unwrap();
    let worker = chain.worker().unwrap().unwrap();
    let worked = chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
    assert_eq!(
        worked.answers.len(),
        1,
        "the answer is out although nobody could be told"
    );
    let first = bodies.recv_timeout(Duration::from_secs(10)).unwrap();
    for _ in 0..4 {
        chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
    }
    let rest: Vec<Value> = bodies.try_iter().collect();
    assert_eq!(
        rest,
        [first.clone(), first],
        "told until it was heard, then no more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_does_not_call_private_addresses_unless_it_may() {
    let data = tempfile::tempdir().unwrap();
    let desk = tempfile::tempdir().unwrap();
    let (address, bodies) = listener(&[]);
    let config = corridor_watch::chain::ChainConfig::at(data.path());
    let chain = corridor_watch::chain::Chain::open(config).await.unwrap();
    chain
        .add_watch(made::watch("Told", vec![address]))
        .await
        .unwrap();
    chain.take_in(made::scene(desk.path(), 1)).await.unwrap();
    let worker = chain.worker().unwrap().unwrap();
    let worked = chain.run_open_jobs(&worker, &|_, _| {}).await.unwrap();
    assert_eq!(worked.answers.len(), 1);
    assert!(
        bodies.recv_timeout(Duration::from_millis(500)).is_err(),
        "nobody was called"
    );
}
