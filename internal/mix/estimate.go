package mix

// estimate is a probability that is learned: the mean of what it was told, of the latest more.
type estimate struct {
	p int32 // that of a one, of 2^22
	n int32 // how often it was told, at most estimateLimit
}

const (
	estimateOne   = 1 << 22
	estimateLimit = 255
)

// shares[n] is how far an estimate goes towards what it is told for the time n, of 2^16: 1/(n + 3/2).
var shares = func() (t [estimateLimit + 1]int64) {
	for n := range t {
		t[n] = 1 << 17 / int64(2*n+3)
	}
	return t
}()

// begin is an estimate of ones among all, which weighs nothing against the first that it is told.
func begin(ones, all int) estimate { return estimate{p: int32(estimateOne * ones / all)} }

// logOdds are those of the probability.
func (e *estimate) logOdds() int { return int(logOdds[e.p>>10]) }

// update tells e of a bit.
func (e *estimate) update(bit int) {
	target := int64(bit) * (estimateOne - 1)
	e.p += int32((target - int64(e.p)) * shares[e.n] >> 16)
	e.n = min(e.n+1, estimateLimit)
}
