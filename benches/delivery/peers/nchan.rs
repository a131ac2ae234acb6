//! nginx with nchan, from Debian's packages, as a peer: one process, no access log, messages in memory or in Redis.
//!
//! Its polls stay connected as long as Gavel's do, and get everything they lack in one answer, if that is more than one
//! message: somebody who runs it for this work would set both.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::redis::Redis;
use crate::Outcome;
use crate::client::http::{self, Connection};
use crate::options::Options;
use crate::servers::gavel;
use crate::servers::process::{self, Pinning, Server};

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
pub const HOW: &str = "`apt-get install nginx-light libnginx-mod-nchan`";
/// How long nginx may take to reach Redis.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Nchan {
    folder: TempDir,
    program: PathBuf,
    /// The store of the messages. Without it they are in nginx's memory.
    redis: Option<Redis>,
}

impl Nchan {
    /// `None` if it is not installed.
    pub fn find(options: &Options, redis: Option<Redis>) -> Outcome<Option<Self>> {
        match super::installed(&["/usr/sbin/nginx", "/usr/bin/nginx"]) {
            Some(program) if Path::new(MODULE).exists() => Ok(Some(Self { folder: gavel::folder(options)?, program, redis })),
            _ => Ok(None),
        }
    }

    pub async fn start(&self, pinning: &Pinning) -> Outcome<Server> {
        let Some(redis) = &self.redis else { return self.start_nginx(pinning, None).await };
        let store = redis.start(pinning).await?;
        let server = self.start_nginx(pinning, Some(store.address)).await?;
        // Until nginx has connected to Redis, it refuses what is posted.
        let deadline = Instant::now() + PATIENCE;
        let request = http::post("/pub?id=ready", "", &http::row(0));
        loop {
            let mut connection = Connection::open(server.address).await?;
            match connection.exchange(&request).await?.success() {
                Ok(_) => break,
                Err(problem) if Instant::now() > deadline => return Err(problem),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        Ok(server.with_store(store))
    }

    async fn start_nginx(&self, pinning: &Pinning, redis: Option<SocketAddr>) -> Outcome<Server> {
        let address = process::free_address()?;
        let folder = self.folder.path();
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(folder, address, redis))?;
        let [folder, file] = [folder, &file].map(|path| path.to_string_lossy().into_owned());
        Server::start_at(pinning, self.program.as_os_str(), &["-p", &folder, "-c", &file, "-e", "stderr"], address).await
    }
}

/// In one process there is no master that could leave its worker running.
fn configuration(folder: &Path, address: SocketAddr, redis: Option<SocketAddr>) -> String {
    let folder = folder.display();
    let (upstream, pass) = match redis {
        Some(redis) => (format!("upstream redis {{ nchan_redis_server redis://{redis}; }}"), "nchan_redis_pass redis;"),
        None => (String::new(), ""),
    };
    format!(
        "load_module {MODULE};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{
    worker_connections 16384;
}}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {upstream}
    server {{
        listen {address} backlog=4096;
        location = /pub {{
            nchan_publisher http;
            nchan_channel_id $arg_id;
            nchan_message_buffer_length 500;
            nchan_message_timeout 10m;
            {pass}
        }}
        location = /sub {{
            nchan_subscriber longpoll;
            nchan_channel_id $arg_id;
            nchan_longpoll_multipart_response on;
            {pass}
        }}
    }}
}}
"
    )
}
