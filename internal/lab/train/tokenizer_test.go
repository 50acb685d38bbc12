package train

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"lmz/internal/tokenizer"
)

const fox = "the quick brown fox jumps over the lazy dog. "

// merged is a tokenizer.json of the bytes and merges, start-of-text after them.
func merged(t *testing.T, start string, merges ...string) []byte {
	t.Helper()
	var file map[string]any
	if err := json.Unmarshal(tokenizer.BytesJSON(), &file); err != nil {
		t.Fatal(err)
	}
	model := file["model"].(map[string]any)
	for i, m := range merges {
		model["vocab"].(map[string]any)[strings.ReplaceAll(m, " ", "")] = 256 + i
	}
	model["merges"] = merges
	added := file["added_tokens"].([]any)[0].(map[string]any)
	added["id"], added["content"] = 256+len(merges), start
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// words is a tokenizer that knows some of the fox's words.
func words(t *testing.T) *Tokenizer {
	t.Helper()
	tok, err := NewTokenizer(merged(t, tokenizer.StartToken, "t h", "th e", "Ġ the", "o x", "Ġ f", "Ġf ox", "Ġ l", "a z", "az y", "Ġl azy", "o v", "e r", "ov er",
		"Ġ over", "Ġ d", "o g", "Ġd og", "j u", "m p", "ju mp", "jump s", "Ġ jumps", "q u", "i c", "qu ic", "quic k", "Ġ quick", "b r", "o w", "br ow", "brow n", "Ġ brown"))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// wordOptions is testOptions over tokens.
func wordOptions(t *testing.T) Options {
	o := testOptions(t)
	o.Tokenizer = words(t)
	o.Model.Vocab, o.Model.Start = o.Tokenizer.Rows, o.Tokenizer.Start
	return o
}

// TestNewTokenizer: rows and start-of-text of vocabularies of several kinds.
func TestNewTokenizer(t *testing.T) {
	withoutBytes := bytes.Replace(merged(t, "<|endoftext|>", "a b"), []byte(`"ÿ":255,`), nil, 1)
	for _, c := range []struct {
		name        string
		text        []byte
		rows, start int
		token, unit string
	}{
		{"bytes", tokenizer.BytesJSON(), 257, 256, tokenizer.StartToken, "bytes"},
		{"merges", merged(t, tokenizer.StartToken, "a b", "ab c"), 259, 258, tokenizer.StartToken, "tokens"},
		{"GPT-NeoX's", merged(t, "<|endoftext|>", "a b"), 258, 257, "<|endoftext|>", "tokens"},
		{"a byte has no token", withoutBytes, 258, 257, "<|endoftext|>", "tokens"}, // it takes the id 255 again
	} {
		tok, err := NewTokenizer(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if tok.Rows != c.rows || tok.Start != c.start || tok.StartToken != c.token || tok.Unit() != c.unit {
			t.Errorf("%s: %d rows, start %d, %s, %s", c.name, tok.Rows, tok.Start, tok.StartToken, tok.Unit())
		}
		if err := tok.fits(tok.Rows, tok.Start); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, bad := range [][2]int{{tok.Rows - 1, tok.Start}, {tok.Rows, 0}, {tok.Rows, 255}} {
			if tok.fits(bad[0], bad[1]) == nil {
				t.Errorf("%s: %d rows with start-of-text %d are no error", c.name, bad[0], bad[1])
			}
		}
		// What lm.Open will make of it is the same.
		again, err := tokenizer.Parse(c.text, tok.Rows)
		if err != nil || again.Name() != tok.Name() {
			t.Errorf("%s: with %d rows: %v", c.name, tok.Rows, err)
		}
	}
	metaspace := `{"version":"1.0","added_tokens":[{"id":256,"content":"<s>","special":true}],"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},
		"model":{"type":"BPE","byte_fallback":true,"vocab":{` + byteTokens() + `},"merges":[]}}`
	for _, c := range []struct{ text, want string }{
		{"{", "unexpected end"},
		{"[]", "cannot unmarshal"},
		{string(merged(t, "<unk>", "a b")), "want one for start-of-text"},
		{strings.Replace(string(merged(t, "<s>", "a b")), `"special":true`, `"special":false`, 1), "want one for start-of-text"},
		{strings.Replace(string(merged(t, "<s>", "a b")), `"ab":256`, `"ab":1000000000`, 1), "the model's vocabulary has"},
		{strings.Replace(string(merged(t, "<s>", "a b")), `"ab":256`, `"ab":-1`, 1), "has the id -1"},
		{metaspace, "puts a space before every text"},
	} {
		if _, err := NewTokenizer([]byte(c.text)); err == nil || !strings.HasPrefix(err.Error(), "train: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: error %v, want %q", c.text, err, c.want)
		}
	}
}

// byteTokens is a vocabulary of SentencePiece's tokens of bytes.
func byteTokens() string {
	var list []string
	for b := range 256 {
		name, _ := json.Marshal("<0x" + strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15])) + ">")
		id, _ := json.Marshal(b)
		list = append(list, string(name)+":"+string(id))
	}
	return strings.Join(list, ",")
}

