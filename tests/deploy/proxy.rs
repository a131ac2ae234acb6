//! The proxies of `deploy/`, each run from the very file that is given to people, with the test's addresses put in.
//!
//! They run without rights, on ports and in a folder of their own, and end with the test or with its process.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::histories::site::Doors;

/// For machines that are busy.
const AT_MOST: Duration = Duration::from_secs(30);
/// `nobody` and `nogroup` of Debian, for tests that run as root.
const NOBODY: u32 = 65_534;
/// Ends the program when our end of the pipe is gone, for whatever reason.
const KEEPER: &str = "\"$@\" & program=$!; cat >/dev/null; kill $program; wait $program";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
}

/// A proxy that runs.
pub struct Proxy {
    /// Where it speaks HTTP without TLS, for the checker.
    pub plain: SocketAddr,
    /// Where it speaks TLS, and where it sends people there. nginx only.
    pub tls: SocketAddr,
    pub redirect: SocketAddr,
    folder: TempDir,
    keeper: Child,
    pipe: Option<ChildStdin>,
}

/// A port to listen on, and to come back to: below those that the kernel gives to clients.
pub fn free_port() -> u16 {
    (0..1_000).map(|_| rand::random_range(12_000..30_000)).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}

fn free() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}

/// A file of `deploy/`.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// Whether a program is there at all.
pub fn has(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Puts something in for each piece of a text, all of which must be there.
fn put_in(mut text: String, pieces: &[(&str, String)]) -> String {
    for (old, new) in pieces {
        assert!(text.contains(old), "the file has no “{old}” any more: {text}");
        text = text.replace(old, new);
    }
    text
}

impl Proxy {
    /// The proxy in front of these nodes; `None` where it is not on this machine and nobody promises it.
    pub fn start(kind: Kind, nodes: &[Doors]) -> Option<Self> {
        match kind {
            Kind::Nginx => Some(Self::nginx(nodes)),
            Kind::Caddy if has("caddy", "version") => Some(Self::caddy(nodes)),
            Kind::Caddy => {
                println!("not tested: there is no caddy on this machine");
                None
            }
        }
    }

    fn nginx(nodes: &[Doors]) -> Self {
        assert!(Path::new("/usr/sbin/nginx").exists(), "nginx is not on this machine: scripts/test installs it (Debian: nginx).");
        let (folder, plain, tls, redirect) = (tempfile::tempdir().unwrap(), free(), free(), free());
        certificate(folder.path());
        let servers = |pick: fn(&Doors) -> SocketAddr| {
            nodes.iter().map(|node| format!("server {} max_fails", pick(node))).collect::<Vec<_>>().join("=3 fail_timeout=2s;\n    ")
        };
        let site = put_in(
            fs::read_to_string(file("nginx.conf")).unwrap(),
            &[
                ("server 127.0.0.1:8000 max_fails", servers(|node| node.main)),
                ("server 127.0.0.1:8001 max_fails", servers(|node| node.live.unwrap_or(node.main))),
                ("listen 80;", format!("listen {redirect};")),
                ("listen 443 ssl http2;", format!("listen {tls} ssl http2;\n    listen {plain};")),
                // There may be no IPv6 here.
                ("listen [::]:80;", String::new()),
                ("listen [::]:443 ssl http2;", String::new()),
                ("/etc/letsencrypt/live/meet.example.org", folder.path().display().to_string()),
            ],
        );
        fs::write(folder.path().join("site"), site).unwrap();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|it| format!("{it}_temp_path {it};")).join("\n");
        let main = format!(
            "daemon off; pid pid; error_log log;\nevents {{ worker_connections 1000; }}\nhttp {{ access_log off;\n{temporary}\ninclude site; }}"
        );
        fs::write(folder.path().join("main"), main).unwrap();
        let mut command = in_folder("/usr/sbin/nginx", folder.path());
        command.arg("-p").arg(folder.path()).args(["-c", "main", "-e", "log"]);
        Self::run(command, folder, plain, tls, redirect)
    }

    fn caddy(nodes: &[Doors]) -> Self {
        let (folder, plain, tls, redirect) = (tempfile::tempdir().unwrap(), free(), free(), free());
        let addresses = |pick: fn(&Doors) -> SocketAddr| nodes.iter().map(|node| pick(node).to_string()).collect::<Vec<_>>().join(" ");
        let site = put_in(
            fs::read_to_string(file("Caddyfile")).unwrap(),
            &[
                ("\n{\n", "\n{\n\tadmin off\n".into()),
                ("meet.example.org {", format!("http://:{} {{\n\tbind {}", plain.port(), plain.ip())),
                ("reverse_proxy 127.0.0.1:8000", format!("reverse_proxy {}", addresses(|node| node.main))),
                ("reverse_proxy @live 127.0.0.1:8001", format!("reverse_proxy @live {}", addresses(|node| node.live.unwrap_or(node.main)))),
            ],
        );
        fs::write(folder.path().join("site"), site).unwrap();
        let mut command = in_folder("caddy", folder.path());
        command.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
        command.args(["run", "--adapter", "caddyfile", "--config", "site"]);
        Self::run(command, folder, plain, tls, redirect)
    }

    fn run(mut command: Command, folder: TempDir, plain: SocketAddr, tls: SocketAddr, redirect: SocketAddr) -> Self {
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            for file in fs::read_dir(folder.path()).unwrap() {
                chown(file.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
            }
            command.uid(NOBODY).gid(NOBODY);
        }
        let said = fs::File::create(folder.path().join("said")).unwrap();
        command.process_group(0).stdin(Stdio::piped()).stdout(said.try_clone().unwrap()).stderr(said);
        let mut keeper = command.spawn().unwrap();
        let pipe = keeper.stdin.take();
        let this = Self { plain, tls, redirect, folder, keeper, pipe };
        let began = Instant::now();
        while TcpStream::connect(plain).is_err() {
            assert!(began.elapsed() < AT_MOST, "the proxy does not start: {}", this.said());
            thread::sleep(Duration::from_millis(10));
        }
        this
    }

    /// The certificate of its name, for those who are to trust it.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("fullchain.pem")
    }

    /// All that it has to say, where something is wrong.
    pub fn said(&self) -> String {
        ["said", "log"].map(|file| fs::read_to_string(self.folder.path().join(file)).unwrap_or_default()).join("\n")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.pipe.take();
        // It only ends; how is of no interest.
        let _ = self.keeper.wait();
    }
}

/// A program that runs in this folder, below a keeper.
fn in_folder(program: &str, folder: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", KEEPER, "keeper", program]).current_dir(folder);
    command
}

/// A certificate that nobody signed, where the site's file expects one.
fn certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=meet.example.org", "-addext", "subjectAltName=DNS:meet.example.org"]);
    openssl.args(["-keyout", "privkey.pem", "-out", "fullchain.pem"]).current_dir(folder);
    let made = openssl.output().unwrap_or_else(|_| panic!("openssl is not on this machine: scripts/test installs it (Debian: openssl)."));
    assert!(made.status.success(), "{made:?}");
}
