//! A connection to the server of mail: several mails one after the other, each within a bound of time.
//!
//! No pool of connections: the library's puts one back whose wait was cut off in the middle of a mail, and whoever
//! gets it next reads the answers to that.

use std::fmt;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::{ClientId, Extension};
use tokio::time::timeout;

use super::server::{Security, Server};

/// How long getting through to the server may take, and how long a mail. The library only bounds the connecting.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a goodbye may take; nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(2);
/// Refusals that are about us, not about the mail: it wants to know who we are (RFC 4954, section 6).
const WHO_ARE_YOU: [u16; 4] = [530, 534, 535, 538];

/// Why a mail was not sent.
#[derive(Debug)]
pub enum Refusal {
    /// The server will never take this mail.
    ForGood(String),
    /// The server does not take this mail now, or the connection broke.
    ForNow(String),
    /// The server takes no mail at all now: it is away, or does not let us in.
    Closed(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForGood(cause) | Self::ForNow(cause) | Self::Closed(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for Refusal {}

/// A connection that was let in.
pub struct SmtpConnection(AsyncSmtpConnection);

impl fmt::Debug for SmtpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line(…)")
    }
}

impl SmtpConnection {
    /// Connects, encrypts as the server's URL asks for, and signs in. `name` is what we call ourselves.
    ///
    /// # Errors
    /// [`Refusal::Closed`].
    pub async fn open(server: &Server, name: &str) -> Result<Self, Refusal> {
        match timeout(PATIENCE, connect(server, name)).await {
            Ok(connected) => connected.map(Self).map_err(Refusal::Closed),
            Err(_) => Err(Refusal::Closed(silence())),
        }
    }

    /// Sends one mail. After an error the connection is of no use any more.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn send(&mut self, envelope: &Envelope, bytes: &[u8]) -> Result<(), Refusal> {
        let Ok(sent) = timeout(PATIENCE, self.0.send(envelope, bytes)).await else { return Err(Refusal::ForNow(silence())) };
        sent.map(drop).map_err(|cause| {
            let code = cause.status().map(u16::from);
            if code.is_some_and(|code| WHO_ARE_YOU.contains(&code)) {
                Refusal::Closed(cause.to_string())
            } else if cause.is_permanent() {
                Refusal::ForGood(without_words(&cause))
            } else {
                Refusal::ForNow(without_words(&cause))
            }
        })
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        // All mails are through. A server that does not answer to this is left without a word.
        if !matches!(timeout(GOODBYE, self.0.quit()).await, Ok(Ok(_))) {
            log::debug!("the server of mail said no goodbye");
        }
    }
}

/// A connection that was let in, or why there is none.
async fn connect(server: &Server, name: &str) -> Result<AsyncSmtpConnection, String> {
    let failed = |cause: Error| not_connected(server, &cause);
    let name = ClientId::Domain(name.to_owned());
    let wrapped = if server.security == Security::Tls { Some(server.tls().map_err(failed)?) } else { None };
    let place = (server.host.as_str(), server.port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(place, Some(PATIENCE), &name, wrapped, None).await.map_err(failed)?;
    if server.security == Security::StartTls {
        if !connection.server_info().supports_feature(Extension::StartTls) {
            connection.abort().await;
            return Err("it offers no STARTTLS, and nothing is sent to it that others could read".into());
        }
        connection.starttls(server.tls().map_err(failed)?, &name).await.map_err(failed)?;
    }
    if let Some(credentials) = &server.credentials {
        connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(failed)?;
    }
    Ok(connection)
}

/// Says of a certificate what can be done about it; the library only says what rule it breaks.
fn not_connected(server: &Server, cause: &Error) -> String {
    let said = cause.to_string();
    match said.split_once("invalid peer certificate: ") {
        Some((_, rule)) => {
            let host = &server.host;
            format!("its certificate is not trusted for {host} ({rule}); an authority of your own is named by GAVEL_SMTP_CA")
        }
        None => said,
    }
}

/// A refusal of a mail without the server's words, which often repeat the address.
fn without_words(cause: &Error) -> String {
    match cause.status() {
        Some(code) => format!("it says {code}"),
        None => cause.to_string(),
    }
}

fn silence() -> String {
    format!("it did not answer within {} s", PATIENCE.as_secs())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::{Arc, Mutex};

    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that offers these extensions, takes nothing but a greeting, and keeps what it was told.
    async fn server(offers: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, said) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let kept = Arc::clone(&said);
        tokio::spawn(async move {
            let (from, mut to) = listener.accept().await.unwrap().0.into_split();
            to.write_all(b"220 here\r\n").await.unwrap();
            let mut lines = BufReader::new(from).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = if line.starts_with("EHLO") { format!("250-here\r\n250 {offers}\r\n") } else { "535 no\r\n".to_owned() };
                kept.lock().unwrap().push(line);
                to.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (address, said)
    }

    fn at(address: SocketAddr, security: Security) -> Server {
        let server = Server::parse(&format!("smtp://ada:sesame@{address}")).unwrap();
        Server { security, ..server }
    }

    #[tokio::test]
    async fn without_encryption_nothing_is_told_to_a_server_elsewhere() {
        let (address, said) = server("AUTH PLAIN").await;
        let refused = SmtpConnection::open(&at(address, Security::StartTls), "example.org").await.unwrap_err();
        assert!(matches!(&refused, Refusal::Closed(cause) if cause.contains("STARTTLS")), "{refused}");
        let said = said.lock().unwrap().clone();
        assert!(said.iter().all(|line| line == "EHLO example.org" || line == "QUIT"), "{said:?}");
    }

    #[tokio::test]
    async fn a_wrong_password_is_no_fault_of_any_mail() {
        let (address, said) = server("AUTH PLAIN LOGIN").await;
        let refused = SmtpConnection::open(&at(address, Security::Plain), "example.org").await.unwrap_err();
        assert!(matches!(&refused, Refusal::Closed(cause) if cause.contains("535") && !cause.contains("sesame")), "{refused}");
        assert!(said.lock().unwrap()[1].starts_with("AUTH PLAIN "));
    }
}
