//! Renders every mail as the worker does, as often as the first argument says, and prints the CPU's nanoseconds of each:
//! the template, what was measured, and the time. `first` is the first of the process, which compiles the template; `next`
//! has it compiled, and makes subject, HTML, text and message; `message` is the last step of that alone; `compiled-anew`
//! keeps nothing.

use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;

use domain::mail::{Link, Template};
use domain::{Email, Tenant, Timestamp};
use email::{Letter, Renderer, message, sample};
use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;

fn main() -> Result<(), Box<dyn Error>> {
    let runs = std::env::args().nth(1).and_then(|runs| runs.parse().ok());
    let runs = runs.unwrap_or(30);
    let tenant = tenant()?;
    let address = Email::parse("ada@example.com")?;
    let way_out = Link::parse("https://api.example.com/emails/unsubscribe?token=EXAMPLE")?;
    let renderer = Renderer::default();
    for template in Template::ALL {
        let params = sample::params(template, false);
        let unsubscribe_url = template.class().is_optional().then_some(&way_out);
        let letter = Letter {
            email_id: Uuid::nil(),
            tenant: &tenant,
            default_from: &address,
            to: &address,
            date: Timestamp::UNIX_EPOCH,
            unsubscribe_url,
        };
        let render = |renderer: &Renderer| {
            renderer.render(&tenant, None, template, &params, unsubscribe_url)
        };
        let whole = |renderer: &Renderer| message(&letter, &render(renderer)?);
        measure(template, "first", 1, || whole(&renderer))?;
        let mail = render(&renderer)?;
        measure(template, "next", runs, || whole(&renderer))?;
        measure(template, "message", runs, || message(&letter, &mail))?;
        measure(template, "compiled-anew", runs, || {
            whole(&Renderer::default())
        })?;
    }
    Ok(())
}

fn measure<T, E: Error + 'static>(
    template: Template,
    what: &str,
    runs: usize,
    work: impl Fn() -> Result<T, E>,
) -> Result<(), Box<dyn Error>> {
    for _ in 0..runs {
        let began = cpu_nanoseconds();
        black_box(work()?);
        let took = cpu_nanoseconds() - began;
        writeln!(std::io::stdout(), "{} {what} {took}", template.as_str())?;
    }
    Ok(())
}

fn tenant() -> Result<Tenant, Box<dyn Error>> {
    Ok(Tenant {
        logo_url: Some(Link::parse("https://example.com/logo.png")?),
        ..sample::tenant()?
    })
}

/// CPU time of this thread: other processes do not count.
fn cpu_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
