#!/bin/sh
# Builds and deploys template.yaml; called by `make deploy`.
#
#   STACK        name of the stack, "leitplanke" if not given
#   PARAMETERS   the template's parameters: "JwtIssuer=https://login.example.org JwtAudience=leitplanke"
#   ENDPOINT     a local engine (http://127.0.0.1:4566) instead of AWS; nothing else changes
set -eu
cd "$(dirname "$0")/.."

output=.aws-sam/build
if [ -n "${ENDPOINT:-}" ]; then
    # The engine runs handlers on this machine's Python, so artefacts are built for it; any credentials will do.
    output=.aws-sam/local
    export ARTIFACTS_PLATFORM=here AWS_ENDPOINT_URL="$ENDPOINT"
    export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-eu-central-1}"
    unset AWS_PROFILE AWS_SESSION_TOKEN
fi

make build OUTPUT="$output"
# shellcheck disable=SC2086 # PARAMETERS is a list of words
.tools/sam/bin/sam deploy --config-file "$PWD/samconfig.toml" --template-file "$output/template.yaml" \
    --stack-name "${STACK:-leitplanke}" ${PARAMETERS:+--parameter-overrides $PARAMETERS}
