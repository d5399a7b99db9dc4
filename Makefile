# rota: build, try, check, install. `make help` lists the targets.
#
# CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are the user's; what rota itself needs is
# in ROTA_CFLAGS. BUILD is where everything goes, so that builds with other
# compilers or sanitizers live beside each other: `make BUILD=build/clang CC=clang`.

MAKEFLAGS += --no-builtin-rules
export PYTHONDONTWRITEBYTECODE := 1
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR    ?=
BUILD      ?= build
CFLAGS     ?= -O2 -g
WERROR     ?= 1
SANITIZE   ?=
V          ?= 0

# What a Debian package is recognised by: a command, a file, or a pkg-config module.
DEPS := gcc:gcc libc6-dev:/usr/include/stdio.h pkg-config:pkg-config \
        libsqlite3-dev:sqlite3.pc libjansson-dev:jansson.pc check:check.pc \
        libical-dev:libical.pc python3:python3 tzdata:/usr/share/zoneinfo/Europe/Berlin
DEPS_CI := g++:g++ clang:clang clang-format:clang-format clang-tidy:clang-tidy \
           cppcheck:cppcheck gcovr:gcovr valgrind:valgrind \
           python3-dateutil:/usr/lib/python3/dist-packages/dateutil/rrule.py

# --- versions and flags ---

VERSION   := $(shell sed -n 's/^.define ROTA_VERSION "\(.*\)"/\1/p' include/rota.h)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wwrite-strings \
            -Wvla -Wundef -Wformat=2
ifneq ($(WERROR),0)
WARNINGS += -Werror
endif
ifneq ($(SANITIZE),)
# gcc then warns of what only the instrumented code could do; the plain builds warn.
WARNINGS := -w
SANITIZER := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ROTA_CFLAGS := -std=c11 $(WARNINGS) $(SANITIZER) $(COVERAGE) -Iinclude -fPIC -fvisibility=hidden
ROTA_LDFLAGS := $(SANITIZER) $(COVERAGE)

# Without pkg-config, what it would say on most systems.
modules = $(shell pkg-config $(1) $(2) 2>/dev/null || echo $(3))
SQLITE_CFLAGS  := $(call modules,--cflags,sqlite3)
SQLITE_LIBS    := $(call modules,--libs,sqlite3,-lsqlite3)
# Of a SQLite built from source, where it must be instrumented: a directory with sqlite3.c.
AMALGAMATION ?=
ifneq ($(AMALGAMATION),)
SQLITE_CFLAGS := -I$(AMALGAMATION)
SQLITE_LIBS   := $(BUILD)/obj/sqlite3.o -lm -ldl -lpthread
endif
JANSSON_CFLAGS := $(call modules,--cflags,jansson)
JANSSON_LIBS   := $(call modules,--libs,jansson,-ljansson)
CHECK_CFLAGS   := $(call modules,--cflags,check)
CHECK_LIBS     := $(call modules,--libs,check,-lcheck -lsubunit -lrt -lm -lpthread)

# Only the tests use it, to compare with.
ICAL_CFLAGS    := $(call modules,--cflags,libical)
ICAL_LIBS      := $(call modules,--libs,libical,-lical)

# --- what is built from what ---

# The model and the fault injector are for the tests, and never installed.
TEST_ONLY := $(sort $(wildcard lib/store/memory*.c)) lib/store/chaos.c
LIB_SRC   := $(filter-out $(TEST_ONLY),$(sort $(wildcard lib/*/*.c)))
HEADERS   := include/rota.h $(sort $(wildcard include/rota/*.h))
TEST_SRC  := $(sort $(wildcard tests/*.c))
SUITES    := $(patsubst tests/test_%.c,%,$(filter tests/test_%,$(TEST_SRC)))

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIB_OBJ   := $(call object,$(LIB_SRC))
# The tests run the short forms of rota-contend themselves.
CONTEND_SRC := $(sort $(wildcard tests/contend/*.c))
TEST_OBJ  := $(call object,$(TEST_SRC) $(filter-out %/main.c,$(CONTEND_SRC)) $(TEST_ONLY))
# One program per file, and one per directory.
EXAMPLES  := $(patsubst examples/%.c,$(BUILD)/examples/%,$(sort $(wildcard examples/*.c)))
PROGRAMS  := $(patsubst examples/%/,$(BUILD)/examples/rota-%,$(sort $(dir $(wildcard examples/*/*.c))))
EXAMPLE_OBJ := $(call object,$(wildcard examples/*.c examples/*/*.c))

