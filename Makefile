# Two commands do everything: `make demo` and `make test`.
SHELL := /bin/sh
NODE := .tools/bin/node
export PATH := $(CURDIR)/bin:$(CURDIR)/.tools/bin:$(PATH)

.PHONY: help setup test-setup demo demo-down test check unit coverage properties system e2e test-long kubernetes image site test-interop test-kubernetes kubernetes-clusters fidelity conformance-mcs chaos bench bench-kubernetes

help: ## Show this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

setup: ## Install and build everything that the other commands need
	@sh scripts/setup.sh

test-setup: ## As setup, and what only tests need
	@sh scripts/setup.sh tests

demo: setup ## Two peered clusters with the shop across both
	@$(NODE) scripts/demo.ts

demo-down: setup ## Remove what the demo made
	@$(NODE) scripts/demo-down.ts

check: setup ## Format, lint, types and unit tests
	@$(NODE) scripts/test.ts check unit

properties: setup ## Properties of parsers, addresses and tables, FACTOR times as often as unit tests have them
	@LIQO_PROPERTY_FACTOR=$(or $(FACTOR),100) $(NODE) --test "{src,playground}/**/*.property.test.ts"

system: setup ## Tests beside the code that need root
	@$(NODE) scripts/test.ts system

coverage: setup ## Unit tests, and which lines they run
	@$(NODE) scripts/test.ts coverage

unit: setup ## Unit tests
	@$(NODE) scripts/test.ts unit

e2e: test-setup ## End-to-end tests on the embedded engine
	@$(NODE) scripts/test.ts e2e

test-interop: setup ## Our Liqo beside upstream's, whose programs (bin/) and chart (chart/) LIQO_UPSTREAM names
	@$(NODE) scripts/test.ts interop

kubernetes: setup ## Build or find genuine Kubernetes
	@sh scripts/build-kubernetes.sh

image: setup ## Images of Liqo, the shop and the tests' programs, as an OCI layout and archives in .build/images
	@$(NODE) scripts/build-images.ts

site: ## The documents as a static site in .build/site; packages of its own (SITE_BASE=/path/)
	@cd site && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; }
	@cd site && npm run --silent build -- --base $(or $(SITE_BASE),/)

test-long: test-setup ## End-to-end tests of minutes each, on the embedded engine
	@$(NODE) scripts/test.ts long

test-kubernetes: test-setup kubernetes ## End-to-end tests on genuine Kubernetes
	@LIQO_TEST_ENGINE=kubernetes $(NODE) scripts/test.ts e2e long

kubernetes-clusters: kubernetes ## Two genuine clusters to try things on, until Ctrl-C
	@$(NODE) test/engines/up.ts

fidelity: setup ## Compare the embedded API server with a genuine one, request by request (after `make kubernetes`)
	@$(NODE) test/fidelity/run.ts

conformance-mcs: setup ## The conformance suite of the Multi-Cluster Services API on two embedded clusters (MCS_API=<repository>)
	@$(NODE) test/conformance/mcs.ts

test: test-setup ## All but what takes minutes each (LONG=1: that too; KUBERNETES=1: on genuine Kubernetes too)
	@$(NODE) scripts/test.ts check coverage system e2e $(if $(LONG),long) interop $(if $(KUBERNETES),kubernetes)

chaos: setup ## Faults of all kinds under load, and a comparison after each (MINUTES=10 SEED=<number> FAULTS=<expression>)
	@$(NODE) test/chaos/main.ts

bench-kubernetes: kubernetes ## Both engines measured side by side
	@sh scripts/build-kwok.sh
	@$(NODE) bench/kubernetes.ts

bench: setup ## Measurements; prints figures and ratios, gates nothing
	@$(NODE) bench/all.ts
