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
}

/// What an operation is held against.
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
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Revoke => "revoke",
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
            Self::VerifyEmail => None,
        }
    }

    /// Whether it hashes a password, which is meant to take long.
    pub fn hashes(self) -> bool {
        matches!(self, Self::Login | Self::Register | Self::ResetConfirm)
    }
}
