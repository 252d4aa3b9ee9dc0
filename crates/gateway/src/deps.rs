//! A function's dependencies.

/// A variable of the environment that is not set, or not to what it must be.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set or not valid")]
pub struct MissingVariable(pub &'static str);

/// An environment that can make a `T`.
pub trait Provide<T> {
    /// Makes it.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    fn provide(&self) -> Result<T, MissingVariable>;
}

/// Something that is made of what an environment provides.
pub trait FromEnv<Env>: Sized {
    /// Makes it.
    ///
    /// # Errors
    /// When the environment lacks a variable.
    fn from_env(env: &Env) -> Result<Self, MissingVariable>;
}

/// Declares what a function can touch, the mirror of its role: one field a line. It can be made from any environment that
/// provides each of them, so that the wiring on AWS and on a laptop is the same.
#[macro_export]
macro_rules! deps {
    ($($(#[$doc:meta])* $name:ident: $type:ty),+ $(,)?) => {
        /// Everything that this function can touch; mirrors its role in the template.
        #[derive(Clone)]
        pub struct Deps {
            $($(#[$doc])* $name: $type,)+
        }

        impl<Env> $crate::FromEnv<Env> for Deps
        where
            $(Env: $crate::Provide<$type>,)+
        {
            fn from_env(env: &Env) -> Result<Self, $crate::MissingVariable> {
                Ok(Self { $($name: env.provide()?,)+ })
            }
        }
    };
}
