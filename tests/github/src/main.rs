//! The stand-in as a program, for tests that are another one: `github-stand-in --port 8080`, then `/_control/…`.

use clap::Parser;
use github_stand_in::StandIn;

#[derive(Parser)]
struct Arguments {
    /// The loopback port; a free one where it is 0.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A token to let in.
    #[arg(long)]
    token: Option<String>,
    /// Repositories to make, `owner/name`.
    #[arg(long)]
    repository: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::print_stdout,
    reason = "it tells whoever started it where it is"
)]
async fn main() -> Result<(), github_stand_in::Error> {
    let arguments = Arguments::parse();
    let stand_in = StandIn::start(arguments.port).await?;
    for name in &arguments.repository {
        stand_in.world().create(name);
    }
    if let Some(token) = &arguments.token {
        stand_in.world().let_in(token, None);
    }
    println!("{}", stand_in.url());
    stand_in.wait().await;
    Ok(())
}
