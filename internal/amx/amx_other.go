//go:build !linux || !amd64

package amx

// Available is false: this system is not known to let processes use tiles.
func Available() bool { return false }
