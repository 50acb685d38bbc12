package main

import (
	"fmt"
	"strings"
)

// program is a compressor at its strongest sensible setting.
type program struct {
	name    string // column of the tables
	version string // command that says its version
	install string // how to get it

	// encode makes a file coded, or coded.SUFFIX, of the file raw, one or several ways, of which the smallest counts;
	// decode makes out of it. They are commands without quotes; <, > stand for a file as in a shell, BLOCK for the
	// megabytes that hold the file. Each program has one thread, lmz as many as there are processors.
	encode []string
	decode string
}

var programs = []program{
	{
		name: "gzip -9", version: "gzip --version", install: "apt-get install gzip",
		encode: []string{"gzip -9 <raw >coded"}, decode: "gzip -d <coded >out",
	},
	{
		name: "zstd -19", version: "zstd --version", install: "apt-get install zstd",
		encode: []string{"zstd -q -19 --single-thread -c raw >coded"}, decode: "zstd -q -d -c <coded >out",
	},
	{
		name: "zstd -22", version: "zstd --version", install: "apt-get install zstd",
		encode: []string{"zstd -q --ultra -22 --long=27 --single-thread -c raw >coded"}, decode: "zstd -q -d --long=27 -c <coded >out",
	},
	{
		name: "xz -9e", version: "xz --version", install: "apt-get install xz-utils",
		encode: []string{"xz -9e -T1 -c raw >coded"}, decode: "xz -d -T1 -c <coded >out",
	},
	{ // the usual window, 16 MB, holds every file here: the large one is there to show it
		name: "brotli -q 11", version: "brotli --version", install: "apt-get install brotli",
		encode: []string{"brotli -q 11 -w 24 -c raw >coded", "brotli -q 11 --large_window=27 -c raw >coded"}, decode: "brotli -d <coded >out",
	},
	{
		name: "bzip3", version: "bzip3 --version", install: "apt-get install bzip3",
		encode: []string{"bzip3 -e -b BLOCK -c raw >coded"}, decode: "bzip3 -d <coded >out",
	},
	{
		name: "7z PPMd", version: "7z i", install: "apt-get install p7zip-full",
		encode: orders("7z a -t7z -m0=PPMd:o=%d:mem=1g -mmt1 -bd -bso0 coded.7z raw", 3, 4, 6, 8, 10, 16, 32),
		decode: "7z x -so -bd -mmt1 coded.7z >out",
	},
	{
		name: "kanzi -l 9", version: "kanzi --help", install: "go install github.com/flanglet/kanzi-go/v2/app@v2.6.0, and call it kanzi",
		encode: []string{"kanzi -c -l 9 -j 1 -v 0 -i raw -o coded"}, decode: "kanzi -d -j 1 -v 0 -i coded -o out",
	},
	{
		name: "zpaq -m5", version: "zpaq", install: "apt-get install zpaq",
		encode: []string{"zpaq a coded.zpaq raw -m5 -t1 -noattributes"}, decode: "zpaq x coded.zpaq raw -to out -t1",
	},
	{
		name: "lmz", version: "lmz models inspect", install: "it is built from this tree",
		encode: []string{"lmz -q -o coded raw"}, decode: "lmz -q -d -o out coded",
	},
	{
		name: "lmz --carry", version: "lmz models inspect", install: "it is built from this tree",
		encode: []string{"lmz -q --carry -o coded raw"}, decode: "lmz -q -d -o out coded",
	},
}

// orders is a command with each of several orders.
func orders(format string, orders ...int) []string {
	var commands []string
	for _, o := range orders {
		commands = append(commands, fmt.Sprintf(format, o))
	}
	return commands
}

// words is a command that is taken apart: its program, its arguments, and the files for its input and output, if any.
func words(command string, rawBytes int64) (program string, args []string, in, out string) {
	for _, word := range strings.Fields(command) {
		switch {
		case word[0] == '<':
			in = word[1:]
		case word[0] == '>':
			out = word[1:]
		case program == "":
			program = word
		case word == "BLOCK":
			args = append(args, fmt.Sprint(min(rawBytes>>20+1, 511))) // bzip3 can no more
		default:
			args = append(args, word)
		}
	}
	return program, args, in, out
}
