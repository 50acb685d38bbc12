// Package codec turns symbols into bits and back, with a language model predicting and an arithmetic
// coder coding: the compressor of Deletang et al. 2023 (arXiv 2309.10668, algorithm 1).
//
// Start with Predictor, what a model must do, then Encode and Decode. Both run the same loop for each
// symbol: the Predictor's logits become an integer table of cumulative frequencies (cumfreq), and
// the symbol's interval of that table narrows the coder's range (coder). The code length, the sum of
// -log2 of the probabilities in that table, is added up in that loop, so that it and the coded size
// are measured on the same symbols with the same tables.
//
// Where Options say Mixed, symbols are bytes, and the table is not coded by but asked for the chances of each of a byte's eight
// bits; what is coded are the bits, by probabilities that package mix makes of these chances and of what the segment has shown.
//
// An encoder knows all symbols: it evaluates many positions of a context at once, and contexts of a segment in any
// order, where they end with the window; what waits for the order is the coder alone. A decoder learns each symbol only
// after decoding the one before. So that it still has many rows to give the model at once, symbols come in segments that are
// coded independently: they are the lanes of a Session, and a goroutine steps a group of lanes abreast.
//
// The package does not know bytes, frames or models: see tokenizer, container and lm.
//
// A payload depends on the Predictor, its segment's symbols and those given before them, and Mixed, never on threads, groups or
// batches, and no two payloads decode to the same segment: Decode rejects all but what Encode writes.
package codec
