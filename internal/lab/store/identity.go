package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
)

// CellID is the identity of a cell: the hex SHA-256 of its subject, data and protocol, each led by its length in
// bytes as a decimal and a colon so that no two triples are the same text, and of "whole" or "chunks".
func CellID(subject, data, protocol string, whole bool) string {
	h := sha256.New()
	frame(h, subject)
	frame(h, data)
	frame(h, protocol)
	if whole {
		frame(h, "whole")
	} else {
		frame(h, "chunks")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// frame writes "LENGTH:TEXT".
func frame(h hash.Hash, text string) {
	fmt.Fprintf(h, "%d:%s", len(text), text)
}

// checkIdentity refuses a cell whose ID is not that of what it measures.
func checkIdentity(c Cell) error {
	for _, part := range []string{c.Subject, c.Data, c.Protocol} {
		if plain(part) != part {
			return fmt.Errorf("store: the identity %q has bytes that are no text", part)
		}
	}
	if want := CellID(c.Subject, c.Data, c.Protocol, c.Whole); c.ID != want {
		return fmt.Errorf("store: cell %q: its subject, data, protocol and whole have the identity %s", c.ID, want)
	}
	return nil
}
