//! Cold starts: from `exec` to asking for work, and to the first answer.

use serde::Serialize;
use tests::{Lambda, Launch};

use crate::Failure;
use crate::operations::{Floor, Operation};
use crate::stage::Stage;
use crate::stats::{Samples, Spread};

/// The cold start of one binary, in microseconds where no unit is named.
#[derive(Debug, Serialize)]
pub struct Cold {
    pub binary: String,
    /// The binary that it is held against; a floor against itself.
    pub floor: &'static str,
    pub next_cpu: Spread,
    pub next_wall: Spread,
    pub answer_cpu: Spread,
    pub answer_wall: Spread,
    pub peak_kib: Spread,
    pub size_bytes: u64,
}

#[derive(Debug, Default)]
struct Taken {
    next_cpu: Samples,
    next_wall: Samples,
    answer_cpu: Samples,
    answer_wall: Samples,
    peak_kib: Samples,
}

/// Starts every binary `runs` times, all of them in turn, so that noise hits all alike.
pub async fn measure(
    stage: &Stage,
    subjects: &[Operation],
    runs: usize,
) -> Result<Vec<Cold>, Failure> {
    let floors = [Floor::Http, Floor::DynamoDb].map(|floor| {
        let like = match floor {
            Floor::Http => Operation::Health,
            Floor::DynamoDb => Operation::Me,
        };
        (floor.binary(), floor, like)
    });
    let functions = subjects
        .iter()
        .filter(|subject| subject.is_first_of_function());
    let functions =
        functions.map(|operation| (operation.function(), operation.floor(), *operation));
    let starts: Vec<_> = floors.into_iter().chain(functions).collect();
    let mut taken: Vec<_> = starts.iter().map(|_| Taken::default()).collect();
    for _ in 0..runs {
        for ((binary, _, operation), taken) in starts.iter().zip(&mut taken) {
            let event = stage.event(*operation).await?;
            start(&stage.launch(binary, operation.function()), event, taken).await?;
        }
    }
    let described = starts.iter().zip(&taken);
    described
        .map(|((binary, floor, operation), taken)| {
            let launch = stage.launch(binary, operation.function());
            Ok(Cold {
                binary: (*binary).to_owned(),
                floor: floor.binary(),
                next_cpu: taken.next_cpu.spread(),
                next_wall: taken.next_wall.spread(),
                answer_cpu: taken.answer_cpu.spread(),
                answer_wall: taken.answer_wall.spread(),
                peak_kib: taken.peak_kib.spread(),
                size_bytes: std::fs::metadata(launch.binary)?.len(),
            })
        })
        .collect()
}

async fn start(launch: &Launch, event: String, taken: &mut Taken) -> Result<(), Failure> {
    let mut lambda = Lambda::start(launch).await?;
    let asked = lambda.ready().await?;
    taken.next_wall.push_micros(asked - lambda.began());
    let next_cpu = lambda.cpu_at_rest().await?;
    taken.next_cpu.push_micros(next_cpu);
    let answer = lambda.invoke(event).await?;
    crate::check(launch, &answer)?;
    lambda.ready().await?;
    taken.answer_cpu.push_micros(lambda.cpu_at_rest().await?);
    // The time in which it was only looked at does not count.
    taken
        .answer_wall
        .push_micros(asked - lambda.began() + answer.took);
    #[expect(clippy::cast_precision_loss, reason = "kibibytes of a small process")]
    taken.peak_kib.push(lambda.peak_memory_kib()? as f64);
    lambda.stop().await;
    Ok(())
}
