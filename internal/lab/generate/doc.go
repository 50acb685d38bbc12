// Package generate turns compressors into generators of text, images and sound: what a compressor finds short it
// finds likely (Deletang et al. 2023, arXiv 2309.10668, sections 2 and 3.4).
//
// After the bytes x, the byte b has the probability
//
//	rho(b | x) = 2^-l(xb) / sum over c of 2^-l(xc)
//
// where l is the coded length in bits. This is the paper's 2^(l(x) - l(xb)), whose sum over b is not 1, divided by that sum:
// one can draw from nothing else. A byte is drawn, appended, and so on. FromCompressor does this with anything that
// compresses, FromModel with a language model, whose tables of frequencies are rho already.
//
// The lengths of most compressors are whole bytes, so that most b tie, and a dictionary coder gains by the string, not by
// the byte: gzip, says the paper of its own samples, is biased by looking one byte ahead, and further would likely help;
// it leaves that undone. With a horizon of H bytes, the probability of b here is that of the strings of H bytes which begin with it,
//
//	rho(b | x) = sum over s of 2^-l(xbs) / sum over c and s of 2^-l(xcs), s of H-1 bytes,
//
// and again one byte is drawn and appended. Of a code that leaves no bit unused, this would be the same for
// every H: the strings share what their beginning has. Of real ones it is not, and with H = 1 it is the paper's. There are 256^H
// strings; which of them are compressed and what the others count as stands at candidates.
//
// Start at Generator. What is given and what becomes of the result for bytes, pictures and sound is a Task.
// The package does not open compressors or files by name: that is the command's affair.
//
// All draws are of integers: a seed gives the same bytes on every machine if the compressor does, and a
// model does.
package generate