STATIC  := $(BUILD)/librota.a
SONAME  := librota.so.$(SOVERSION)
SHARED  := $(BUILD)/librota.so.$(VERSION)
LINKS   := $(BUILD)/$(SONAME) $(BUILD)/librota.so
TESTS   := $(BUILD)/tests/rota-tests
CONTEND := $(BUILD)/tests/rota-contend
# One program per file of tests/bench, and in common/ what they share.
BENCHES   := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/*.c)))
BENCH_OBJ := $(call object,$(sort $(wildcard tests/bench/common/*.c)))
# A program for each fuzz target, and one with a bug planted that must be found.
FUZZERS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZED   := $(patsubst %,$(BUILD)/tests/fuzz-%,$(FUZZERS))
CONTROLS := $(addsuffix -control,$(FUZZED))

ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

# Targets that may first have to install something do their work in a second make,
# which then finds it; in parallel, unless the user said how.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
again = +@$(MAKE) --no-print-directory $(PARALLEL)

.PHONY: all everything bench run-bench bench-callgrind run-bench-callgrind fuzz run-fuzz mutants help \
        deps deps-ci demo check examples install uninstall \
        crash faults forever free run-free model run-model recurrence run-recurrence contend run-contend asan tsan run-tsan coverage \
        valgrind layers abi lint format docs clean run-demo run-check run-suite run-examples FORCE

## all: the static and the shared library (what a plain `make` does)
all: $(STATIC) $(SHARED) $(LINKS)

everything: all $(EXAMPLES) $(PROGRAMS) $(TESTS) $(CONTEND) $(BENCHES) $(FUZZED) $(CONTROLS)

## help: this list
help:
	@sed -n 's/^## /  make /p' $(firstword $(MAKEFILE_LIST))

# --- the library ---

$(BUILD)/obj/lib/%.o: lib/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROTA_CFLAGS) -Ilib $(SQLITE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

ifneq ($(AMALGAMATION),)
# Without usleep() SQLite sleeps whole seconds where it means to try again at once.
$(BUILD)/obj/sqlite3.o: $(AMALGAMATION)/sqlite3.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZER) -fPIC -w -DSQLITE_THREADSAFE=1 -DHAVE_USLEEP=1 $(CFLAGS) -c -o $@ $<
$(SHARED) $(TESTS) $(CONTEND) $(BENCHES): | $(BUILD)/obj/sqlite3.o
endif

$(STATIC): $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Only the names of the list leave the shared library.
$(BUILD)/rota.map: lib/exports.list
	@mkdir -p $(@D)
	$(Q)sed -e 's/$$/;/' -e '1i{ global:' -e '$$alocal: *; };' $< > $@

$(SHARED): $(LIB_OBJ) $(BUILD)/rota.map
	$(call say,LINK,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,$(BUILD)/rota.map \
	    $(ROTA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(LIB_OBJ) $(SQLITE_LIBS) $(LDLIBS)

$(LINKS): $(SHARED)
	$(Q)ln -sf $(notdir $<) $@

# --- examples: rota.h and the built library, as any host has them ---

$(BUILD)/obj/examples/%.o: examples/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROTA_CFLAGS) $(JANSSON_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

link_host = $(CC) $(ROTA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/..' -o $@ \
            $(filter %.o,$^) -L$(BUILD) -lrota $(LDLIBS)

$(EXAMPLES): $(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(LINKS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(link_host)

$(BUILD)/examples/rota-jsonl: LDLIBS += $(JANSSON_LIBS)
.SECONDEXPANSION:
$(PROGRAMS): $(BUILD)/examples/rota-%: $$(call object,$$(wildcard examples/$$*/*.c)) $(LINKS)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(link_host)

