// Command lmz compresses files with a language model, and trains and measures such models.
package main

import (
	"os"

	"lmz/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
