//! What the checker reads from the wire: events of a stream, bodies of every length, and the digest of known rows.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::histories::digest::Chain;
use crate::histories::events::{Event, Parser};
use crate::histories::history::Row;
use crate::histories::http::{Connection, request};

fn event(id: &str, kind: &str, data: &str) -> Event {
    Event { id: id.into(), kind: kind.into(), data: data.into() }
}

#[test]
fn events_are_read_however_their_bytes_are_cut() {
    let stream =
        "event: ack\n\n: still here\n\nid:7\r\nevent:said\r\ndata:{\"text\":\"ü\"}\r\n\r\nid: 8\ndata: a\ndata: b\n\nid: 9\nevent: half";
    let expected = [event("", "ack", ""), event("7", "said", "{\"text\":\"ü\"}"), event("8", "", "a\nb")];
    for size in 1..stream.len() {
        let mut parser = Parser::default();
        stream.as_bytes().chunks(size).for_each(|piece| parser.take(piece));
        assert_eq!(parser.ready, expected, "in pieces of {size}");
    }
}

/// Answers each connection with these bytes, one by one, and closes it.
async fn answer(answers: &'static [&'static str]) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            assert!(stream.read(&mut asked).await.unwrap() > 0);
            for byte in answer.as_bytes() {
                stream.write_all(&[*byte]).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn bodies_of_every_length_are_read_whole_and_cut_ones_are_errors() {
    let address = answer(&[
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
        "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200",
    ])
    .await;
    let get = request("GET", "/", "", "", None);
    for (status, keeps) in [(200, true), (503, true), (201, false)] {
        let reply = Connection::open(address).await.unwrap().exchange(&get).await.unwrap();
        assert_eq!((reply.status(), reply.head.keeps, reply.body.as_slice()), (status, keeps, &b"hello"[..]));
        assert_eq!(reply.head.header("retry-after"), (status == 503).then_some("2"));
    }
    for _ in 0..3 {
        assert!(Connection::open(address).await.unwrap().exchange(&get).await.is_err());
    }
}

#[test]
fn the_digest_is_the_one_that_was_worked_out_by_hand() {
    let row = |ts, kind: &str, from: Option<&str>, text: &str, salt: Option<&str>, hash: Option<String>| {
        let (from, nick) = (from.map(str::to_owned), from.map(|_| "ada".to_owned()));
        Arc::new(Row {
            ts,
            kind: kind.into(),
            from,
            nick,
            text: text.into(),
            html: String::new(),
            nonce: None,
            salt: salt.map(Into::into),
            hash,
        })
    };
    let mut chain = Chain::start("e_1");
    let digests = [
        chain.take(&row(1, "opened", None, "The room opened.", None, None)),
        chain.take(&row(2, "said", Some("p_1"), "hüllo", Some("salt"), None)),
        chain.take(&row(3, "said", Some("p_1"), "", None, Some("ab".repeat(32)))),
    ];
    assert_eq!(digests, BY_HAND);
}

/// Worked out step by step with another implementation of SHA-256.
const BY_HAND: [&str; 3] = [
    "8f808685150d1054bc70c3fca11cef97c2d22a1b140a398c38d7eaaa3c21e3b3",
    "501f03cfb4cea971c05e5b65ed2ae6749eb1b98252634045511b69f6f17c8b92",
    "7a12a9959e61036124a3e892579b934cbbe99e292219cabfd233bb66618f334d",
];
