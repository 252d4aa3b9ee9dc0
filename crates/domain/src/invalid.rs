//! Why a value was refused.

/// A value that could not be parsed: a stable code for programs and a sentence for people.
///
/// The field's name is not in it: the same type is parsed from many fields, and the edge knows which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// Stable and machine-readable, such as `too_short`.
    pub code: &'static str,
    /// Says what is wrong and what would be right; never repeats the value.
    pub message: String,
}

impl Invalid {
    /// A refusal with its code and its sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Counts `text` in characters against inclusive bounds.
pub(crate) fn length(text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    let count = text.chars().count();
    if count < min {
        return Err(Invalid::new(
            "too_short",
            format!("must have at least {min} characters"),
        ));
    }
    if count > max {
        return Err(Invalid::new(
            "too_long",
            format!("must have at most {max} characters"),
        ));
    }
    Ok(())
}

/// Accepts an identifier: ASCII letters, digits and the marks in `marks`, 1 to `max` of them.
pub(crate) fn identifier(text: &str, max: usize, marks: &str) -> Result<(), Invalid> {
    length(text, 1, max)?;
    if text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
    {
        return Ok(());
    }
    let marks = marks
        .chars()
        .map(|c| format!("'{c}'"))
        .collect::<Vec<_>>()
        .join(", ");
    Err(Invalid::new(
        "invalid",
        format!("may have only ASCII letters, digits and {marks}"),
    ))
}
