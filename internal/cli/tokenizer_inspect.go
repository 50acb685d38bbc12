package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lmz/internal/lab/train"
	"lmz/internal/lm"
	"lmz/internal/model"
	"lmz/internal/tokenizer"
)

const (
	maxInspected  = 64 << 20 // bytes of a text that are encoded
	shownLongest  = 12       // tokens
	shownSegments = 60       // tokens of a text
)

func tokenizerInspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE|MODEL [TEXTFILE]",
		Short: "Show a vocabulary, and what it makes of a text",
		Long: `Show the vocabulary of FILE, a tokenizer.json, or of MODEL, a directory, a GGUF file or
ORG/NAME[@REVISION] of the hub that was pulled: how many symbols it has, and the
longest. With TEXTFILE also how many tokens that becomes, up to its first 64 MiB, how
fast on one thread, and how it begins, token by token.`,
		Args: arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, start, err := openTokenizer(args[0])
			if err != nil {
				return hubHint(err)
			}
			var text []byte
			if len(args) == 2 {
				if text, err = readBeginning(args[1], maxInspected); err != nil {
					return err
				}
			}
			out := cmd.OutOrStdout()
			if err := describeTokenizer(out, args[0], t, start); err != nil || text == nil {
				return err
			}
			return describeEncoding(out, args[1], t, text)
		},
	}
}

// openTokenizer opens the tokenizer of a tokenizer.json or of a model, and says what start-of-text is, "" if
// that is not known.
func openTokenizer(name string) (t tokenizer.Tokenizer, start string, err error) {
	path, err := lm.Find(name)
	if err != nil {
		return nil, "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", err
	}
	if strings.EqualFold(filepath.Ext(path), ".gguf") {
		m, err := lm.Open(name, lm.Int8)
		if err != nil {
			return nil, "", err
		}
		return m.Tokenizer(), strconv.Itoa(m.Config().Start), nil
	}
	rows := tokenizer.MaxRows
	if info.IsDir() {
		c, err := model.ReadConfig(path)
		if err != nil {
			return nil, "", err
		}
		rows, start = c.Vocab, strconv.Itoa(c.Start)
	}
	text, err := readTokenizer(path)
	if err != nil {
		return nil, "", err
	}
	if t, err = tokenizer.Parse(text, rows); err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	if trained, err := train.NewTokenizer(text); err == nil && !info.IsDir() {
		start = fmt.Sprintf("%d %s", trained.Start, trained.StartToken)
	}
	return t, start, nil
}

// describeTokenizer shows the vocabulary.
func describeTokenizer(out io.Writer, name string, t tokenizer.Tokenizer, start string) error {
	longest := make([]int32, t.Symbols())
	rawBytes := 0
	for s := range longest {
		longest[s] = int32(s)
		rawBytes += t.Size(int32(s))
	}
	slices.SortFunc(longest, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.Size(b), t.Size(a)), cmp.Compare(a, b))
	})
	longest = longest[:min(len(longest), shownLongest)]
	_, err := fmt.Fprintf(out, `tokenizer      %s
symbols        %d, of %.2f bytes on average
start-of-text  %s
longest        %s
`, printable(name), t.Symbols(), float64(rawBytes)/float64(t.Symbols()), printable(cmp.Or(start, "not known")), quoted(t, longest))
	return err
}

// describeEncoding shows what the tokenizer makes of a text.
func describeEncoding(out io.Writer, name string, t tokenizer.Tokenizer, text []byte) error {
	started := time.Now()
	symbols := t.Encode(nil, text)
	seconds := time.Since(started).Seconds()
	used := map[int32]bool{}
	for _, s := range symbols {
		used[s] = true
	}
	_, err := fmt.Fprintf(out, `
text           %s, %d bytes
tokens         %d, of %.3f bytes on average
used           %d of the %d symbols
speed          %.0f tokens/s, %.1f MB/s
begins         %s
`, printable(name), len(text), len(symbols), float64(len(text))/float64(len(symbols)), len(used), t.Symbols(),
		float64(len(symbols))/seconds, float64(len(text))/seconds/1e6, quoted(t, symbols[:min(len(symbols), shownSegments)]))
	return err
}

// quoted shows symbols between quotation marks, what is not printable escaped, in lines below one another.
func quoted(t tokenizer.Tokenizer, symbols []int32) string {
	const indent, width = 15, 90
	var b strings.Builder
	column := indent
	for i, s := range symbols {
		both := t.Decode(nil, []int32{s, s}) // the first may lose the space that some put before a text
		q := strconv.Quote(string(both[len(both)-t.Size(s):]))
		if n := len([]rune(q)) + 1; i > 0 && column+n > width {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		} else if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(q)
		column += len([]rune(q)) + 1
	}
	return b.String()
}
