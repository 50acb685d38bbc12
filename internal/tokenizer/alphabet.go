package tokenizer

// byteRunes are the printable characters that stand for bytes in a byte-level vocabulary: printable Latin-1 for itself,
// the next free one from U+0100 on for the others (GPT-2's bytes_to_unicode).
var byteRunes = func() (runes [256]rune) {
	next := rune(0x100)
	for b := range runes {
		r := rune(b)
		if r >= '!' && r <= '~' || r >= 0xA1 && r <= 0xFF && r != 0xAD {
			runes[b] = r
		} else {
			runes[b] = next
			next++
		}
	}
	return runes
}()

// runeBytes is the reverse of byteRunes: the byte of each character, -1 for those that stand for none. All
// that do lie below U+0180.
var runeBytes = func() (bytes [0x180]int) {
	for r := range bytes {
		bytes[r] = -1
	}
	for b, r := range byteRunes {
		bytes[r] = b
	}
	return bytes
}()

// bytesOf is the bytes that the characters of a token stand for, "" if one stands for none.
func bytesOf(token string) string {
	var short [64]byte
	b := short[:0]
	for _, r := range token {
		if int(r) >= len(runeBytes) || runeBytes[r] < 0 {
			return ""
		}
		b = append(b, byte(runeBytes[r]))
	}
	return string(b)
}
