// Package law makes of records, of a store or a CSV file, the account of their scaling laws.
package law
