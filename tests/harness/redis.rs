//! A Redis of its own for one test, from the system's program: on a socket in a temporary folder, keeps nothing, gone at the end.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Redis {
    folder: tempfile::TempDir,
    server: Child,
}

impl Redis {
    /// # Panics
    /// Where the program is missing (`apt-get install redis-server`) or refuses.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("redis").tempdir().unwrap();
        let server = serve(&folder);
        let redis = Self { folder, server };
        redis.wait();
        redis
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        _ = self.server.kill();
        _ = self.server.wait();
    }

    /// Another one at the same place, which knows nothing.
    pub fn start_again(&mut self) {
        self.kill();
        self.server = serve(&self.folder);
        self.wait();
    }

    #[must_use]
    pub fn connect(&self) -> redis::Connection {
        let started = Instant::now();
        loop {
            match redis::Client::open(self.url()).unwrap().get_connection() {
                Ok(connection) => return connection,
                Err(error) => assert!(started.elapsed() < Duration::from_secs(10), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn wait(&self) {
        _ = self.connect();
    }
}

fn serve(folder: &tempfile::TempDir) -> Child {
    let socket = folder.path().join("redis.sock");
    _ = std::fs::remove_file(&socket);
    let log = folder.path().join("log");
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(&socket)
        .arg("--logfile")
        .arg(&log)
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
