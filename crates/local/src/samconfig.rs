//! What `samconfig.toml` deploys.

use std::collections::HashSet;

/// The `AllowedOrigins` that a stack is deployed with; none where the file does not say.
pub(crate) fn allowed_origins(stack: &str) -> HashSet<String> {
    let text = std::fs::read_to_string("samconfig.toml").unwrap_or_default();
    parse(&text, stack)
}

fn parse(text: &str, stack: &str) -> HashSet<String> {
    let Ok(config) = text.parse::<toml::Table>() else {
        return HashSet::new();
    };
    let environments = config.values().filter(|environment| {
        let name = |command: &str| {
            environment
                .get(command)?
                .get("parameters")?
                .get("stack_name")?
                .as_str()
        };
        name("global").or(name("deploy")) == Some(stack)
    });
    let overrides = environments
        .filter_map(|environment| {
            environment
                .get("deploy")?
                .get("parameters")?
                .get("parameter_overrides")?
                .as_array()
        })
        .flatten()
        .filter_map(toml::Value::as_str);
    let origins = overrides.filter_map(|text| text.strip_prefix("AllowedOrigins="));
    origins
        .flat_map(|list| list.split(','))
        .map(|origin| origin.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_those_of_the_stack() {
        let text = r#"
            version = 0.1
            [prod.global.parameters]
            stack_name = "shop-prod"
            [prod.deploy.parameters]
            parameter_overrides = ["LogLevel=info", "AllowedOrigins=https://a.example,https://b.example"]
        "#;
        let expected = ["https://a.example", "https://b.example"].map(str::to_owned);
        assert_eq!(parse(text, "shop-prod"), HashSet::from(expected));
        assert!(parse(text, "shop-dev").is_empty());
    }
}
