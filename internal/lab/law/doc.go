// Package law makes of measurements the account of their scaling laws: which law fits, what of it the data
// identify, how it predicts what was held out, and what must be warned of.
//
// Measurements come from a CSV file (ReadCSV) or from the records of a store (FromCells), as Data: groups of points
// that may be fitted together. Make fits them by package fit and returns an Account, which is JSON, and which Text prints.
// Predict and Allocate ask a law for what was not measured.
//
// Nothing is measured here, and no estimator is defined here: those are package fit's.
//
// Start at Make.
package law
