.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
# Make hands its command line's variables (name=…, force=…) to recipes as environment variables: no quoting can go wrong.

# What runs before anything is installed needs some Python 3.10 or newer; the rest runs in the virtual environment.
run := scripts/run-python
run-installed := $(run) scripts/bootstrap.py && .venv/bin/python
run-deploying := $(run) scripts/bootstrap.py deployment && .venv/bin/python
run-developing := $(run) scripts/bootstrap.py development && .venv/bin/python

.PHONY: help demo db-setup db-up db-down db-generate db-migrate db-deploy db-search db-partitions db-reset db-status db-studio import export prune test soak coverage check bench bench-check bench-large raise-prisma raise-dependencies clean

##@ Start
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z][a-z-]*:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Set everything up and store a conversation (transcript=FILE character=FILE)
	@$(run) scripts/db_setup.py
	@.venv/bin/python scripts/demo.py $${transcript:+--transcript "$$transcript"} $${character:+--character "$$character"}

db-setup: ## Install what is missing, start the database, generate the client, apply migrations
	@$(run) scripts/db_setup.py $${name:+--migration "$$name"}

##@ The database server
db-up: ## Make sure that PostgreSQL answers at DATABASE_URL, start one where none does
	@$(run-installed) scripts/db_up.py

db-down: ## Stop the server that db-up started; the data stay
	@$(run) scripts/db_down.py

##@ The schema
db-generate: ## Generate the Prisma client
	@$(run-installed) scripts/db_generate.py

db-migrate: ## Create and apply a migration: name=your_migration_name (create_only=1 only writes it)
	@$(run-installed) scripts/db_migrate.py --name "$${name:-}" $${create_only:+--create-only}

db-deploy: ## Apply migrations, nothing else
	@$(run-deploying) scripts/db_deploy.py

db-search: ## Add a migration with the index for a search by words, and apply it
	@$(run-installed) scripts/db_search.py

db-partitions: ## Put the messages into partitions by session, while programs use them, and add that as a migration
	@$(run-installed) scripts/db_partitions.py

db-reset: ## Drop everything and apply all migrations again; asks, or force=1 (force=HOST where it is not local)
	@$(run-installed) scripts/db_reset.py --force "$${force:-}"

db-status: ## Show which migrations are applied
	@$(run-deploying) scripts/db_status.py

db-studio: ## View and edit the data on http://localhost:5555 (port=5556 for another port)
	@$(run-installed) scripts/db_studio.py --port "$${port:-5555}"

##@ Conversations
import: ## Store conversations of many programs: from=FILE, or a folder (as=FORMAT, dry_run=1; keep_going=1 passes over what cannot be stored)
	@$(run-installed) scripts/import_conversations.py $${as:+--as="$$as"} $${dry_run:+--dry-run} $${keep_going:+--keep-going} \
		$${json:+--json} -- $${from:+"$$from"}

export: ## Write conversations as JSON Lines: to=FILE, or FOLDER/ for a file each (session=ID for one, as=openai or as=sharegpt for training)
	@$(run-installed) scripts/export_conversations.py $${as:+--as="$$as"} $${session:+--session="$$session"} $${json:+--json} \
		-- $${to:+"$$to"}

prune: ## Delete sessions and what is theirs: older_than=90d or before=2026-01-01, by=activity; asks, or yes=1 (dry_run=1 only counts)
	@$(run-installed) scripts/prune_sessions.py $${older_than:+--older-than="$$older_than"} $${before:+--before="$$before"} \
		$${by:+--by="$$by"} $${batch_size:+--batch-size="$$batch_size"} $${dry_run:+--dry-run} $${yes:+--yes} $${json:+--json}

##@ Development
test: ## Run the tests with a PostgreSQL of their own (args="-k word" goes to pytest)
	@$(run-developing) scripts/run_tests.py "$${args:-}"

soak: ## Run the tests that break things in their long form, into docs/soak-report.md (ten minutes)
	@export SOAK=1; $(run-developing) scripts/run_tests.py "tests/resilience $${args:-}"

coverage: ## Run the tests, and name the lines of src that neither they nor the programs they start run (args= as for test)
	@$(run-developing) scripts/measure_coverage.py "$${args:-}"

check: ## Check format, lint, types, import rules and the Dockerfile
	@$(run-developing) scripts/check.py

bench: ## Measure side by side with other libraries, into benchmarks/results (args="--rounds 10" goes to the harness)
	@$(run-installed) scripts/bench.py run $${args:-}

bench-check: ## Fail when a ratio to hand-written code got worse by 25 % than the stored one
	@$(run-installed) scripts/bench.py check $${args:-}

bench-large: ## Measure search and activity among 2,000,000 messages (half an hour), or with size=10000000 (or partitions=10000000) calls among so many
	@$(run-installed) scripts/bench.py large $${size:+--size "$$size"} $${partitions:+--partitions "$$partitions"}

raise-prisma: ## Put the project on another release of Prisma: version=7.10.1, or a tag such as latest
	@$(run-developing) scripts/raise_prisma.py "$${version:-}"

raise-dependencies: ## Say which newer packages there are, and try both ends of the ranges in pyproject.toml
	@$(run-developing) scripts/raise_dependencies.py

clean: ## Remove what was installed and stop the embedded server (data=1: and its data)
	@$(run) scripts/clean.py $${data:+--data}
