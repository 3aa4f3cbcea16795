#!/bin/sh
# Builds and deploys template.yaml; called by `make deploy`.
#
#   STACK        name of the stack, "leitplanke" if not given
#   PARAMETERS   the template's parameters: "JwtIssuer=https://login.example.org JwtAudience=leitplanke";
#                needed for the first deployment, later ones keep what they do not name
#   ENDPOINT     a local engine (http://127.0.0.1:4566) instead of AWS; nothing else changes
set -eu
cd "$(dirname "$0")/.."

# "there" or "missing"; whatever else is wrong (credentials, region, no engine) ends it here, before the long build.
state_of() {
    .tools/sam/bin/python - "$1" <<'PYTHON'
import sys
import boto3
from botocore.exceptions import BotoCoreError, ClientError

try:
    boto3.client("cloudformation").describe_stacks(StackName=sys.argv[1])
    print("there")
except ClientError as error:
    if "does not exist" not in str(error):
        sys.exit(f"leitplanke: {error}")
    print("missing")
except BotoCoreError as error:
    sys.exit(f"leitplanke: {error}")
PYTHON
}

output=.aws-sam/build
if [ -n "${ENDPOINT:-}" ]; then
    # The engine runs handlers on this machine's Python, so artefacts are built for it; any credentials will do.
    output=.aws-sam/local
    export ARTIFACTS_PLATFORM=here AWS_ENDPOINT_URL="$ENDPOINT"
    export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-eu-central-1}"
    unset AWS_PROFILE AWS_SESSION_TOKEN
fi

stack=${STACK:-leitplanke}
state=$(state_of "$stack")
if [ -z "${PARAMETERS:-}" ] && [ "$state" = missing ]; then
    if [ -z "${ENDPOINT:-}" ]; then
        echo "leitplanke: the first deployment needs PARAMETERS=\"JwtIssuer=https://... JwtAudience=...\"" >&2
        exit 1
    fi
    PARAMETERS="JwtIssuer=http://127.0.0.1:${PORT:-8080}/_dev/issuer JwtAudience=leitplanke-local"  # as make run has
fi
if [ -n "${ENDPOINT:-}" ]; then
    PARAMETERS="ArchiveDays=0 ${PARAMETERS:-}"  # the engine's CloudFormation knows no archives
fi

make build OUTPUT="$output"
# shellcheck disable=SC2086 # PARAMETERS is a list of words
.tools/sam/bin/sam deploy --config-file "$PWD/samconfig.toml" --template-file "$output/template.yaml" \
    --stack-name "$stack" ${PARAMETERS:+--parameter-overrides $PARAMETERS}
