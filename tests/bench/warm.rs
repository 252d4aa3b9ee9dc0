//! Warm calls: what a call costs above the time of the services, how often it waits, and what it consumes.

use std::time::Duration;

use serde::Serialize;
use tests::{Lambda, Launch};

use crate::Failure;
use crate::operations::Operation;
use crate::sealing::{Beside, Sealing};
use crate::stage::{HOLD, Stage};
use crate::stats::{Samples, Spread};

/// Calls before the first that counts: caches are filled and connections open after one.
const WARMING: usize = 3;

/// The warm calls of one operation, in microseconds where no unit is named.
#[derive(Debug, Serialize)]
pub struct Warm {
    pub operation: &'static str,
    pub floor: &'static str,
    pub hashes: bool,
    pub cpu: Spread,
    /// From handing the event out to the answer, without the services' own time.
    pub wall: Spread,
    /// With it.
    pub whole_wall: Spread,
    pub floor_cpu: Spread,
    pub floor_wall: Spread,
    pub waits: usize,
    pub budget: Option<usize>,
    pub read_units: f64,
    pub write_units: f64,
    pub queue_requests: usize,
    pub memory_mb: u32,
    /// What `age` takes for it, where it has something to do.
    pub sealing: Option<Sealing>,
}

#[derive(Debug, Default)]
struct Taken {
    cpu: Samples,
    wall: Samples,
    whole_wall: Samples,
}

/// Calls each operation `runs` times, in turn with its floor.
pub async fn measure(
    stage: &Stage,
    subjects: &[Operation],
    runs: usize,
) -> Result<Vec<Warm>, Failure> {
    let mut all = Vec::new();
    for operation in subjects {
        all.push(measure_one(stage, *operation, runs).await?);
    }
    Ok(all)
}

async fn measure_one(stage: &Stage, operation: Operation, runs: usize) -> Result<Warm, Failure> {
    let function = operation.function();
    let floor = operation.floor();
    let launches = (
        stage.launch(function, function),
        stage.launch(floor.binary(), function),
    );
    let mut lambda = Lambda::start(&launches.0).await?;
    let mut below = Lambda::start(&launches.1).await?;
    let (mut taken, mut floors) = (Taken::default(), Taken::default());
    let mut beside = operation.of_age().map(|work| stage.beside(work));
    for run in 0..WARMING + runs {
        let event = stage.event(operation).await?;
        let one = call(stage, &launches.0, &mut lambda, event).await?;
        let event = stage.event(Operation::Health).await?;
        let other = call(stage, &launches.1, &mut below, event).await?;
        if run >= WARMING {
            if let Some(beside) = &mut beside {
                beside.run().await?;
            }
            taken.push(&one);
            floors.push(&other);
        }
    }
    stage.recorder.hold_answers(HOLD);
    let event = stage.event(operation).await?;
    let held = call(stage, &launches.0, &mut lambda, event).await;
    stage.recorder.hold_answers(Duration::ZERO);
    let calls = held?.calls;
    lambda.stop().await;
    below.stop().await;
    Ok(Warm {
        operation: operation.name(),
        floor: floor.binary(),
        hashes: operation.hashes(),
        cpu: taken.cpu.spread(),
        wall: taken.wall.spread(),
        whole_wall: taken.whole_wall.spread(),
        floor_cpu: floors.cpu.spread(),
        floor_wall: floors.wall.spread(),
        waits: calls.waits(),
        budget: operation.budget(),
        read_units: calls.read_units(),
        write_units: calls.write_units(),
        queue_requests: calls.queue_requests(),
        memory_mb: stage.memory_mb(function),
        sealing: beside.as_ref().map(Beside::spread),
    })
}

struct One {
    cpu: Duration,
    whole_wall: Duration,
    calls: crate::front::Calls,
}

impl Taken {
    fn push(&mut self, one: &One) {
        self.cpu.push_micros(one.cpu);
        self.whole_wall.push_micros(one.whole_wall);
        let own = one.calls.own_time();
        self.wall.push_micros(one.whole_wall.saturating_sub(own));
    }
}

async fn call(
    stage: &Stage,
    launch: &Launch,
    lambda: &mut Lambda,
    event: String,
) -> Result<One, Failure> {
    if !lambda.is_ready() {
        lambda.ready().await?;
    }
    let before = lambda.cpu_at_rest().await?;
    stage.recorder.take();
    let answer = lambda.invoke(event).await?;
    crate::check(launch, &answer)?;
    lambda.ready().await?;
    let after = lambda.cpu_at_rest().await?;
    Ok(One {
        cpu: after.saturating_sub(before),
        whole_wall: answer.took,
        calls: stage.recorder.take(),
    })
}
