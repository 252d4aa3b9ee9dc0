//! What Linux knows about a running process.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a process may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(5);

/// A process of this machine, by its id.
#[derive(Debug, Clone, Copy)]
pub struct Process(u32);

impl Process {
    /// The process with this id.
    #[must_use]
    pub fn with_id(id: u32) -> Self {
        Self(id)
    }

    /// Waits until every thread sleeps, then tells the CPU time of all of them together since the process began. Time is
    /// written down when a thread leaves the CPU, so that it is exact only at rest.
    ///
    /// # Errors
    /// When the process has ended or does not come to rest within 5 s.
    pub async fn cpu_at_rest(self) -> io::Result<Duration> {
        let began = Instant::now();
        while !self.rests()? {
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("process {} never rests", self.0)));
            }
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
        let spent = self.threads()?;
        let spent = spent.iter().map(|thread| cpu_nanoseconds(thread));
        Ok(Duration::from_nanos(spent.sum::<io::Result<u64>>()?))
    }

    /// The most memory that was resident at once, in KiB (`VmHWM`).
    ///
    /// # Errors
    /// When the process has ended.
    pub fn peak_memory_kib(self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|value| value.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| io::Error::other("/proc/…/status has no VmHWM"))
    }

    /// Whether all its threads wait for something.
    fn rests(self) -> io::Result<bool> {
        for thread in self.threads()? {
            let stat = std::fs::read_to_string(thread.join("stat"))?;
            // The name before the state is in brackets and may hold anything.
            let state = stat
                .rsplit_once(") ")
                .and_then(|(_, rest)| rest.chars().next());
            if state != Some('S') {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn threads(self) -> io::Result<Vec<PathBuf>> {
        std::fs::read_dir(format!("/proc/{}/task", self.0))?
            .map(|entry| Ok(entry?.path()))
            .collect()
    }
}

/// The first number of `schedstat`: nanoseconds on a CPU.
fn cpu_nanoseconds(thread: &Path) -> io::Result<u64> {
    let text = std::fs::read_to_string(thread.join("schedstat"))?;
    text.split_whitespace()
        .next()
        .and_then(|nanoseconds| nanoseconds.parse().ok())
        .ok_or_else(|| {
            io::Error::other("/proc/…/schedstat has no time: the kernel lacks CONFIG_SCHED_INFO")
        })
}
