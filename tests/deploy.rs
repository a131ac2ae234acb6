//! What `deploy/` holds does what `docs/deploying.md` says: the checker of histories through each proxy, who a client
//! is behind one, what happens when nodes are away, and the unit and the image as far as this machine can tell.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "histories/mod.rs"]
mod histories;
#[path = "deploy/packaging.rs"]
mod packaging;
#[path = "deploy/proxy.rs"]
mod proxy;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use histories::faults::Size;
use histories::history::History;
use histories::host::{Host, ready};
use histories::program::Home;
use histories::run::Run;
use histories::site::{Doors, Site};
use histories::verdict::judge;
use proxy::{Kind, Proxy, free_port};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::task::{JoinSet, block_in_place};

/// Makes a test of each sentence for each proxy.
macro_rules! behind_both {
    ($($sentence:ident),+ $(,)?) => {
        mod behind_nginx {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() { super::$sentence(crate::proxy::Kind::Nginx).await; })+
        }
        mod behind_caddy {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $sentence() { super::$sentence(crate::proxy::Kind::Caddy).await; })+
        }
    };
}

behind_both! {
    nothing_is_missed_or_doubled,
    nothing_is_missed_or_doubled_beside_a_node_that_is_gone,
    nothing_is_missed_or_doubled_through_kill_9,
    limits_count_the_address_of_the_client,
    a_client_that_leaves_gives_its_place_back,
    polls_go_to_the_live_door_and_posts_do_not,
}

/// A node with ports that stay its own when it is killed.
fn node() -> Host {
    let home = ready(Home::new()).with("ROCKET_IP_HEADER", "X-Real-IP");
    let ports = [("ROCKET_PORT", free_port()), ("GAVEL_LIVE_PORT", free_port())];
    Host::start_in(ports.into_iter().fold(home, |home, (name, port)| home.with(name, port.to_string())))
}

fn doors(host: &Host) -> Doors {
    host.site.doors.borrow()[0]
}

/// A node that is not there.
fn gone() -> Doors {
    let nobody = || SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    Doors { main: nobody(), live: Some(nobody()) }
}

fn proxy(kind: Kind, nodes: &[Doors]) -> Option<Proxy> {
    block_in_place(|| Proxy::start(kind, nodes))
}

/// The site as those behind the proxy see it: one address for everything.
fn through(proxy: &Proxy, host: &Host) -> Site {
    Site::new(Doors { main: proxy.plain, live: None }, &host.site.token)
}

fn holds(history: &History, proxy: &Proxy) {
    let verdict = judge(history);
    println!("{} rows acknowledged, {} delivered, {} of them by streams", verdict.acknowledged, verdict.deliveries, verdict.streamed);
    assert!(verdict.holds(), "{}\n{}", verdict.words(), proxy.said());
    assert!(verdict.acknowledged >= Size::SMALL.rows / 2 && verdict.streamed > 0 && verdict.deliveries > verdict.streamed);
}

async fn nothing_is_missed_or_doubled(kind: Kind) {
    calm(kind, &[]).await;
}

async fn nothing_is_missed_or_doubled_beside_a_node_that_is_gone(kind: Kind) {
    calm(kind, &[gone()]).await;
}

/// A run in front of one node, and of more that the proxy only believes in.
async fn calm(kind: Kind, others: &[Doors]) {
    let host = node();
    let nodes: Vec<Doors> = others.iter().copied().chain([doors(&host)]).collect();
    let Some(proxy) = proxy(kind, &nodes) else { return };
    let site = through(&proxy, &host);
    let run = Run::begin(&site, 11, &Size::SMALL.cast()).await;
    run.reaches(Size::SMALL.rows).await;
    holds(&run.finish(&site).await, &proxy);
}

