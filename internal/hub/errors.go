package hub

import (
	"fmt"
	"strings"
	"syscall"
)

// NotFoundError says that the server has no such repository, or keeps it from who asks: it does not tell which.
type NotFoundError struct {
	Repo     string
	Endpoint string
	Token    bool // a token was sent
}

func (e *NotFoundError) Error() string {
	who := "without a token"
	if e.Token {
		who = "for your token"
	}
	return fmt.Sprintf("hub: %s has no repository %s, or none %s", e.Endpoint, e.Repo, who)
}

// RevisionError says that a repository lacks a revision.
type RevisionError struct {
	Ref     Ref
	Nearest []string // revisions that it has, nearest first; nil if not known
}

func (e *RevisionError) Error() string {
	s := fmt.Sprintf("hub: %s has no revision %s", e.Ref.Repo, e.Ref.Revision)
	if e.Nearest != nil {
		s += ", the nearest are " + strings.Join(e.Nearest, ", ")
	}
	return s
}

// AccessError says that the server refuses a repository that it has.
type AccessError struct {
	Repo  string
	Page  string // where its terms stand
	Gated bool   // who accepts its terms gets it
	Token bool   // a token was sent
	Said  string // by the server
}

func (e *AccessError) Error() string {
	switch {
	case e.Gated && !e.Token:
		return fmt.Sprintf("hub: %s is gated: it needs the token of an account that accepted its terms at %s", e.Repo, e.Page)
	case e.Gated:
		return fmt.Sprintf("hub: %s is gated: the account of your token has not accepted its terms at %s, or the token may not read gated repositories", e.Repo, e.Page)
	}
	return fmt.Sprintf("hub: %s: access refused: %s", e.Repo, e.Said)
}

// NotCachedError says that the cache lacks something.
type NotCachedError struct {
	Ref     Ref
	Cache   string   // directory
	Missing string   // a file of the revision that is missing; "" if all are
	Have    []string // what the cache has: of the repository, or if there is nothing of it, at all
}

func (e *NotCachedError) Error() string {
	s := fmt.Sprintf("hub: %s is not in the cache %s", e.Ref, e.Cache)
	if e.Missing != "" {
		return fmt.Sprintf("hub: %s is not complete in the cache %s: no %s", e.Ref, e.Cache, e.Missing)
	}
	const shown = 8
	switch n := len(e.Have); {
	case n == 0:
		return s + ", which has no models"
	case n > shown:
		return fmt.Sprintf("%s, which has %s and %d more", s, strings.Join(e.Have[:shown], ", "), n-shown)
	}
	return s + ", which has " + strings.Join(e.Have, ", ")
}

// DiskFullError says that a download does not fit, before it begins if that can be known.
type DiskFullError struct {
	Dir        string
	Need, Free int64 // in bytes
}

func (e *DiskFullError) Error() string {
	return fmt.Sprintf("hub: %d bytes to download, %d are free in %s", e.Need, e.Free, e.Dir)
}

func (e *DiskFullError) Unwrap() error { return syscall.ENOSPC }

// HashError says that what came is not what was announced.
type HashError struct {
	File      string
	Got, Want string
}

func (e *HashError) Error() string {
	return fmt.Sprintf("hub: %s: the bytes that came have hash %s, want %s", e.File, e.Got, e.Want)
}

// NetworkError says that a server could not be reached, or did not keep going, however often it was tried.
type NetworkError struct {
	URL string
	Err error
}

func (e *NetworkError) Error() string { return fmt.Sprintf("hub: %s: %v", e.URL, e.Err) }
func (e *NetworkError) Unwrap() error { return e.Err }
