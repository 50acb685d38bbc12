// Package fit fits scaling laws to measurements and says how much they can be trusted: numbers in, numbers out.
package fit
