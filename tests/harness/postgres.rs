//! A Postgres of its own for one test, from the system's programs: no container, nothing shared, gone at the end.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A running cluster in a temporary folder, listening on a socket in it.
#[derive(Debug)]
pub struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Postgres {
    /// # Panics
    /// Where the programs are missing (`apt-get install postgresql`) or refuse.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        if is_root() {
            let status = Command::new("chown").args(["-R", "nobody:nogroup"]).arg(folder.path()).status().unwrap();
            assert!(status.success(), "chown");
        }
        let postgres = Self { folder, programs: programs() };
        let data = postgres.data();
        postgres.run("initdb", &["-D", &data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"]);
        let socket = postgres.folder.path().display();
        let options = format!("-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off");
        let log = postgres.log().display().to_string();
        postgres.run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
        postgres
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres:///postgres?host={}&user=postgres", self.folder.path().display())
    }

    /// Where the server writes its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Postgres refuses to run as root, so it runs as nobody there.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // Its output goes to a file: the server would hold a pipe open.
        let output = self.folder.path().join("output");
        let file = std::fs::File::create(&output).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        let status = command.args(arguments).current_dir(self.folder.path()).status().unwrap();
        assert!(status.success(), "{}: {}", program.display(), std::fs::read_to_string(&output).unwrap_or_default());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        if std::thread::panicking() {
            let _ = Command::new("cat").arg(self.log()).status();
        }
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// The newest version that is installed.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("postgresql is installed");
    let version = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.filter_map(|entry| Some(entry.ok()?.path())).max_by_key(|path| version(path));
    newest.expect("a version of postgresql").join("bin")
}
