//! A server of mail on loopback that speaks as much of RFC 5321 as clients need, plain or by TLS, keeps what it is
//! given, and refuses or breaks off where a test says so.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

const AT_MOST: Duration = Duration::from_secs(30);

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: String,
    /// Headers and text, line by line.
    pub lines: Vec<String>,
}

impl Mail {
    /// The value of a header, unfolded.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let start = format!("{name}: ");
        let head = self.lines.split(String::is_empty).next().unwrap();
        let at = head.iter().position(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {name} in {head:?}"));
        let more = head[at + 1..].iter().take_while(|line| line.starts_with(' '));
        std::iter::once(&head[at][start.len()..]).chain(more.map(String::as_str)).collect::<String>().trim().to_owned()
    }

    /// What stands behind the headers.
    pub fn text(&self) -> String {
        let at = self.lines.iter().position(String::is_empty).unwrap();
        self.lines[at + 1..].join("\n")
    }

    /// The path of the link in the text that has this in it.
    #[track_caller]
    pub fn path(&self, part: &str) -> String {
        let link = self.lines.iter().map(|line| line.trim()).find(|line| line.starts_with(ORIGIN) && line.contains(part));
        link.unwrap_or_else(|| panic!("no {part} in {:?}", self.lines))[ORIGIN.len()..].to_owned()
    }
}

/// What the server does instead of taking a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Lets nobody in, with this code.
    Greet(u16),
    /// Refuses the recipient.
    Recipient(u16),
    /// Refuses the text.
    Text(u16),
    /// Has the whole mail, and breaks off before it says so.
    Break,
}

/// How a server is spoken to.
#[derive(Clone)]
pub enum Way {
    Plain,
    /// By TLS from the beginning.
    Tls(TlsAcceptor),
    /// By TLS once it was asked for; before that no mail is taken.
    StartTls(TlsAcceptor),
}

#[derive(Debug, Default)]
struct Kept {
    mails: Vec<Mail>,
    manners: VecDeque<Manner>,
    /// Mails, and connections, that a manner was used on.
    refused: Vec<Mail>,
    /// Every command, of all connections.
    said: Vec<String>,
}

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub struct Smtp {
    pub address: SocketAddr,
    scheme: &'static str,
    kept: Arc<Mutex<Kept>>,
    changed: Arc<Notify>,
    task: JoinHandle<()>,
}

/// Where links in mails lead; tests ask their own server for the paths.
pub const ORIGIN: &str = "https://meet.example.org";

impl Smtp {
    pub async fn start() -> Self {
        Self::start_by(Way::Plain).await
    }

    pub async fn start_by(way: Way) -> Self {
        let scheme = if matches!(way, Way::Tls(_)) { "smtps" } else { "smtp" };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, kept, changed) = (listener.local_addr().unwrap(), Arc::<Mutex<Kept>>::default(), Arc::<Notify>::default());
        let (to, told) = (Arc::clone(&kept), Arc::clone(&changed));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (to, told, way) = (Arc::clone(&to), Arc::clone(&told), way.clone());
                tokio::spawn(async move {
                    // A client that goes away in the middle is its own affair.
                    let _ = meet(stream, way, &to, &told).await;
                    told.notify_waiters();
                });
            }
        });
        Self { address, scheme, kept, changed, task }
    }

    /// How a URL of it begins.
    pub const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// The settings of a program that sends its mails here.
    pub fn settings(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("gavel.smtp_url", json!(format!("{}://{}", self.scheme, self.address))),
            ("gavel.mail_from", json!("Gavel <gavel@example.org>")),
            ("gavel.public_url", json!(ORIGIN)),
        ]
    }

    /// Has the next mail, or connection, be met like this; after these before it.
    pub fn next(&self, manner: Manner) {
        self.kept.lock().unwrap().manners.push_back(manner);
    }

    /// The mails that were taken, at least so many: waits until they are there.
    pub async fn mails(&self, count: usize) -> Vec<Mail> {
        self.until(&format!("{count} mails"), |kept| (kept.mails.len() >= count).then(|| kept.mails.clone())).await
    }

    /// The last of so many mails; there are no more.
    pub async fn mail(&self, count: usize) -> Mail {
        let mails = self.mails(count).await;
        assert_eq!(mails.len(), count, "{:#?}", mails.iter().map(|mail| (&mail.to, mail.header("Subject"))).collect::<Vec<_>>());
        mails[count - 1].clone()
    }

    /// The mails, and connections, that were not taken, at least so many.
    pub async fn refused(&self, count: usize) -> Vec<Mail> {
        self.until(&format!("{count} refusals"), |kept| (kept.refused.len() >= count).then(|| kept.refused.clone())).await
    }

    /// What clients said so far.
    pub fn said(&self) -> Vec<String> {
        self.kept.lock().unwrap().said.clone()
    }

    async fn until<T>(&self, what: &str, found: impl Fn(&Kept) -> Option<T>) -> T {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = found(&self.kept.lock().unwrap()) {
                    return found;
                }
                changed.await;
            }
        };
        timeout(AT_MOST, wait).await.unwrap_or_else(|_| panic!("not within {AT_MOST:?}: {what}; {:#?}", self.kept.lock().unwrap()))
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn meet(stream: TcpStream, way: Way, kept: &Mutex<Kept>, changed: &Notify) -> std::io::Result<()> {
    match way {
        Way::Plain => serve(stream, Part::Whole, kept, changed).await.map(drop),
        Way::Tls(tls) => serve(tls.accept(stream).await?, Part::Whole, kept, changed).await.map(drop),
        Way::StartTls(tls) => match serve(stream, Part::UntilTls, kept, changed).await? {
            Some(stream) => serve(tls.accept(stream).await?, Part::AfterThat, kept, changed).await.map(drop),
            None => Ok(()),
        },
    }
}

