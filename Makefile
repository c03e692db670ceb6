# Every target prints what it does; `make help` lists them.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Where images are published: baked into what is built. Empty: the project's (operators/api/image-registry.ts).
IMAGE_REGISTRY ?=
export IMAGE_REGISTRY
IMAGE_TAG ?= v$(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-18s %s\n", $$1, $$2 }'

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or later (https://nodejs.org)' >&2; exit 1; }
	npm ci --no-fund --no-audit --loglevel=error
	@touch $@

.PHONY: install
install: node_modules/.package-lock.json ## Install what the project needs from npm

.PHONY: build
build: install ## Bundle the executables into dist/
	npm run --silent build

.PHONY: generate
generate: install ## Regenerate what follows crds/ and the newest bundle: types, checksums, parts of the charts, olm/
	npm run --silent generate

.PHONY: check
check: install ## Types, lint, import boundaries, format, generated files
	npm run --silent check

.PHONY: format
format: install ## Format the sources
	npm run --silent format

.PHONY: images
images: build ## Build the container images ($(IMAGE_TAG))
	IMAGE_TAG=$(IMAGE_TAG) node scripts/images.ts

.PHONY: olm
olm: install ## Bring olm/ in step with the newest bundle: bundles and catalog of the Operator Lifecycle Manager
	node scripts/olm/generate.ts

.PHONY: olm-images
olm-images: install ## Write the images of olm/, bundles and catalog, as dist/olm-images.tar
	IMAGE_REGISTRY=$(IMAGE_REGISTRY) node scripts/olm/build-images.ts

.PHONY: release
release: install ## Cut the release VERSION=… into dist/release
	node scripts/release.ts "$(VERSION)"

.PHONY: airgap
airgap: release ## The release VERSION=… as one file, for clusters without a network
	node scripts/airgap.ts

.PHONY: setup
setup: install ## Build and install what clusters on this machine need
	node test/cluster/main.ts setup

.PHONY: demo
demo: install ## Two clusters, a hub, a managed cluster, a workload and an add-on on it
	node scripts/demo.ts up

.PHONY: clean-demo
clean-demo: install ## Remove all that `make demo` made
	node scripts/demo.ts down

.PHONY: test
test: install ## Everything: checks, unit, integration and e2e tests
	node scripts/test.ts

.PHONY: test-slow
test-slow: install ## The same while half of each processor's time is taken away
	node scripts/half-speed.ts node scripts/test.ts

.PHONY: unit integration e2e
unit: install ## Unit tests
	npm run --silent test:unit
integration: install ## Tests against real API servers
	npm run --silent test:integration
e2e: install ## Tests against real clusters
	npm run --silent test:e2e

.PHONY: soak
soak: install ## Long tests: every page as it is written, the packages with a real Operator Lifecycle Manager, 1,000 clusters
	OLM_ROUNDS=$(or $(ROUNDS),20) npm run --silent test:soak

.PHONY: bench
bench: install ## Measure; one figure per line
	npm run --silent bench

.PHONY: clean
clean: ## Remove what was built here
	rm -rf dist
