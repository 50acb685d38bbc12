// Package bpe trains the vocabularies of byte-level byte-pair encoding: Sennrich et al. 2016 (arXiv 1508.07909), over
// bytes as in GPT-2 (Radford et al. 2019). Deletang et al. 2023 (arXiv 2309.10668, section on tokenization) compare
// such vocabularies of 1,000 to 20,000 tokens.
//
// Start at Train: it counts the words of a text (count.go), merges the most frequent pair of neighbouring
// tokens again and again (merge.go), and gives a Vocabulary, whose JSON is a tokenizer.json that package tokenizer and
// Hugging Face's tokenizers read alike.
//
// Equal texts give equal vocabularies on every machine. Of pairs that occur equally often the one with the lower ids
// is merged first, the left id before the right one; bytes have ids in the order of the characters that stand for
// them, as in GPT-2's vocabulary. That is the order of Hugging Face's BpeTrainer, whose merges are the same.
//
// Memory holds the distinct words and where in them pairs occur, not the text: see maxDistinct. Here nothing encodes:
// that is package tokenizer's affair, which also cuts a text into words.
package bpe
