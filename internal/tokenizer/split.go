package tokenizer

import (
	"unicode/utf8"
)

// A splitter is the pattern of a pre-tokenizer, written by hand: Go's regexp has no lookahead. It gives the size in
// bytes of the first word of b, which is not empty; the next word is the first of what is left. Each takes time
// linear in the words that it gives.
type splitter func(b []byte) int

// The patterns that Hugging Face's files contain. All of them cover every character, so that it makes
// no difference what becomes of the text between matches.
const (
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

	// Llama 3, and GPT-4 as converted from tiktoken's cl100k_base.
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

	// Qwen 2: Llama 3 with every digit a word.
	qwen2Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// patterns are the splitters by pattern.
var patterns = map[string]splitter{
	gpt2Pattern:   GPT2Word,
	llama3Pattern: llama3Word,
	qwen2Pattern:  qwen2Word,
}

// GPT2Word is the size in bytes of the first word of b, which is not empty, by the pattern of GPT-2 and GPT-NeoX:
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+. Byte-level BPE joins no bytes of two words.
func GPT2Word(b []byte) int {
	if b[0] == '\'' {
		if n := contraction(b, false); n > 0 {
			return n
		}
	}
	c, n := classOf(b)
	if b[0] == ' ' && len(b) > 1 {
		if next, _ := classOf(b[1:]); next != space {
			return 1 + run(b[1:], next)
		}
	}
	if c == space {
		return blank(b)
	}
	return n + run(b[n:], c)
}

// llama3Word splits by llama3Pattern.
func llama3Word(b []byte) int { return cl100kWord(b, 3) }

// qwen2Word splits by qwen2Pattern.
func qwen2Word(b []byte) int { return cl100kWord(b, 1) }

// cl100kWord splits by llama3Pattern with numbers of at most so many digits.
func cl100kWord(b []byte, digits int) int {
	if b[0] == '\'' {
		if n := contraction(b, true); n > 0 {
			return n
		}
	}
	c, n := classOf(b)
	switch c {
	case letter:
		return n + run(b[n:], letter)
	case number:
		for ; digits > 1 && n < len(b); digits-- {
			next, size := classOf(b[n:])
			if next != number {
				break
			}
			n += size
		}
		return n
	}
	if b[0] != '\r' && b[0] != '\n' && n < len(b) {
		next, _ := classOf(b[n:])
		if next == letter {
			return n + run(b[n:], letter)
		}
		if b[0] == ' ' && next == other {
			c = other
		}
	}
	if c == other {
		n += run(b[n:], other)
		return n + newlines(b[n:])
	}
	n = run(b, space)
	for i := n; i > 0; i-- { // \s*[\r\n]+ ends with the last newline of the run
		if b[i-1] == '\r' || b[i-1] == '\n' {
			return i
		}
	}
	return blank(b)
}

// newlines is the number of carriage returns and line feeds that b begins with.
func newlines(b []byte) int {
	i := 0
	for i < len(b) && (b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// blank matches \s+(?!\S)|\s+ in b, which begins with a space: all spaces at the end of the text, else all
// but the last, which the next word may take, unless it is the only one.
func blank(b []byte) int {
	n := run(b, space)
	if n == len(b) {
		return n
	}
	_, last := utf8.DecodeLastRune(b[:n])
	if n > last {
		return n - last
	}
	return n
}

// contraction matches 's|'t|'re|'ve|'m|'ll|'d in b, which begins with an apostrophe, and is 0 where
// none is. Where case is folded the long s, U+017F, is an s.
func contraction(b []byte, fold bool) int {
	at := func(i int) byte {
		if i >= len(b) {
			return 0
		}
		if fold && 'A' <= b[i] && b[i] <= 'Z' {
			return b[i] | 0x20
		}
		return b[i]
	}
	switch at(1) {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if at(2) == 'e' {
			return 3
		}
	case 'l':
		if at(2) == 'l' {
			return 3
		}
	case 0xC5:
		if fold && at(2) == 0xBF {
			return 3
		}
	}
	return 0
}

// digitsWord is Hugging Face's Digits with individual_digits: a digit, or the text before the next one.
func digitsWord(b []byte) int {
	c, n := classOf(b)
	if c == number {
		return n
	}
	for n < len(b) {
		next, size := classOf(b[n:])
		if next == number {
			break
		}
		n += size
	}
	return n
}
