// Package surprisal tells where the bits of a file go: the code length of each token, -log2 of the probability by which the model
// coded it (Shannon 1948: its surprisal), and the bytes of an .lmz file by what they are for.
//
// Start at File, which compresses a file as lmz does and profiles the stream so made; Image and Speech code chunks as lmz measure
// does; Decode profiles the content of an .lmz file. All give a Lens, which NewAccount sums up: by code length, by position in the
// context, by kind of byte. ReadParts needs no model.
//
// Nothing here is estimated: a Lens is made by coding the data, and its payloads are those of the stream, to the byte.
package surprisal