async fn nothing_is_missed_or_doubled_through_kill_9(kind: Kind) {
    let mut host = node();
    let Some(proxy) = proxy(kind, &[doors(&host)]) else { return };
    let site = through(&proxy, &host);
    let run = Run::begin(&site, 12, &Size::SMALL.cast()).await;
    for part in 1..=2 {
        run.reaches(part * Size::SMALL.rows / 3).await;
        host.kill();
    }
    run.reaches(Size::SMALL.rows).await;
    holds(&run.finish(&site).await, &proxy);
}

/// A client at this address of the machine, which says of itself that it is another one.
fn client(from: [u8; 4], claims: &str) -> Client {
    let claims = [("x-real-ip".parse().unwrap(), claims.parse().unwrap())].into_iter().collect();
    Client::builder().local_address(IpAddr::from(from)).default_headers(claims).timeout(Duration::from_mins(1)).build().unwrap()
}

async fn join(client: &Client, base: &str, nick: &str) -> Response {
    client.post(format!("{base}/participants")).json(&json!({"nick": nick})).send().await.unwrap()
}

async fn limits_count_the_address_of_the_client(kind: Kind) {
    let home = Home::new().with("ROCKET_IP_HEADER", "X-Real-IP").with("GAVEL_LIVE_PORT", "0");
    let limits = [("GAVEL_JOIN_RATE", "1"), ("GAVEL_JOIN_BURST", "2"), ("GAVEL_ADDRESS_POLLS", "1")];
    let host = Host::start_in(limits.into_iter().fold(home, |home, (name, limit)| home.with(name, limit)));
    let Some(proxy) = proxy(kind, &[doors(&host)]) else { return };
    let event = host.site.open_event(Duration::from_hours(1)).await;
    let base = format!("http://{}/api/v1/events/{event}", proxy.plain);
    let (here, there) = ([127, 0, 0, 1], [127, 0, 0, 2]);

    for (nick, claims, status) in [("ada", "10.0.0.1", 201), ("bob", "10.0.0.2", 201), ("eve", "10.0.0.3", 429)] {
        assert_eq!(join(&client(here, claims), &base, nick).await.status(), status, "{nick}");
    }
    let joined = join(&client(there, "127.0.0.1"), &base, "cyd").await;
    assert_eq!(joined.status(), 201);
    let joined: Value = joined.json().await.unwrap();

    let poll = format!("{base}/messages?after={}&wait=50", joined["cursor"]);
    let mut polls = JoinSet::new();
    for n in 0..3 {
        polls.spawn(client(here, &format!("10.0.1.{n}")).get(&poll).send());
    }
    // One of them has the only place of its address.
    for _ in 0..2 {
        let refused = polls.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(refused.status(), 503);
        assert_eq!(refused.json::<Value>().await.unwrap()["type"], "/problems/crowded");
    }
    polls.spawn(client(there, "127.0.0.1").get(&poll).send());
    let token = joined["token"].as_str().unwrap();
    let said = client(there, "").post(format!("{base}/messages")).bearer_auth(token).json(&json!({"text": "hello"}));
    assert_eq!(said.send().await.unwrap().status(), 201);
    while let Some(answer) = polls.join_next().await {
        let answer = answer.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<Value>().await.unwrap()["messages"][0]["text"], "hello");
    }
}

