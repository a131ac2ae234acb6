//! nginx with nchan, of Debian's packages, as a peer: one process, messages in memory, no access log.
//!
//! Its polls stay connected as long as Gavel's do, and get all that they lack in one answer, where that is more than one
//! message: both are how somebody would run it for this work.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Outcome;
use crate::options::Options;
use crate::servers::gavel;
use crate::servers::process::{self, Pinning, Server};

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
pub const HOW: &str = "`apt-get install nginx-light libnginx-mod-nchan`";

pub struct Nchan {
    folder: TempDir,
    program: PathBuf,
}

impl Nchan {
    /// `None` where it is not installed.
    pub fn find(options: &Options) -> Outcome<Option<Self>> {
        let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].iter().map(PathBuf::from).find(|path| path.exists());
        match program {
            Some(program) if Path::new(MODULE).exists() => Ok(Some(Self { folder: gavel::folder(options)?, program })),
            _ => Ok(None),
        }
    }

    pub async fn start(&self, pinning: &Pinning) -> Outcome<Server> {
        let address = process::free_address()?;
        let folder = self.folder.path();
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(folder, &address.to_string()))?;
        let [folder, file] = [folder, &file].map(|path| path.to_string_lossy().into_owned());
        Server::start_at(pinning, self.program.as_os_str(), &["-p", &folder, "-c", &file, "-e", "stderr"], address).await
    }
}

/// In one process there is no master that could leave its worker behind.
fn configuration(folder: &Path, address: &str) -> String {
    let folder = folder.display();
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
    server {{
        listen {address} backlog=4096;
        location = /pub {{
            nchan_publisher http;
            nchan_channel_id $arg_id;
            nchan_message_buffer_length 500;
            nchan_message_timeout 10m;
        }}
        location = /sub {{
            nchan_subscriber longpoll;
            nchan_channel_id $arg_id;
            nchan_longpoll_multipart_response on;
        }}
    }}
}}
"
    )
}
