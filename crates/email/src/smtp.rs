//! SMTP
pub struct Smtp;
pub struct WrongUrl;