/// Asks until there is a place for it, and then for all that comes.
async fn keep_asking(url: String) -> reqwest::Result<String> {
    loop {
        let answer = client([127, 0, 0, 1], "").get(&url).send().await?;
        if answer.status() != 503 {
            return answer.text().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a poll is refused, or is not: longer than one that looks takes, less than anything that would end a
/// poll of 50 s, or show a stream by its sign of life of each 15 s that its client is gone.
async fn until_refused(is: bool, url: &str, proxy: &Proxy) {
    let began = Instant::now();
    while (client([127, 0, 0, 1], "").get(url).send().await.unwrap().status() == 503) != is {
        assert!(began.elapsed() < Duration::from_secs(12), "{url} {}: {}", if is { "has a place" } else { "has none" }, proxy.said());
        // Who looks has no claim to the place: time for the other one to take it.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn a_client_that_leaves_gives_its_place_back(kind: Kind) {
    let home = Home::new().with("ROCKET_IP_HEADER", "X-Real-IP").with("GAVEL_LIVE_PORT", "0").with("GAVEL_ADDRESS_POLLS", "1");
    let host = Host::start_in(home);
    let Some(proxy) = proxy(kind, &[doors(&host)]) else { return };
    let event = host.site.open_event(Duration::from_hours(1)).await;
    let base = format!("http://{}/api/v1/events/{event}", proxy.plain);
    let cursor = client([127, 0, 0, 1], "").get(format!("{base}/messages?wait=0")).send().await.unwrap();
    let cursor = cursor.json::<Value>().await.unwrap()["cursor"].clone();
    let look = format!("{base}/messages?wait=1&after={cursor}");
    for path in ["messages?wait=50&", "stream?"] {
        let asks = tokio::spawn(keep_asking(format!("{base}/{path}after={cursor}")));
        until_refused(true, &look, &proxy).await;
        asks.abort();
        assert!(asks.await.unwrap_err().is_cancelled(), "it had its place until now");
        until_refused(false, &look, &proxy).await;
    }
}

async fn polls_go_to_the_live_door_and_posts_do_not(kind: Kind) {
    let host = node();
    let event = host.site.open_event(Duration::from_hours(1)).await;
    let person = host.site.join(&event, "ada").await;
    let here = doors(&host);
    for (nodes, [polled, looked, said]) in
        [(Doors { live: gone().live, ..here }, [503, 200, 201]), (Doors { main: gone().main, ..here }, [200, 503, 503])]
    {
        let Some(proxy) = proxy(kind, &[nodes]) else { return };
        let (client, base) = (client([127, 0, 0, 1], ""), format!("http://{}/api/v1/events/{event}", proxy.plain));
        let say = client.post(format!("{base}/messages")).bearer_auth(&person.token).json(&json!({"text": "hello"}));
        let calls = [
            (client.get(format!("{base}/messages?wait=0")), polled),
            (client.get(format!("{base}/stream")), polled),
            (client.head(format!("{base}/messages?wait=0")), polled),
            (client.get(&base), looked),
            (say, said),
        ];
        for (call, status) in calls {
            let answer = call.send().await.unwrap();
            assert_eq!(answer.status(), status, "{} {}", answer.url(), proxy.said());
            if status == 503 {
                // As Gavel itself would say it.
                let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
                assert_eq!(header("content-type"), "application/problem+json");
                assert_eq!(header("retry-after"), "2");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_speaks_http_2_with_tls_and_sends_people_there() {
    let host = node();
    let proxy = proxy(Kind::Nginx, &[doors(&host)]).unwrap();
    let curl = |url: String, what: &str| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-m", "30", "-o", "/dev/null", "-w", what, "--cacert"]).arg(proxy.certificate());
        for at in [proxy.tls, proxy.redirect] {
            curl.arg("--resolve").arg(format!("meet.example.org:{}:{}", at.port(), at.ip()));
        }
        let said = block_in_place(|| curl.arg(url).output())
            .unwrap_or_else(|_| panic!("curl is not on this machine: scripts/test installs it (Debian: curl)."));
        assert!(said.status.success(), "{said:?} {}", proxy.said());
        String::from_utf8(said.stdout).unwrap()
    };
    let health = curl(format!("https://meet.example.org:{}/health", proxy.tls.port()), "%{http_version} %{http_code}");
    assert_eq!(health, "2 200");
    let sent = curl(format!("http://meet.example.org:{}/m/weekly?x=1", proxy.redirect.port()), "%{http_code} %{redirect_url}");
    assert_eq!(sent, "301 https://meet.example.org/m/weekly?x=1");
}
