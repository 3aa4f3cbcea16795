# Everything that a person or a machine does with this project is a target here. `make` alone lists them.
#
# Needed: Python 3.11+ with venv (or uv), make, git. The tools are put into .venv and .tools by
# infra/bootstrap.sh, once, and again when pyproject.toml or uv.lock change.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run token test e2e crash chaos drill model fuzz mutants check build deploy restore rebuild fmt

PYTHON := .venv/bin/python
ENVIRONMENT := .venv/.synced
SAM := .tools/sam/bin/sam
SAM_ENVIRONMENT := .tools/sam/.synced
MICROBURST_ENVIRONMENT := .tools/microburst/.synced
FUZZ_ENVIRONMENT := .tools/fuzz/.synced
SCRIPTS := functions/serve_board/assets.licences.txt
OUTPUT := .aws-sam/build
export SAM_CLI_TELEMETRY := 0
MAKEFLAGS += --no-print-directory

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 } \
		/^#> / { printf "  %13s %s\n", "", substr($$0, 4) }' $(firstword $(MAKEFILE_LIST))

run: $(ENVIRONMENT) $(SCRIPTS) ## start everything here, on http://127.0.0.1:8080; Ctrl-C stops it
#> PORT=8081 another port, SCENARIO=none no first story, STATE=dir another place than .local/
	@$(PYTHON) -m infra.local.run

token: $(ENVIRONMENT) ## an access token of `make run` for somebody else
#> NAME=grace@example.com SCOPES="read respond" ROLES="lead"
	@$(PYTHON) -m infra.local.token

test: $(ENVIRONMENT) $(SCRIPTS) ## run every test but e2e
#> ARGS="-k name" is handed to pytest
	$(PYTHON) -m pytest --ignore=tests/e2e $(ARGS)

e2e: $(ENVIRONMENT) $(SCRIPTS) ## run against a real Prometheus, Alertmanager and PagerDuty client (installs them if root)
	infra/e2e/install.sh
	$(PYTHON) -m pytest tests/e2e $(ARGS)

.PHONY: budgets costs bench
budgets: $(ENVIRONMENT) ## play every scenario, count every call, write tests/budgets/budgets.yaml and docs/costs.md
#> ONLY="in its name" some scenarios
	@$(PYTHON) -m tests.budgets $(if $(ONLY),"$(ONLY)")

costs: $(ENVIRONMENT) ## what a million alert events cost on AWS, and what a storm asks of the table
	@$(PYTHON) -m infra.bench.costs

bench: $(ENVIRONMENT) ## timings of this machine: starts, POST to routed incident, CPU per alert
#> ARGS=--cpu only the last
	@$(PYTHON) -m infra.bench $(ARGS)

chaos: $(ENVIRONMENT) $(MICROBURST_ENVIRONMENT) ## 10,000 events while everything breaks; then every one is accounted for
#> SEED=7 the run of that seed again, EVENTS=500 a shorter one; docs/guides/chaos.md
	@$(PYTHON) -m infra.chaos

drill: $(ENVIRONMENT) ## the table is spoilt and comes back, here; nothing is lost that is not named
#> some minutes; docs/guides/restore.md
	@$(PYTHON) -m infra.drill

crash: $(ENVIRONMENT) $(SCRIPTS) ## fail every call of every function in five ways; each time all must end the same
#> ARGS="--every 10" a sample, ARGS="--seed 7" another order of everything; a quarter of an hour on two cores
	$(PYTHON) -m tests.crash $(ARGS)

model: $(ENVIRONMENT) ## the whole flow against its model, some minutes of examples nobody thought of
#> SEED=7 the same examples again, EXAMPLES=100 how many (600)
	@seed=$${SEED:-$$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}; echo "model: make model SEED=$$seed"; \
		MODEL=long MODEL_EXAMPLES=$${EXAMPLES:-600} $(PYTHON) -m pytest tests/model/test_whole_flow.py \
		--hypothesis-seed=$$seed --hypothesis-show-statistics $(ARGS)

fuzz: $(FUZZ_ENVIRONMENT) ## what no sender should send, made up by a fuzzer, through the door and into the table
#> SECONDS=60 for each protocol (40), TARGET=pagerduty one of them, TARGET=api the work API, SEED=7, INPUT=file once more
	@.tools/fuzz/bin/python -m tests.fuzz