/// Of a conversation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    UntilTls,
    AfterThat,
}

/// Gives the stream back where the client asks to go on by TLS.
async fn serve<S>(stream: S, part: Part, kept: &Mutex<Kept>, changed: &Notify) -> std::io::Result<Option<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (from, mut to) = tokio::io::split(stream);
    let mut lines = BufReader::new(from).lines();
    let manner = |fits: fn(Manner) -> bool| {
        let mut kept = kept.lock().unwrap();
        if kept.manners.front().is_some_and(|manner| fits(*manner)) { kept.manners.pop_front() } else { None }
    };
    let refuse = |mail: Mail| {
        kept.lock().unwrap().refused.push(mail);
        changed.notify_waiters();
    };
    let blank = || Mail { from: String::new(), to: String::new(), lines: Vec::new() };
    if let Some(Manner::Greet(code)) = manner(|it| matches!(it, Manner::Greet(_))) {
        refuse(blank());
        to.write_all(format!("{code} not now\r\n").as_bytes()).await?;
        return Ok(None);
    }
    if part != Part::AfterThat {
        to.write_all(b"220 mail.example.org ESMTP\r\n").await?;
    }
    let mut mail = blank();
    while let Some(line) = lines.next_line().await? {
        kept.lock().unwrap().said.push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let between =
            |line: &str| line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or_else(String::new, |(it, _)| it.into());
        let answer = match verb.as_str() {
            "EHLO" if part == Part::UntilTls => "250-mail.example.org\r\n250 STARTTLS\r\n".to_owned(),
            "STARTTLS" if part == Part::UntilTls => {
                to.write_all(b"220 go on\r\n").await?;
                // The client says nothing more before it hears that.
                return Ok(Some(lines.into_inner().into_inner().unsplit(to)));
            }
            "MAIL" | "RCPT" | "DATA" if part == Part::UntilTls => "530 not without TLS\r\n".to_owned(),
            "EHLO" => "250-mail.example.org\r\n250 8BITMIME\r\n".to_owned(),
            "MAIL" => {
                mail = Mail { from: between(&line), ..blank() };
                "250 ok\r\n".to_owned()
            }
            "RCPT" => {
                mail.to = between(&line);
                match manner(|it| matches!(it, Manner::Recipient(_))) {
                    Some(Manner::Recipient(code)) => {
                        refuse(mail.clone());
                        format!("{code} <{}> is not taken\r\n", mail.to)
                    }
                    _ => "250 ok\r\n".to_owned(),
                }
            }
            "DATA" => {
                to.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.lines.push(line.strip_prefix('.').map_or(line.clone(), str::to_owned));
                }
                match manner(|it| matches!(it, Manner::Text(_) | Manner::Break)) {
                    Some(Manner::Text(code)) => {
                        refuse(mail.clone());
                        format!("{code} no such text\r\n")
                    }
                    Some(_) => {
                        refuse(mail.clone());
                        return Ok(None);
                    }
                    None => {
                        // The client hears of it before the test does, which may turn the clock then.
                        to.write_all(b"250 taken\r\n").await?;
                        kept.lock().unwrap().mails.push(mail.clone());
                        changed.notify_waiters();
                        continue;
                    }
                }
            }
            "QUIT" => {
                to.write_all(b"221 bye\r\n").await?;
                // By TLS an end that nobody announced would be an attack.
                to.shutdown().await?;
                return Ok(None);
            }
            "RSET" | "NOOP" => "250 ok\r\n".to_owned(),
            _ => "502 unknown\r\n".to_owned(),
        };
        to.write_all(answer.as_bytes()).await?;
    }
    Ok(None)
}
