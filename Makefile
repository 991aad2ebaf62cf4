# The front door. Every target installs the Debian packages it lacks (packaging/debian-packages),
# says what it does, and leaves the machine as it found it. Meson does the building.

PREFIX ?= /usr/local
BUILD ?= build
FUZZ_SECONDS ?= 60

.PHONY: all demo check interop bench fuzz tsan install clean help

all: ## build the programs and libquoth into build/
	@scripts/packages.sh build
	@scripts/build.sh $(BUILD) -Dtests=auto -Dprefix=$(PREFIX)

demo: ## the whole workflow, end to end, on this machine
	@scripts/packages.sh build
	@scripts/build.sh $(BUILD) -Dtests=auto -Dprefix=$(PREFIX) -- quoth quothd secret-server secret-client
	@scripts/demo.sh $(BUILD)

check: ## unit tests, vectors (QUOTH_VECTORS) and end-to-end tests
	@scripts/packages.sh build check
	@scripts/check.sh $(BUILD)

interop: ## real foreign clients against our service
	@scripts/packages.sh build check
	@scripts/build.sh $(BUILD) -Dtests=auto -Dprefix=$(PREFIX)
	@tests/interop/run.sh $(BUILD)

bench: ## measure beside the machine's crypto bound
	@scripts/packages.sh build bench
	@scripts/build.sh build-bench -Dtests=disabled -Dbench=true
	@bench/run.sh build-bench

fuzz: ## fuzz every parser of outside bytes, FUZZ_SECONDS each
	@scripts/packages.sh build check fuzz
	@scripts/fuzz.sh $(FUZZ_SECONDS)

tsan: ## quothd and what its threads share, under the thread sanitizer
	@scripts/packages.sh build check ci
	@scripts/tsan.sh build-tsan

install: all ## honours PREFIX and DESTDIR
	@DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --no-rebuild

clean: ## remove what the targets built
	@rm -rf build build-*

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1 /p' $(MAKEFILE_LIST) | awk '{c=$$1" "$$2; $$1="";$$2=""; printf "  %-14s%s\n", c, $$0}'
