//go:build !linux

package store

// realm is not known: leases are waited for.
func realm() string { return "" }

func started(int) string { return "" }

func gone(int, string) bool { return false }