// TestSymbols: every width gives back what was put in.
func TestSymbols(t *testing.T) {
	for _, count := range []int{2, 256, 257, 1 << 16, 1<<16 + 1, 1 << 20} {
		s := newSymbols(count)
		want := []int32{0, int32(count - 1), 1, int32(count / 2)}
		s.append(want[:1])
		s.append(want[1:])
		for place := range want {
			got := make([]int32, len(want)-place)
			s.copyTo(got, place)
			if s.len() != len(want) || !slices.Equal(got, want[place:]) {
				t.Errorf("%d symbols: %v from %d, want %v", count, got, place, want[place:])
			}
		}
	}
}

// TestEncodeInPieces: a text that is longer than a piece loses nothing, on any number of threads.
func TestEncodeInPieces(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	tok := words(t)
	for _, text := range [][]byte{nil, []byte("fox"), bytes.Repeat([]byte(fox+"\n\n"), 5*pieceBytes/4/len(fox))} {
		var want []byte
		for _, threads := range []int{0, 1, 2} {
			s := newSymbols(tok.Symbols())
			n, err := s.encode(tok, bytes.NewReader(text), threads)
			if err != nil || n != int64(len(text)) {
				t.Fatalf("%d bytes, error %v, want %d", n, err, len(text))
			}
			list := make([]int32, s.len())
			s.copyTo(list, 0)
			if got := tok.Decode(nil, list); !bytes.Equal(got, text) {
				t.Errorf("%.20q...: decodes to %d bytes that differ, want %d", text, len(got), len(text))
			}
			if want == nil {
				want = s.packed
			} else if !bytes.Equal(s.packed, want) {
				t.Errorf("%.20q...: %d threads give other symbols", text, threads)
			}
		}
	}
}

// TestPiecesOfText: pieces are the text, and end with a line where they have one.
func TestPiecesOfText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "short": "short", "a line\nof\ntwo words\n": "a line\nof\n|two words\n",
		"no line for a long time\n\n\n\n\n\n\n\n\n\n\n\n\n": "no line for |a long time\n|\n\n\n\n\n\n\n\n\n\n\n\n|",
	} {
		p := pieces{r: iotest.OneByteReader(strings.NewReader(text)), size: 12}
		var got []string
		for {
			piece, err := p.next()
			got = append(got, string(piece))
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: pieces %q, want %q", text, got, want)
		}
	}
	p := pieces{r: iotest.ErrReader(os.ErrDeadlineExceeded), size: 12}
	if _, err := p.next(); err != os.ErrDeadlineExceeded {
		t.Errorf("error %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

// TestRunLearnsTokens: a model over tokens learns, and costs fewer bits a byte from the first step on.
func TestRunLearnsTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	r, err := New(wordOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	if first := steps(t, r, 1); first.BitsPerByte > 4 {
		t.Errorf("first step: %.3f bits/byte, want under 4", first.BitsPerByte)
	}
	if last := steps(t, r, 19); last.BitsPerByte > 2 {
		t.Errorf("after 20 steps: %.3f bits/byte, want under 2", last.BitsPerByte)
	}
}

// TestResumeWantsTheTokenizer: also a vocabulary of the same size is another one.
func TestResumeWantsTheTokenizer(t *testing.T) {
	o := wordOptions(t)
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	steps(t, r, 1)
	dir := t.TempDir()
	if err := r.Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(dir, o); err != nil {
		t.Error(err)
	}
	other := o
	if other.Tokenizer, err = NewTokenizer(bytes.Replace(o.Tokenizer.Text, []byte(`"o w"`), []byte(`"o w" `), 1)); err != nil {
		t.Fatal(err)
	}
	none := testOptions(t)
	none.Data = o.Data
	for _, o := range []Options{other, none} {
		if _, err := Resume(dir, o); err == nil || !strings.Contains(err.Error(), "begun with another tokenizer") {
			t.Errorf("error %v", err)
		}
	}
}

// TestShortData: a source with fewer tokens than a sequence is an error that counts tokens.
func TestShortData(t *testing.T) {
	o := wordOptions(t)
	path := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(path, []byte(" fox fox fox fox fox fox"), 0o666); err != nil {
		t.Fatal(err)
	}
	o.Data = append(o.Data, Source{path, 1})
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "short has 6 tokens, want at least 16") {
		t.Errorf("error %v", err)
	}
	o.Tokenizer, o.Model.Vocab = nil, 257
	o.Model.Start = 256
	if _, err := New(o); err != nil {
		t.Errorf("24 bytes: error %v", err)
	}
}
