//! Mails to a server that has to be trusted: by TLS from the beginning and by STARTTLS, with certificates of an
//! authority that the operator names. What is not trusted is sent nothing, and the mail is kept.

use std::io::Write as _;
use std::sync::Arc;

use gavel::email::server::Server;
use gavel::email::smtp::{Refusal, SmtpConnection};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::subscriptions::Site;
use crate::support::TestApp;
use crate::support::raw_database::Raw;
use crate::support::smtp_server::{Smtp, Way};

const SECOND: i64 = 1_000_000;
/// The name that servers of these tests go by.
const HOST: &str = "127.0.0.1";

/// An authority that nobody knows but who has its file.
struct Authority {
    file: NamedTempFile,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(params.self_signed(&key).unwrap().pem().as_bytes()).unwrap();
        Self { file, issuer: Issuer::new(params, key) }
    }

    /// What a server with a certificate for this name speaks TLS by.
    fn vouches_for(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let config = config.unwrap().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// The settings of a program that sends its mails there and trusts this authority.
    fn settings(&self, smtp: &Smtp) -> Vec<(&'static str, Value)> {
        let mut settings = smtp.settings();
        settings.push(("gavel.smtp_ca", json!(self.file.path())));
        settings
    }
}

/// A site with a meeting, and with these settings.
async fn site(smtp: Smtp, settings: &[(&str, Value)]) -> Site {
    let app = TestApp::start_with(settings).await;
    let raw = Raw::open(app.data()).await;
    let site = Site { app, smtp, raw };
    // Later than any day on which this runs: a node that starts on the same database begins with the real time.
    site.clock_at("2100-03-10T00:00:00Z");
    site.make(json!({"title": "Weekly", "starts": "2100-03-16T19:00", "rrule": "FREQ=WEEKLY"})).await;
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_a_named_authority_vouches_for_gets_mails_by_tls_and_by_starttls() {
    let authority = Authority::new("Known");
    for way in [Way::Tls(authority.vouches_for(HOST)), Way::StartTls(authority.vouches_for(HOST))] {
        let asks = matches!(way, Way::StartTls(_));
        let smtp = Smtp::start_by(way).await;
        let settings = authority.settings(&smtp);
        let site = site(smtp, &settings).await;
        assert_eq!(site.ask("weekly", &[("email", "ada@example.com"), ("day", "yes")]).await.status, 200);
        assert_eq!(site.smtp.mail(1).await.to, "ada@example.com");
        let said = site.smtp.said();
        let verbs: Vec<&str> = said.iter().map(|line| line.split([' ', ':']).next().unwrap()).take(if asks { 4 } else { 2 }).collect();
        assert_eq!(verbs, if asks { vec!["EHLO", "STARTTLS", "EHLO", "MAIL"] } else { vec!["EHLO", "MAIL"] });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_trusted_gets_nothing_and_the_mail_is_kept_until_one_is() {
    let (known, other) = (Authority::new("Known"), Authority::new("Other"));
    for (way, trusted) in [
        (Way::Tls(other.vouches_for(HOST)), None),
        (Way::Tls(other.vouches_for(HOST)), Some(&known)),
        (Way::Tls(known.vouches_for("mail.example.org")), Some(&known)),
        (Way::StartTls(other.vouches_for(HOST)), Some(&known)),
        // It offers no encryption.
        (Way::Plain, Some(&known)),
    ] {
        let smtp = Smtp::start_by(way).await;
        let settings = trusted.map_or_else(|| smtp.settings(), |authority| authority.settings(&smtp));
        let mut site = site(smtp, &settings).await;
        assert_eq!(site.ask("weekly", &[("email", "ada@example.com"), ("day", "yes")]).await.status, 200);
        let put_off = "SELECT count(*) FROM mail WHERE tries = 1 AND sent_at IS NULL AND failed_at IS NULL AND due_at <= (SELECT max(created_at) FROM reminder) + 60000000";
        site.counts(put_off, 1).await;
        let said = site.smtp.said();
        assert!(said.iter().all(|line| line.starts_with("EHLO ") || line == "STARTTLS" || line == "QUIT"), "{said:?}");

        // The operator has put it right.
        site.app.stop().await;
        let right = Smtp::start_by(Way::StartTls(known.vouches_for(HOST))).await;
        let after = site.app.beside_with(&known.settings(&right)).await;
        after.clock.step(site.app.now() - after.now() + 31 * SECOND);
        assert_eq!(right.mail(1).await.to, "ada@example.com");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_what_is_wrong_with_a_server_that_is_not_trusted() {
    let (known, other) = (Authority::new("Known"), Authority::new("Other"));
    for (way, words) in [
        (
            Way::Tls(other.vouches_for(HOST)),
            "its certificate is not trusted for 127.0.0.1 (UnknownIssuer); an authority of your own is named by GAVEL_SMTP_CA",
        ),
        (Way::StartTls(known.vouches_for("mail.example.org")), "its certificate is not trusted for 127.0.0.1 ("),
        (Way::Plain, "it offers no STARTTLS, and nothing is sent to it that others could read"),
    ] {
        let smtp = Smtp::start_by(way).await;
        let url = format!("{}://ada:sesame@{}", smtp.scheme(), smtp.address);
        let server = Server::parse(&url).unwrap().trusting(&std::fs::read(known.file.path()).unwrap()).unwrap();
        let refused = SmtpConnection::open(&server, "example.org").await.unwrap_err();
        assert!(matches!(&refused, Refusal::Closed(cause) if cause.starts_with(words)), "{refused}");
        let said = smtp.said();
        assert!(said.iter().all(|line| !line.starts_with("AUTH")), "{said:?}");
    }
}
