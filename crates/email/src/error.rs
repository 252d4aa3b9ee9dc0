//! What can go wrong between a template and a message.

use domain::mail::Template;

/// Why there is no message. Nothing of a mail's parameters is in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template does not compile. The platform's own do, and a tenant's was checked before it was stored.
    #[error("the {part} of template {}: {reason}", template.as_str())]
    Template {
        /// Which template.
        template: Template,
        /// Which of its four parts.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A template compiled, but not with these parameters: it took too much work, or gave too much.
    #[error("the {part} of template {}: {reason}", template.as_str())]
    Rendering {
        /// Which template.
        template: Template,
        /// Which of its four parts.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The parts do not make a message.
    #[error("the mail can't be written as a message: {0}")]
    Message(String),
}