## demo: the main job on real input; installs what is missing first
demo: deps
	$(again) run-demo

# Every example with it: who has seen the demo wants to try rota-jsonl next.
run-demo: all $(EXAMPLES) $(PROGRAMS)
	@$(BUILD)/examples/rota-demo

## examples: build and run every example
examples: deps
	$(again) run-examples

run-examples: $(EXAMPLES) $(PROGRAMS)
	@set -e; for program in $(EXAMPLES) $(BUILD)/examples/rota-demo; do \
	    echo "== $$program"; $$program; done
	@set -e; for script in $(wildcard examples/*.py); do \
	    echo "== $$script"; ROTA_LIBRARY=$(BUILD)/librota.so python3 $$script; done

# --- tests: one program, a suite per tests/test_<suite>.c ---

# Rewritten only when the set of suites changes.
$(BUILD)/tests/suites.h: FORCE
	@mkdir -p $(@D)
	@echo '#define ROTA_SUITES(X)$(foreach suite,$(SUITES), X($(suite)))' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/obj/tests/main.o: $(BUILD)/tests/suites.h
$(BUILD)/obj/tests/%.o: tests/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROTA_CFLAGS) -Wno-missing-field-initializers -Ilib -Itests -I$(BUILD)/tests $(SQLITE_CFLAGS) $(CHECK_CFLAGS) $(ICAL_CFLAGS) \
	    $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# What the tests let fail below the library: calls of these come to the tests first.
WRAPPED := sqlite3_step sqlite3_errcode sqlite3_extended_errcode sqlite3_errmsg \
           sqlite3_threadsafe sqlite3_libversion_number fcntl

# The tests reach below the public API, so they take the objects themselves.
$(TESTS): $(LIB_OBJ) $(TEST_OBJ)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROTA_LDFLAGS) $(CFLAGS) $(LDFLAGS) $(WRAPPED:%=-Wl,--wrap=%) -o $@ $^ \
	    $(SQLITE_LIBS) $(CHECK_LIBS) $(ICAL_LIBS) $(LDLIBS)

$(CONTEND): $(LIB_OBJ) $(call object,$(CONTEND_SRC))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROTA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SQLITE_LIBS) $(LDLIBS) -lpthread

# Programs that measure a part beside what it is compared with, in the same run.
$(BUILD)/obj/tests/bench/%.o: ROTA_CFLAGS += -Itests/bench
$(BENCHES): $(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BENCH_OBJ) $(LIB_OBJ)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROTA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SQLITE_LIBS) -lpthread -ldl $(LDLIBS)

# One of them measures libical, too.
$(BUILD)/obj/tests/bench/recur.o: ROTA_CFLAGS += $(ICAL_CFLAGS)
$(BUILD)/bench/recur: LDLIBS += $(ICAL_LIBS)

# Calendars are built once, below build/bench/data, and used again until what makes them
# changes.
BENCH_DATA = $(BUILD)/bench/data
BENCH_ENV  = BENCH_DIR=$(BENCH_DATA) BENCH_JSON=$(BUILD)/bench/results.jsonl
$(BENCH_DATA)/.made: lib/store/sqlite_schema.c lib/domain/series_bytes.c tests/bench/series.c \
                     tests/bench/common/calendar.c tests/bench/common/plain.c
	@rm -rf $(@D) && mkdir -p $(@D) && touch $@

## bench: measure, and print ratios to a baseline of the same run. BENCH_FULL=1, BENCH_TINY=1
bench: deps
	$(again) run-bench
run-bench: $(BENCHES) $(BENCH_DATA)/.made
	@rm -f $(BUILD)/bench/results.jsonl
	@set -e; for program in $(BENCHES); do echo; echo "== $$program"; $(BENCH_ENV) $$program; done
	@echo; echo "as JSON lines: $(BUILD)/bench/results.jsonl"

## bench-callgrind: instructions of a check, a list, a booking and one of many, counted by valgrind
bench-callgrind: deps deps-ci
	$(again) run-bench-callgrind
run-bench-callgrind: $(BUILD)/bench/instructions $(BENCH_DATA)/.made
	@$(BENCH_ENV) sh tests/bench/callgrind.sh $(BUILD)/bench/instructions $(BUILD)/bench

# --- fuzz targets: what calls them is the replay of a corpus, or libFuzzer ---

FUZZ_ENGINE ?= $(BUILD)/obj/tests/fuzz/replay.o
fuzz_objects = $(BUILD)/obj/tests/fuzz/$(1).o $(BUILD)/obj/tests/fuzz/fuzz.o \
               $(filter %.o,$(FUZZ_ENGINE)) $(LIB_OBJ)
link_fuzzed = $(CC) $(ROTA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
              $(filter-out %.o,$(FUZZ_ENGINE)) $(SQLITE_LIBS) $(LDLIBS)

$(BUILD)/obj/tests/fuzz/control_%.o: tests/fuzz/fuzz_%.c Makefile
	$(call say,CC,'$< (control)')
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROTA_CFLAGS) -Wno-missing-field-initializers -Ilib $(JANSSON_CFLAGS) \
	    $(CPPFLAGS) $(CFLAGS) -DROTA_FUZZ_CONTROL -MMD -MP -c -o $@ $<

# The host whose lines are fuzzed, but for its main(), which the target has.
JSONL_OBJ := $(filter-out %/main.o,$(call object,$(wildcard examples/jsonl/*.c)))
$(BUILD)/tests/fuzz-jsonl $(BUILD)/tests/fuzz-jsonl-control: $(JSONL_OBJ)
$(BUILD)/tests/fuzz-jsonl $(BUILD)/tests/fuzz-jsonl-control: LDLIBS += $(JANSSON_LIBS)

$(FUZZED): $(BUILD)/tests/fuzz-%: $(call fuzz_objects,fuzz_%)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(link_fuzzed)

$(CONTROLS): $(BUILD)/tests/fuzz-%-control: $(call fuzz_objects,control_%)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(link_fuzzed)

## fuzz: libFuzzer, FUZZ_SECONDS (60) for each of FUZZERS; a planted bug must be found first
FUZZ_SECONDS ?= 60
fuzz: deps deps-ci
	$(again) BUILD=build/fuzz CC=clang SANITIZE=address,undefined \
	    CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' CPPFLAGS=-DROTA_STRICT_ARENA \
	    FUZZ_ENGINE=-fsanitize=fuzzer run-fuzz
run-fuzz: $(FUZZED) $(CONTROLS)
	@sh tests/fuzz/run.sh $(BUILD) $(FUZZ_SECONDS) $(FUZZERS)

# What the tests of hosts are told; they build programs of their own.
TEST_ENV = ROTA_BUILD=$(BUILD) ROTA_INSTRUMENT='$(strip $(SANITIZER) $(COVERAGE))' \
           CC='$(CC)' ROTA_JSONL=$(abspath $(BUILD))/examples/rota-jsonl

## check: all tests; installs what is missing first. CK_RUN_SUITE=name for one suite
check: deps
	$(again) run-check

run-check: everything
	@rm -rf $(BUILD)/tmp && mkdir -p $(BUILD)/tmp
	@$(TEST_ENV) $(TESTS)

## crash: 200 processes killed, and the power cut after every operation of the disk; minutes
crash: deps
	$(again) SUITE=crash SETTINGS='ROTA_KILLS=200 ROTA_CUTS=all' run-suite

## faults: a failure at every point of every writing call, and another call at every point; minutes
faults: deps
	$(again) SUITE=faults SETTINGS=ROTA_FAULTS=all run-suite
	$(again) SUITE=race SETTINGS=ROTA_FAULTS=all run-suite

## forever: 2,000 random pairs of endless series, in UTC and in zones, beside brute force; minutes
forever: deps
	$(again) SUITE=forever SETTINGS='ROTA_PAIRS=2000' run-suite

## recurrence: 20,000 random rules and 50,000 edits of series beside oracles, every change of every zone; half an hour
recurrence: deps deps-ci
	$(again) run-recurrence
run-recurrence: $(PROGRAMS)
	@$(TEST_ENV) python3 -B tests/recur/differential.py --rules 20000
	@$(TEST_ENV) python3 -B tests/recur/differential.py --control
	@$(TEST_ENV) python3 -B tests/recur/zones.py
	@$(TEST_ENV) python3 -B tests/series/random_edits.py --alone --steps 600
	@$(TEST_ENV) python3 -B tests/series/random_edits.py --steps 50000 --shrink

## model: 100,000 random operations, and 20,000 of two processes, beside a model; two minutes
model: deps
	$(again) run-model
run-model: $(PROGRAMS)
	@$(TEST_ENV) python3 -B tests/jsonl/random_model.py --ops 100000
	@$(TEST_ENV) python3 -B tests/jsonl/two_processes.py --ops 20000

## free: searches for free time in 50,000 random states beside brute force; a quarter of an hour
free: deps
	$(again) run-free
run-free: $(PROGRAMS)
	@$(TEST_ENV) python3 -B tests/free/slots.py --states 50000
	@$(TEST_ENV) python3 -B tests/place/displace.py --steps 50000
	@$(TEST_ENV) python3 -B tests/free/slots.py --states 4000 --seed 3 --mutate matching >/dev/null; \
	    test $$? = 3

run-suite: everything
	@rm -rf $(BUILD)/tmp && mkdir -p $(BUILD)/tmp
	@$(TEST_ENV) $(SETTINGS) CK_RUN_SUITE=$(SUITE) $(TESTS)

## asan: the tests under AddressSanitizer and UndefinedBehaviorSanitizer
asan: deps
	$(again) BUILD=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g' \
	    CPPFLAGS=-DROTA_STRICT_ARENA run-asan
# Check reads a line for each assertion, and every test's process inherits what it freed of
# them: with the usual quarantine most of the time goes to looking for leaks in there.
run-asan: everything
	@rm -rf $(BUILD)/tmp && mkdir -p $(BUILD)/tmp
	@$(TEST_ENV) CK_TIMEOUT_MULTIPLIER=4 \
	    ASAN_OPTIONS=detect_stack_use_after_return=1:quarantine_size_mb=8 \
	    UBSAN_OPTIONS=print_stacktrace=1 $(TESTS)

## contend: threads and processes fight for slots, and a long history of theirs is checked
contend: deps
	$(again) run-contend
run-contend: $(CONTEND)
	@mkdir -p $(BUILD)/tmp
	@$(CONTEND) fight --path $(BUILD)/tmp/contend.rota --rounds 2400
	@$(CONTEND) fight --path $(BUILD)/tmp/contend.rota --rounds 240 --engines 4 --cache 8192
	@$(CONTEND) history --path $(BUILD)/tmp/contend.rota --calls 120000
# The controls: what is wrong on purpose must be found out.
	@$(CONTEND) fight --path $(BUILD)/tmp/contend.rota --rounds 12 --blind 2>&1 | \
	    grep 'a double booking' >/dev/null
	@$(CONTEND) history --path $(BUILD)/tmp/contend.rota --calls 4000 --blind \
	    --write $(BUILD)/tmp/blind.history 2>&1 | grep 'NOT LINEARIZABLE' >/dev/null
	@echo 'contend: both controls are found out'

# ThreadSanitizer sees only what it has instrumented, so SQLite is built from source as well.
TSAN_SUITES = $(patsubst tests/test_%.c,%,$(shell grep -l pthread_create $(TEST_SRC)))
# Where the kernel strews addresses more than its runtime can bear.
STILL = $(shell setarch -R true 2>/dev/null && echo setarch -R)
TSAN_RUN = TSAN_OPTIONS='suppressions=tests/tools/tsan.supp exitcode=66 halt_on_error=1' $(STILL)

## tsan: the suites where threads meet, under ThreadSanitizer, SQLite too
tsan: deps
	@sh tests/tools/amalgamation.sh build/sqlite
	$(again) BUILD=build/tsan SANITIZE=thread CFLAGS='-O1 -g' AMALGAMATION=build/sqlite \
	    SUITES='$(TSAN_SUITES)' run-tsan
# First that it sees a race: in a program, and inside SQLite.
run-tsan: $(TESTS) $(CONTEND)
	@rm -rf $(BUILD)/tmp && mkdir -p $(BUILD)/tmp
	@for race in counter connection; do \
	    if $(TSAN_RUN) $(CONTEND) race $$race >$(BUILD)/tmp/race 2>&1 || \
	        ! grep -q "race_in_$$race" $(BUILD)/tmp/race || \
	        ! grep -q 'WARNING: ThreadSanitizer: data race' $(BUILD)/tmp/race; then \
	        cat $(BUILD)/tmp/race; echo "the seeded race in a $$race is not seen"; exit 1; fi; done
	@$(TEST_ENV) CK_TIMEOUT_MULTIPLIER=4 $(TSAN_RUN) $(TESTS)
	@$(TSAN_RUN) $(CONTEND) fight --path $(BUILD)/tmp/contend.rota --rounds 240
	@$(TSAN_RUN) $(CONTEND) history --path $(BUILD)/tmp/contend.rota --calls 12000

## valgrind: the tests under valgrind, but for those of programs of their own and of threads
valgrind: deps deps-ci
	$(again) BUILD=build/valgrind SUITES='$(filter-out fuzz hosts jsonl threads,$(SUITES))' run-valgrind
run-valgrind: everything
	@rm -rf $(BUILD)/tmp && mkdir -p $(BUILD)/tmp
	@$(TEST_ENV) CK_TIMEOUT_MULTIPLIER=60 valgrind --quiet --leak-check=full \
	    --suppressions=tests/tools/valgrind.supp --show-leak-kinds=definite,indirect \
	    --errors-for-leak-kinds=definite,indirect --error-exitcode=99 $(TESTS)

## coverage: the tests with counters; below 95 % of lib's lines or 85 % of its branches it fails
coverage: deps deps-ci
	$(again) BUILD=build/coverage COVERAGE="--coverage -fprofile-update=atomic" CFLAGS='-O0 -g' \
	    CPPFLAGS=-DROTA_STRICT_ARENA run-coverage
run-coverage: everything
	@find $(BUILD) -name '*.gcda' -delete
	@rm -rf $(BUILD)/tmp && mkdir -p $(BUILD)/tmp
	@$(TEST_ENV) CK_TIMEOUT_MULTIPLIER=4 $(TESTS)
# gcovr removes what an output path names before it writes there: only paths below build/.
	@gcovr --root . --object-directory $(BUILD) --filter lib/ \
	    --exclude-lines-by-pattern '\s*assert\(.*' --print-summary \
	    --html-details $(BUILD)/coverage.html --txt $(BUILD)/coverage.txt \
	    --fail-under-line 95 --fail-under-branch 85 $(BUILD)/obj/lib >$(BUILD)/coverage.sum; \
	    status=$$?; cat $(BUILD)/coverage.txt $(BUILD)/coverage.sum; exit $$status

## mutants: is each line that matters missed by a test if it is wrong? Takes an hour or more
mutants: deps
	@python3 tests/tools/mutants.py --jobs $(shell nproc 2>/dev/null || echo 2) $(MUTANTS)

# --- what keeps the house in order ---

## layers: who includes whom, and what the objects reach for
layers: deps
	$(again) run-layers
run-layers: all $(TESTS)
	@python3 tests/tools/layers.py $(BUILD)/obj

## abi: exported names, record layout and oldest records, the header alone
abi: deps
	$(again) run-abi
run-abi: everything
	@rm -rf $(BUILD)/tmp && mkdir -p $(BUILD)/tmp
	@CK_RUN_SUITE=hosts CK_RUN_CASE=abi $(TEST_ENV) $(TESTS)

FORMATTED = $(wildcard lib/*/*.[ch] tests/*.[ch] tests/*/*.[ch] tests/bench/common/*.[ch] \
            examples/*.c examples/*/*.[ch])

