//! What is measured.

/// An operation of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Health,
    Docs,
    Jwks,
    Me,
    Export,
    Sessions,
    Refresh,
    Logout,
    Revoke,
    Login,
    Register,
    Reset,
    ResetConfirm,
    VerifyEmail,
    Message(Message),
}

/// An operation of secret messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Message {
    CreateKey,
    GetKey,
    Drop(Size),
    /// 20 of 20 messages.
    List,
    Read(Size),
    Burn(Size),
    Ciphertext(Size),
}

/// How much a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    Small,
    Large,
}

impl Size {
    /// The plaintext; 256 KiB are the most that a file may have, with a header of which a part is random.
    pub fn bytes(self) -> usize {
        match self {
            Self::Small => 1024,
            Self::Large => 255 * 1024,
        }
    }
}

/// What an operation is held an operation is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// A `lambda_http` binary that does nothing.
    Http,
    /// The same with one `GetItem`.
    DynamoDb,
}

impl Floor {
    /// Its binary.
    pub fn binary(self) -> &'static str {
        match self {
            Self::Http => "floor-http",
            Self::DynamoDb => "floor-dynamodb",
        }
    }
}

impl Operation {
    pub const ALL: &[Self] = &[
        Self::Health,
        Self::Docs,
        Self::Jwks,
        Self::Me,
        Self::Export,
        Self::Sessions,
        Self::Refresh,
        Self::Logout,
        Self::Revoke,
        Self::Login,
        Self::Register,
        Self::Reset,
        Self::ResetConfirm,
        Self::VerifyEmail,
        Self::Message(Message::Drop(Size::Small)),
        Self::Message(Message::Drop(Size::Large)),
        Self::Message(Message::Read(Size::Small)),
        Self::Message(Message::Read(Size::Large)),
        Self::Message(Message::Burn(Size::Small)),
        Self::Message(Message::Burn(Size::Large)),
        Self::Message(Message::Ciphertext(Size::Small)),
        Self::Message(Message::Ciphertext(Size::Large)),
        Self::Message(Message::List),
        Self::Message(Message::CreateKey),
        Self::Message(Message::GetKey),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Revoke => "revoke",
            Self::Message(message) => message.name(),
            other => other.function(),
        }
    }

    /// The function that answers it.
    pub fn function(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Docs => "docs",
            Self::Jwks => "jwks",
            Self::Me | Self::Export => "me",
            Self::Sessions => "sessions",
            Self::Refresh => "refresh",
            Self::Logout | Self::Revoke => "logout",
            Self::Login => "login",
            Self::Register => "register",
            Self::Reset => "reset",
            Self::ResetConfirm => "reset-confirm",
            Self::VerifyEmail => "verify-email",
            Self::Message(message) => message.function(),
        }
    }

    /// Whether it stands for its function where one operation of each is measured.
    pub fn is_first_of_function(self) -> bool {
        let of_function = |other: &&Self| other.function() == self.function();
        Self::ALL.iter().find(of_function) == Some(&self)
    }

    pub fn floor(self) -> Floor {
        match self {
            Self::Health | Self::Docs | Self::Jwks => Floor::Http,
            _ => Floor::DynamoDb,
        }
    }

    /// The waits that the data model allows a warm call; `None` where it says nothing.
    pub fn budget(self) -> Option<usize> {
        match self {
            Self::Health | Self::Docs | Self::Jwks => Some(0),
            Self::Me
            | Self::Export
            | Self::Sessions
            | Self::Refresh
            | Self::Logout
            | Self::Revoke => Some(1),
            Self::Login | Self::Register | Self::Reset | Self::ResetConfirm => Some(2),
            Self::Message(message) => message.budget(),
            Self::VerifyEmail => None,
        }
    }

    /// Whether it hashes a password, which is meant to take long.
    pub fn hashes(self) -> bool {
        match self {
            Self::Message(message) => matches!(
                message,
                Message::CreateKey | Message::Read(_) | Message::Burn(_)
            ),
            other => matches!(other, Self::Login | Self::Register | Self::ResetConfirm),
        }
    }

    /// What `floor-age` is to do beside a call, and how often; `None` where `age` has nothing to do.
    pub fn of_age(self) -> Option<Vec<String>> {
        let Self::Message(message) = self else {
            return None;
        };
        let bytes = |size: Size| size.bytes().to_string();
        Some(match message {
            // The first few find an empty heap, which a warm function does not.
            Message::Drop(size) => vec!["drop".into(), bytes(size), "5".into()],
            // Reading what burns is the same work.
            Message::Read(size) => vec!["read".into(), bytes(size), "1".into()],
            Message::CreateKey => vec!["key".into(), "1".into()],
            _ => return None,
        })
    }
}

impl Message {
    fn name(self) -> &'static str {
        match self {
            Self::CreateKey => "message-key",
            Self::GetKey => "message-key-get",
            Self::Drop(Size::Small) => "drop-1k",
            Self::Drop(Size::Large) => "drop-256k",
            Self::List => "messages",
            Self::Read(Size::Small) => "read-1k",
            Self::Read(Size::Large) => "read-256k",
            Self::Burn(Size::Small) => "burn-1k",
            Self::Burn(Size::Large) => "burn-256k",
            Self::Ciphertext(Size::Small) => "ciphertext-1k",
            Self::Ciphertext(Size::Large) => "ciphertext-256k",
        }
    }

    fn function(self) -> &'static str {
        match self {
            Self::CreateKey | Self::GetKey => "message-key",
            Self::Drop(_) => "message-drop",
            Self::List | Self::Read(_) | Self::Burn(_) | Self::Ciphertext(_) => "message-read",
        }
    }

    fn budget(self) -> Option<usize> {
        match self {
            Self::GetKey | Self::Drop(_) => Some(1),
            Self::List | Self::Read(_) | Self::Burn(_) | Self::Ciphertext(_) => Some(2),
            Self::CreateKey => None,
        }
    }
}
