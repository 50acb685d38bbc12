// Package report makes pages of HTML from a store, each one file that needs no network.
package report
