// Package surprisal tells where the bits of a file go.
package surprisal