## lint: clang-format, clang-tidy and cppcheck
lint: deps deps-ci
	$(again) run-lint
run-lint:
	@clang-format --dry-run --Werror $(FORMATTED)
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
	    --enable=warning,performance,portability --suppressions-list=tests/tools/cppcheck.txt \
	    -Iinclude -Ilib lib
	@printf '%s\n' $(LIB_SRC) $(TEST_ONLY) | xargs -P $(shell nproc 2>/dev/null || echo 2) -n 1 \
	    sh -c 'clang-tidy --quiet --config-file=tests/tools/clang-tidy.yaml "$$1" -- \
	        -std=c11 -Iinclude -Ilib 2>/dev/null' tidy

## format: clang-format, applied; the public headers are laid out by hand
format: deps deps-ci
	@clang-format -i $(FORMATTED)

## docs: the reference, from the public headers, into build/docs/reference.md
docs: deps
	@mkdir -p $(BUILD)/docs
	@python3 tests/tools/reference.py $(HEADERS) > $(BUILD)/docs/reference.md
	@echo "$(BUILD)/docs/reference.md"

# --- installing ---

$(BUILD)/rota.pc: pkgconfig/rota.pc.in include/rota.h Makefile FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' $< > $@

## install: library, headers and rota.pc, below PREFIX (/usr/local) and DESTDIR
install: all $(BUILD)/rota.pc
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/rota
	install -m 644 include/rota.h $(DESTDIR)$(INCLUDEDIR)
	install -m 644 $(filter include/rota/%,$(HEADERS)) $(DESTDIR)$(INCLUDEDIR)/rota
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(LIBDIR)/librota.so
	install -m 644 $(BUILD)/rota.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	@# So that programs find it; who installs into a place of his own may not, and need not.
	@[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || true

## uninstall: what install put there
uninstall:
	rm -f $(DESTDIR)$(LIBDIR)/pkgconfig/rota.pc $(DESTDIR)$(LIBDIR)/librota.a \
	    $(addprefix $(DESTDIR)$(LIBDIR)/,librota.so $(SONAME) $(notdir $(SHARED))) \
	    $(patsubst include/%,$(DESTDIR)$(INCLUDEDIR)/%,$(HEADERS))
	-rmdir $(DESTDIR)$(INCLUDEDIR)/rota

# --- packages, and the end ---

## deps: the Debian packages that demo and check need, where they are missing
deps:
	@sh tests/tools/deps.sh $(DEPS)

## deps-ci: those that the other targets need
deps-ci:
	@sh tests/tools/deps.sh $(DEPS_CI)

## clean: remove build/
clean:
	rm -rf build

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(TEST_OBJ) $(EXAMPLE_OBJ) $(BENCH_OBJ) \
    $(call object,$(CONTEND_SRC) $(wildcard tests/bench/*.c))) $(wildcard $(BUILD)/obj/tests/fuzz/*.d)