mutants: $(ENVIRONMENT) $(SCRIPTS) ## take conditions and writes out of table and use cases, swap writes: does a test notice?
#> ARGS="--only ledger" some, ARGS="--all --sample 100" also conditions of the code and usual mutations, ARGS=--help
	$(PYTHON) -m tests.mutants $(ARGS)

check: $(ENVIRONMENT) ## format, lint, types, import contracts, template, generated files
	$(PYTHON) -m ruff format --check --quiet .
	$(PYTHON) -m ruff check --quiet .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PYTHON) -m infra.template.check
	$(PYTHON) -m infra.template.event_flow --check
	.venv/bin/cfn-lint template.yaml --append-rules cfn_lint_serverless.rules
	infra/bootstrap.sh uv lock --check --quiet
	$(PYTHON) -m infra.packaging.requirements --check

build: $(SAM_ENVIRONMENT) $(SCRIPTS) ## build what every function ships, into .aws-sam/
	@test "$$ARTIFACTS_PLATFORM" = here || infra/bootstrap.sh uv python find --no-project 3.13 >/dev/null 2>&1 || \
		echo "leitplanke: there is no Python 3.13 here, so artefacts are built without byte code and start slower"
	$(SAM) build --build-dir $(OUTPUT)

deploy: $(SAM_ENVIRONMENT) $(SCRIPTS) ## build, and deploy to the AWS account that your credentials name
#> STACK=name (leitplanke), PARAMETERS="JwtIssuer=https://... JwtAudience=..."
#> ENDPOINT=http://127.0.0.1:4566 deploys to the local engine that `make run` started instead
	@infra/deploy.sh

restore: $(ENVIRONMENT) ## the table was lost or spoilt: docs/runbook.md says which step when
#> ARGS="pause", "table --at TIME", "resume", "gap --since TIME"; STACK and ENDPOINT as for deploy
	@$(if $(ENDPOINT),AWS_ENDPOINT_URL=$(ENDPOINT) AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
		AWS_DEFAULT_REGION=$(or $(AWS_DEFAULT_REGION),eu-central-1)) $(PYTHON) -m infra.restore $(ARGS)

rebuild: $(ENVIRONMENT) ## compare the board and its trends with the incidents, and mend them where they differ
#> ARGS=--check only compares; STACK and ENDPOINT as for deploy
	@$(if $(ENDPOINT),AWS_ENDPOINT_URL=$(ENDPOINT) AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
		AWS_DEFAULT_REGION=$(or $(AWS_DEFAULT_REGION),eu-central-1)) $(PYTHON) -m infra.rebuild $(ARGS)

fmt: $(ENVIRONMENT) ## mend format and simple lint, write generated files
	$(PYTHON) -m ruff check --fix-only --quiet .
	$(PYTHON) -m ruff format --quiet .
	$(PYTHON) -m infra.template.event_flow
	$(PYTHON) -m infra.packaging.requirements

build-ServeBoard: $(SCRIPTS)

# Called by `sam build` for each function (BuildMethod: makefile), with ARTIFACTS_DIR set.
build-%:
	@python=$$(infra/bootstrap.sh python) && $$python -m infra.packaging.artefact $* \
		--into "$${ARTIFACTS_DIR:-build/$*}" --platform "$${ARTIFACTS_PLATFORM:-lambda}"

# An environment without a working Python, or made in another folder, is made anew whatever the files' dates say.
made_here = $(shell test -x $1/bin/python && test "$$(cat $1/.synced 2>/dev/null)" = "$$(pwd -P)" && echo yes)

# The licences are written last: they are there when everything is.
$(SCRIPTS): $(wildcard infra/board/*.js) infra/board/bundle.mjs infra/board/package.json infra/board/package-lock.json \
		infra/packaging/node.txt infra/bootstrap.sh
	@infra/bootstrap.sh node

$(ENVIRONMENT): pyproject.toml uv.lock infra/bootstrap.sh $(if $(call made_here,.venv),,again)
	@infra/bootstrap.sh sync

$(SAM_ENVIRONMENT): infra/packaging/sam-cli.txt infra/bootstrap.sh $(if $(call made_here,.tools/sam),,again)
	@infra/bootstrap.sh sam

$(MICROBURST_ENVIRONMENT): infra/packaging/microburst.txt infra/bootstrap.sh $(if $(call made_here,.tools/microburst),,again)
	@infra/bootstrap.sh microburst

$(FUZZ_ENVIRONMENT): pyproject.toml uv.lock infra/bootstrap.sh $(if $(call made_here,.tools/fuzz),,again)
	@infra/bootstrap.sh fuzz

.PHONY: again
again:
