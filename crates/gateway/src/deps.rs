//! A function's dependencies.

/// Declares what a function can touch, the mirror of its role: `Deps` has one field a line, and can be made from
/// whatever can make each of them (on AWS and on a laptop, `bootstrap::Env`).
#[macro_export]
macro_rules! deps {
    ($($(#[$doc:meta])* $name:ident: $type:ty),+ $(,)?) => {
        /// Everything that this function can touch; mirrors its role in the template.
        #[derive(Clone)]
        pub struct Deps {
            $($(#[$doc])* pub $name: $type,)+
        }

        impl<'env, Env, Error> TryFrom<&'env Env> for Deps
        where
            $($type: TryFrom<&'env Env, Error = Error>,)+
        {
            type Error = Error;
            fn try_from(env: &'env Env) -> Result<Self, Error> {
                Ok(Self { $($name: env.try_into()?,)+ })
            }
        }
    };
}
