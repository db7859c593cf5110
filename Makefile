# The few words a person types. Each is a script in tools/; CMake and its presets do the building.
.DEFAULT_GOAL := help
.PHONY: help run build test check bench fmt clean

help:            ## show these words
	@sed -n 's/^\([a-z]*\): *## */  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run:             ## install what is missing, build, start a node and a demonstration plant, data under var/; PLANT=no: without it
	@tools/run $(if $(filter no,$(PLANT)),--no-plant)

build:           ## the program, as build/release/artery
	@tools/setup build
	@tools/build release artery

test:            ## what a change must pass: unit, system, simulation, crash
	@tools/setup test
	@tools/build release
	@tools/run_tests

check:           ## format, layers, tidy, sanitizers, a short fuzz
	@tools/setup check
	@tools/check

bench:           ## build and run the programs behind docs/claims.md
	@tools/setup build
	@tools/bench

fmt:             ## format all C++ in place
	@tools/setup check
	@tools/check --fix format

clean:           ## remove what was built; data under var/ stays
	@rm -rf build
