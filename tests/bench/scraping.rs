//! Scraping: the real worker, fed as SQS feeds it, beside the `scraper` crate that reads the same page by itself.

mod floor;
mod page;
mod site;

use std::path::Path;
use std::time::Duration;

use domain::scrape::{RunStatus, Scrape};
use domain::{Clock, Random, TenantId, Timestamp};
use fixtures::World;
use repository::Scrapes;
use serde::Serialize;
use serde_json::{Value, json};
use tests::{Lambda, Launch};
use uuid::Uuid;

use self::floor::Floor;
use self::site::Site;
use crate::Failure;
use crate::report::{heading, row};
use crate::stats::{Samples, Spread};

/// How many runs a worker gets at once, as the template says.
const BATCH: usize = 5;
/// After how many pages memory is looked at for the first time.
const EARLY: usize = 100;
/// How many pages are looked at before anything is measured: robots.txt, connections and first uses are over by then.
const WARM: usize = 2 * BATCH;
/// What the worker is given, in MB, as the template says.
const MEMORY_MB: u32 = 512;

/// What a worker has taken.
#[derive(Debug, Serialize)]
pub struct Scraping {
    pages: usize,
    page_bytes: usize,
    /// The `scraper` crate alone, in microseconds of CPU a page.
    floor: Spread,
    rounds: Vec<Round>,
    /// The most memory that the worker had by the end of the first [`EARLY`] pages.
    early_peak_mb: f64,
    /// The same at the end of the first round.
    peak_mb: f64,
    /// The same at the end of all.
    last_peak_mb: f64,
}

/// All pages once.
#[derive(Debug, Serialize)]
pub struct Round {
    name: &'static str,
    pages_a_second: f64,
    /// Microseconds of CPU of the worker's process, for one page.
    cpu: Spread,
}

/// What a site does in a round.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// No page was seen before.
    First,
    /// All pages have changed.
    Changed,
    /// No page has changed.
    Unchanged,
}

impl Kind {
    const ALL: [Self; 3] = [Self::First, Self::Changed, Self::Unchanged];

    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged (304)",
        }
    }
}

/// Looks at `pages` pages, three times each.
pub async fn measure(binaries: &Path, pages: usize) -> Result<Scraping, Failure> {
    let floor = Floor::new(binaries)?;
    let mut stage = Stage::start(binaries).await?;
    let (warm, ids) = (stage.scrapes(WARM).await?, stage.scrapes(pages).await?);
    let (mut rounds, mut alone) = (Vec::new(), Samples::default());
    let (early, mut early_peak_mb, mut peak_mb) = (EARLY.min(pages), None, None);
    for (kind, number) in Kind::ALL.into_iter().zip(1..) {
        if matches!(kind, Kind::Changed) {
            stage.site.change();
        }
        let (all, run) = ([&*warm, &*ids].concat(), stage.now());
        stage.take(&all, run).await?;
        for batch in warm.chunks(BATCH) {
            stage.work(batch, run).await?;
        }
        let (mut cpu, mut wall) = (Samples::default(), Duration::ZERO);
        for (batch, done) in ids.chunks(BATCH).zip((1..).map(|batches| batches * BATCH)) {
            let before = stage.worker.cpu_at_rest().await?;
            wall += stage.work(batch, run).await?;
            let spent = stage.worker.cpu_at_rest().await?.saturating_sub(before);
            cpu.push(spent.as_secs_f64() * 1e6 / count(batch.len()));
            if done >= early && early_peak_mb.is_none() {
                early_peak_mb = Some(stage.peak_mb()?);
            }
            if done % EARLY == 0 {
                floor.run(&mut alone).await?;
            }
        }
        peak_mb.get_or_insert(stage.peak_mb()?);
        stage.check(kind, &all, number).await?;
        rounds.push(Round {
            name: kind.name(),
            pages_a_second: count(ids.len()) / wall.as_secs_f64(),
            cpu: cpu.spread(),
        });
    }
    floor.run(&mut alone).await?;
    let last_peak_mb = stage.peak_mb()?;
    stage.stop().await;
    Ok(Scraping {
        pages,
        page_bytes: page::page(0, 0).len(),
        floor: alone.spread(),
        rounds,
        early_peak_mb: early_peak_mb.unwrap_or(last_peak_mb),
        peak_mb: peak_mb.unwrap_or(last_peak_mb),
        last_peak_mb,
    })
}

/// A platform, a site and a worker.
struct Stage {
    world: World,
    site: Site,
    worker: Lambda,
    scrapes: Scrapes,
    made: usize,
}

impl Stage {
    async fn start(binaries: &Path) -> Result<Self, Failure> {
        let world = World::start().await;
        let mut environment = world.environment("scrape-worker");
        environment.insert("FETCH_LOOPBACK".to_owned(), "true".to_owned());
        let launch = Launch {
            name: "scrape-worker".to_owned(),
            binary: binaries.join("scrape-worker"),
            memory_mb: MEMORY_MB,
            environment,
        };
        let mut worker = Lambda::start(&launch).await?;
        worker.ready().await?;
        Ok(Self {
            scrapes: world.get(),
            site: Site::start().await?,
            world,
            worker,
            made: 0,
        })
    }

    /// The time, a moment after it was last asked for: a run is named by it.
    fn now(&self) -> Timestamp {
        self.world.clock.advance_seconds(1);
        let clock: Clock = self.world.get();
        clock.now()
    }

