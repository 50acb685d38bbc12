// Package lmz compresses any bytes losslessly with a language model and an arithmetic coder.
//
// It has the habits of compress/gzip: NewWriter compresses what is written to it, NewReader
// decompresses what it reads. Options choose the model, the threads and the limits; the zero value is
// right for most. The file format is docs/format.md, and why a file decodes to the same bits on every machine
// is docs/numerics.md.
//
// The package does not open files or guess models: the lmz command does.
//
// What holds: the bytes of a file depend on the input, the model, the options Policy and RawSize and the
// calls of Flush, never on threads, machine or the sizes of the Writes. A Writer that is not flushed makes
// no more than its input, a thousandth of it and 64 bytes. A Reader never returns bytes that their
// checksum does not confirm. Memory does not grow with the input: beside the model, a Writer or Reader
// keeps one frame (a Writer's are FrameSize, a Reader meets 16 MiB at most) at some five bytes a raw byte, and
// for each thread the contexts of up to 16 segments, with the default model 4 of about 1 MB each; a Writer has one a thread,
// and 8 bytes for each symbol of the segments at work. To mix its predictions, a model of bytes takes 0.4 to 1.6 MB and the
// segment's bytes more with each context, and a Writer 16 bytes for each symbol in place of the 8.
package lmz
