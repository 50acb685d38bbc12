// Package levenshtein tells how far two names are apart, for a message that asks "did you mean".
package levenshtein

// Distance is the least number of bytes to insert, delete or replace that makes b of a (Levenshtein 1966).
func Distance(a, b string) int {
	row := make([]int, len(b)+1) // of the matrix, from "" to b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