    fn peak_mb(&self) -> Result<f64, Failure> {
        let kib = self.worker.peak_memory_kib()?;
        #[expect(clippy::cast_precision_loss, reason = "no process is that large")]
        Ok(kib as f64 * 1024.0 / 1e6)
    }

    /// Makes scrapes, each of a page of its own.
    async fn scrapes(&mut self, count: usize) -> Result<Vec<Uuid>, Failure> {
        let (now, random): (_, Random) = (self.now(), self.world.get());
        let tenant_id = TenantId::new("acme", "shop");
        let tenant_id = tenant_id.map_err(|error| Failure::Stage(error.to_string()))?;
        let mut ids = Vec::new();
        for _ in 0..count {
            let definition = json!({
                "name": "Lamp", "url": self.site.url(self.made), "schedule": "rate(1 hour)", "fields": page::fields(),
            });
            self.made += 1;
            let (id, host) = (random.uuid(now), "127.0.0.1".to_owned());
            let definition = definition.to_string();
            let scrape = Scrape::new(id, tenant_id.clone(), definition, host, None, now);
            self.scrapes.create(&scrape).await?;
            ids.push(scrape.scrape_id);
        }
        Ok(ids)
    }

    async fn scrape(&self, id: Uuid) -> Result<Scrape, Failure> {
        let scrape = self.scrapes.get(id).await?;
        scrape.ok_or_else(|| Failure::Stage(format!("the scrape {id} is gone")))
    }

    /// Takes scrapes for a run, as the schedule does.
    async fn take(&self, ids: &[Uuid], run: Timestamp) -> Result<(), Failure> {
        for id in ids {
            let due_at = self.scrape(*id).await?.due_at.unwrap_or(run);
            let taken = self.scrapes.claim(*id, due_at, run).await?;
            if taken.and_then(|taken| taken.run) != Some(run) {
                return Err(Failure::Stage(format!("the scrape {id} was not taken")));
            }
        }
        Ok(())
    }

    /// Has the worker do the runs of a batch, and tells how long it took.
    async fn work(&mut self, batch: &[Uuid], run: Timestamp) -> Result<Duration, Failure> {
        let records = batch.iter().map(|id| {
            let job = json!({"scrape_id": id, "run": run.as_millisecond()});
            json!({
                "messageId": id, "body": job.to_string(),
                "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "127.0.0.1"},
            })
        });
        let event = json!({ "Records": records.collect::<Vec<_>>() });
        let answer = self.worker.invoke(event.to_string()).await?;
        let failed: Value = serde_json::from_slice(&answer.body)?;
        if failed["batchItemFailures"] != json!([]) {
            return Err(Failure::Stage(format!("a run failed: {failed}")));
        }
        Ok(answer.took)
    }

    /// Refuses a round that was not what it is called: nothing else is worth measuring.
    async fn check(&self, kind: Kind, ids: &[Uuid], number: u64) -> Result<(), Failure> {
        let (expected, results) = match kind {
            Kind::Unchanged => ((0, ids.len()), number - 1),
            Kind::First | Kind::Changed => ((ids.len(), 0), number),
        };
        let asked = self.site.take();
        if asked != expected {
            return Err(Failure::Stage(format!(
                "{}: {asked:?} pages and unchanged ones were asked for, and not {expected:?}",
                kind.name()
            )));
        }
        for id in ids {
            let scrape = self.scrape(*id).await?;
            if scrape.status != Some(RunStatus::Complete) || scrape.results != results {
                return Err(Failure::Stage(format!(
                    "{}: a run ended as {:?}, with {} results",
                    kind.name(),
                    scrape.status,
                    scrape.results
                )));
            }
        }
        Ok(())
    }

    async fn stop(self) {
        self.worker.stop().await;
        self.world.stop().await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are not that many")]
fn count(count: usize) -> f64 {
    count as f64
}

/// The tables, in Markdown.
pub fn table(scraping: &Scraping) -> String {
    let mut text = String::new();
    heading(
        &mut text,
        &format!(
            "Scraping {} pages of {} bytes by one worker, CPU in µs a page",
            scraping.pages, scraping.page_bytes
        ),
        &[
            "",
            "CPU, µs",
            "of floor",
            "above unchanged, of floor",
            "pages a second",
        ],
    );
    let floor = scraping.floor.median;
    let unchanged = scraping.rounds.last().map_or(0.0, |round| round.cpu.median);
    for round in &scraping.rounds {
        let cpu = round.cpu.median;
        row(
            &mut text,
            &[
                round.name.to_owned(),
                round.cpu.show(1.0, 0),
                format!("{:.2}", cpu / floor),
                format!("{:.2}", (cpu - unchanged) / floor),
                format!("{:.0}", round.pages_a_second),
            ],
        );
    }
    let alone = scraping.floor.show(1.0, 0);
    row(
        &mut text,
        &[
            "floor-scraping".into(),
            alone,
            "1".into(),
            "–".into(),
            "–".into(),
        ],
    );
    heading(
        &mut text,
        "Peak memory of the worker, MB",
        &[
            &format!("after {} pages", EARLY.min(scraping.pages)),
            &format!("after {}", scraping.pages),
            &format!("after {}", scraping.pages * scraping.rounds.len()),
        ],
    );
    let peaks = [
        scraping.early_peak_mb,
        scraping.peak_mb,
        scraping.last_peak_mb,
    ];
    row(&mut text, &peaks.map(|peak| format!("{peak:.1}")));
    text
}
