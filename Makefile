# poolprep. `make demo` shows what it does, `make test` passes the tests; both
# need only Go, make and git.

GO          ?= go
BIN         := bin/poolprep
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZCOUNT   ?= 20000x
# packages and fuzz targets, found in the sources
FUZZ        := $(shell grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9]+' . | sed -E 's|^\./(.*)/[^/]+:func (Fuzz.*)|\1:\2|')

.PHONY: build demo test check man dist race noasm arm64 fuzz bench install clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o $(BIN) ./cmd/poolprep

# The main job on a sample export, with the embedded default pool.
demo: build
	@sh docs/demo.sh $(BIN)

test:
	$(GO) test -timeout 30m ./...

check:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt'd: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test -run '^TestManualPagesAreCurrent$$' ./cmd/poolprep

# Manual pages of commands and topics, from the flags, the help and the guides in docs/.
man:
	rm -rf docs/man && mkdir docs/man
	$(GO) run ./cmd/poolprep man docs/man

# Release archives and their SHA-256 sums; the same sources give the same bytes.
# PLATFORMS, such as "linux/amd64 windows/arm64": only these.
dist: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
dist:
	rm -rf dist
	$(GO) run ./cmd/poolprep/internal/dist -go '$(GO)' $(if $(PLATFORMS),-platforms '$(PLATFORMS)')

# The sweeps that start the command hundreds of times are left out: each start takes a
# second with the detector, and they run the same code as the other tests do. The detector
# needs memory of its own, too, and makes pools of buffers forget some.
SWEEPS := NothingReadIsOverwritten|OutputsDoNotCollide|OutputsThatMayBeTheSame|OutputsAndReportsShareNoStream|WrongFilesAreNotShown|NothingReachesTheTerminalRaw|SignalAfterTheEnd|HelpReaderWentAway|AWSConfigurationIsNotOverwritten|NoFlagTakesAnEmptyValue|ServerTextsAreEscaped|MemoryIsBounded|RowAllocatesNothing|CheckNamesConvert|CheckAsConvert|ExportsInParts|ExportsInOtherForms
race:
	$(GO) test -race -short -timeout 60m -skip '$(SWEEPS)' ./...

# Without assembly: the portable code alone.
noasm:
	$(GO) test -short -timeout 30m -tags noasm ./...

# The arm64 kernel, on another processor by emulation.
arm64:
	@command -v qemu-aarch64 >/dev/null || { echo "make arm64: qemu-aarch64 is not here; install the package qemu-user (Debian, Ubuntu) or qemu-user-static" >&2; exit 1; }
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test -short -exec qemu-aarch64 -run 'Kernel|Classify|Places|Unquote|UTF8OfMixed|Blocks|Prefetch|Leads|Rows|Edges|Twofold|StructureProves' ./validate/scan

# Every fuzz target for a number of inputs, not for a time: the same on any machine.
fuzz:
	@for t in $(FUZZ); do \
		echo "$${t##*:}"; \
		$(GO) test -run '^$$' -fuzz "^$${t##*:}$$" -fuzztime $(FUZZCOUNT) ./$${t%%:*} || exit 1; \
	done

# Whole commands on generated files beside other tools, then Go benchmarks.
bench: build
	CGO_ENABLED=0 $(GO) build -trimpath -tags noasm -o $(BIN)-portable ./cmd/poolprep
	$(GO) run ./bench -poolprep $(BIN) -portable $(BIN)-portable
	$(GO) test -run '^$$' -bench . -benchmem ./...

install:
	CGO_ENABLED=0 $(GO) install -trimpath -ldflags '-s -w' ./cmd/poolprep

clean:
	rm -rf bin demo-out dist
