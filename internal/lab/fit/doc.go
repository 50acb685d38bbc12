// Package fit fits scaling laws to measurements and says how much they can be trusted: numbers in, numbers out.
//
// A law such as CR(P, S) = a + b P^-alpha + c S^-beta is linear in a, b, c. Optimum therefore searches over the exponents only and
// solves for the rest by least squares at each step: variable projection (Golub and Pereyra 1973). Start there, with Forms for what
// can be fitted. Bootstrap and Profile give intervals, two ways that fail in different places.
//
// P and S are divided by reference values, the geometric means of the points, wherever something is computed or compared:
// B = b P0^-alpha is known from data where b alone, the law's term at P = 1, is an extrapolation over many powers of ten.
//
// What no data can say is not made up: points that cannot identify a form are an error, and a Fit has warnings.
// Equal points give equal bits, whatever their order and however many cores there are.
package fit
