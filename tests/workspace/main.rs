//! What must hold of the workspace as a whole: who depends on whom, how long each operation waits, and that the template,
//! the code and the documentation say the same.

mod architecture;
mod audit;
mod documentation;
mod outage;
mod races;
mod site;
mod waits;
