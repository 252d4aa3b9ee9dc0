//! What must hold of the workspace as a whole: who depends on whom, how long each operation waits, and that the template,
//! the code and the documentation say the same.

#![expect(clippy::expect_used, reason = "a test that can not go on must stop")]

mod architecture;
mod audit;
mod disabled;
mod documentation;
mod email;
mod messages;
mod outage;
mod publishing;
mod races;
mod rotation;
mod scraping;
mod site;
mod sites;
mod waits;
