package law

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"lmz/internal/lab/fit"
)

// ReadCSV reads points from CSV (RFC 4180, or with tabs or semicolons between its columns), whose first line names the columns. name is the
// file's, for messages. Every row must be usable: one that is not is an error with its line.
func ReadCSV(r io.Reader, name string, columns Columns, c Convention) (*Data, error) {
	t := &sheet{data: &Data{Source: name}, size: -1}
	err := t.open(r, columns, c)
	for err == nil {
		err = t.row()
	}
	if err == io.EOF {
		err = nil
		if len(t.data.Groups) == 0 {
			err = errors.New("no rows")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("law: %s: %w", name, err)
	}
	t.data.settle()
	return t.data, nil
}

// limited is a reader that ends with an error after so many bytes: a row may have as many as its file.
type limited struct {
	r          io.Reader
	left, most int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("more than %d MiB", l.most>>20)
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// sheet is a CSV file that is being read. Places of columns that there are not are -1.
type sheet struct {
	csv   *csv.Reader
	head  head
	asked Convention // how P is to be counted; "" for as it is found
	data  *Data
	rows  int
	line  int // of the last row

	size, model, steps, ratio, by  int
	table                          bool // P of Pythia's table, by the model's name
	deviation, chunks, uncertainty int
}

// open reads the first line and finds the columns.
func (t *sheet) open(r io.Reader, columns Columns, c Convention) error {
	const longestHead = 1 << 16
	b := bufio.NewReaderSize(&limited{r, maxBytes, maxBytes}, longestHead)
	begin, err := b.Peek(longestHead)
	if err != nil && err != io.EOF {
		return err
	}
	whole := len(begin)
	if mark := []byte("\ufeff"); bytes.HasPrefix(begin, mark) {
		b.Discard(len(mark))
		begin = begin[len(mark):]
	}
	first, _, ends := bytes.Cut(begin, []byte("\n"))
	if !ends && whole == longestHead {
		return fmt.Errorf("line 1 has %d bytes or more, want the columns' names", longestHead)
	}
	t.csv = csv.NewReader(b)
	t.csv.ReuseRecord = true
	t.csv.TrimLeadingSpace = true
	for _, separator := range ";\t" {
		if !bytes.ContainsRune(first, ',') && bytes.ContainsRune(first, separator) {
			t.csv.Comma = separator
		}
	}
	record, err := t.csv.Read()
	if err == io.EOF {
		return errors.New("is empty, want a line of columns' names and rows")
	}
	if err != nil {
		return err
	}
	t.head = newHead(record)
	if slices.Contains(t.head.keys, "cell") && slices.Contains(t.head.keys, "protocol") {
		return errors.New("is exported from a store: give the store itself, or make one with lmz study import STORE FILE, since what may be fitted together is known there")
	}
	if err := t.find(columns, c); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	return nil
}

// find finds the columns.
func (t *sheet) find(columns Columns, c Convention) (err error) {
	h := t.head
	if err = t.convention(columns, c); err != nil {
		return err
	}
	if t.steps, err = h.find("steps", columns.Steps, "--steps-column", stepsColumns); err != nil {
		return err
	}
	if t.ratio, err = h.find("ratio", columns.Ratio, "--ratio-column", ratioColumns); err != nil {
		return err
	}
	t.by = h.usual(byColumns)
	if columns.By != "" {
		if t.by, err = h.named(columns.By, "--by"); err != nil {
			return err
		}
	}
	t.deviation, t.chunks, t.uncertainty = h.usual(deviations), h.usual(chunkColumns), h.usual(errorColumns)
	for _, found := range []struct {
		place int
		given string
	}{{t.size, columns.Params}, {t.steps, columns.Steps}, {t.ratio, columns.Ratio}, {t.by, columns.By}, {t.deviation, ""}, {t.chunks, ""}, {t.uncertainty, ""}} {
		if found.given == "" {
			err = cmp.Or(err, h.once(found.place))
		}
	}
	if err != nil {
		return err
	}
	d := t.data
	d.Steps, d.Rate = "steps", h.keys[t.ratio]
	if h.keys[t.steps] == "tokens" {
		d.Steps, d.Tokens = "tokens", 1
	}
	switch d.Rate {
	case "compression_ratio", "cr":
		d.Rate = "ratio"
	case "bpb":
		d.Rate = "bits_per_byte"
	}
	return nil
}

// convention finds the column of the model sizes, which depends on how they are to be counted.
func (t *sheet) convention(columns Columns, c Convention) (err error) {
	h := t.head
	t.asked, t.data.Params, t.model = c, c, h.usual(modelColumns)
	if columns.Params == "" { // a column that is named has what is asked for
		switch c {
		case Nominal:
			t.size = t.model
		case Total:
			t.size = h.usual(totalColumns)
		case NonEmbedding:
			t.size = h.usual(bodyColumns)
		}
		if t.size < 0 && t.model >= 0 && c != "" {
			t.size, t.table = t.model, true
		}
	}
	if t.size < 0 {
		if c == NonEmbedding && columns.Params == "" {
			return fmt.Errorf("no column of parameters without embeddings (%s) and none of models, of which those of the Pythia suite are known; there are %s: name one with --params-column",
				strings.Join(bodyColumns, ", "), strings.Join(h.names, ", "))
		}
		if t.size, err = h.find("model size", columns.Params, "--params-column", slices.Concat(totalColumns, sizeColumns, modelColumns)); err != nil {
			return err
		}
	}
	if t.model < 0 {
		t.model = t.size
	}
	return nil
}

// row reads one row.
func (t *sheet) row() error {
	record, err := t.csv.Read()
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse) && parse.Err == csv.ErrFieldCount:
		return fmt.Errorf("line %d: %d columns, want %d as in line 1", parse.StartLine, len(record), len(t.head.names))
	case err != nil:
		return err
	case t.rows == maxRows:
		return fmt.Errorf("more than %d rows", maxRows)
	}
	t.rows++
	t.line, _ = t.csv.FieldPos(0)
	var x fit.Point
	var of Convention
	if x.Params, of, err = t.params(record); err != nil {
		return t.fault(t.size, err)
	}
	if t.data.Params == "" {
		t.data.Params = of
	}
	if of != t.data.Params {
		return t.fault(t.size, fmt.Errorf("%q is a size %s, where those before are %s", record[t.size], of, t.data.Params))
	}
	if x.Steps, err = steps(record[t.steps]); err != nil {
		return t.fault(t.steps, err)
	}
	if x.Ratio, err = ParseAmount(record[t.ratio]); err != nil {
		return t.fault(t.ratio, err)
	}
	if x.SE, err = t.standardError(record); err != nil {
		return err
	}
	group, model := "", oneLine(record[t.model])
	if t.by >= 0 {
		group = oneLine(record[t.by])
	}
	if isPythia(model) && t.data.Steps == "steps" {
		t.data.Tokens = PythiaTokens
	}
	if err := t.data.add(group, model, x); err != nil {
		return fmt.Errorf("line %d: %w", t.line, err)
	}
	return nil
}

// oneLine is a name without line ends, which a field in quotes may have: a name that had them could be read as more than one in the account.
func oneLine(name string) string { return strings.Join(strings.Fields(name), " ") }

func (t *sheet) fault(column int, err error) error {
	return fmt.Errorf("line %d: column %s: %w", t.line, t.head.names[column], err)
}

// params is a row's model size, and how it is counted.
func (t *sheet) params(record []string) (p float64, c Convention, err error) {
	cell, c := strings.TrimSpace(record[t.size]), t.asked
	from := "column "
	_, digits := strconv.ParseFloat(cell, 64)
	switch {
	case t.table:
		from = "the table of Pythia models, by column "
		p, err = ofPythia(cell, c)
	case digits == nil || size.MatchString(cell):
		p, err = ParseAmount(cell)
		c = cmp.Or(c, AsGiven)
	case c == Total || c == NonEmbedding:
		err = fmt.Errorf("%q, want a number", cell)
	default:
		from = "the sizes in the names of column "
		p, _, err = nominal(cell)
		c = Nominal
	}
	t.data.From = from + t.head.names[t.size]
	return p, c, err
}

// steps is a number, or one after a word: step1000.
func steps(cell string) (float64, error) {
	cell = strings.ToLower(strings.TrimSpace(cell))
	for _, word := range []string{"steps", "step", "checkpoint"} {
		if rest, ok := strings.CutPrefix(cell, word); ok {
			cell = strings.TrimLeft(rest, "-_ =")
			break
		}
	}
	return ParseAmount(cell)
}

// ParseAmount reads a number as a CSV file may have it: finite and above 0, as 70e6, 70000000 or 70m.
func ParseAmount(cell string) (float64, error) {
	cell = strings.TrimSpace(cell)
	digits, unit := cell, 1.0
	if size.MatchString(cell) {
		last := len(cell) - 1
		digits, unit = cell[:last], multiplier[strings.ToLower(cell)[last]]
	}
	number, err := strconv.ParseFloat(digits, 64)
	if number *= unit; err != nil || !(number > 0) || math.IsInf(number, 0) {
		return 0, fmt.Errorf("%q, want a finite number above 0", cell)
	}
	return number, nil
}

// standardError is that of a row's rate: what a column says, or the chunks' standard deviation over the root of their number; 0 where
// there are no such columns.
func (t *sheet) standardError(record []string) (float64, error) {
	if t.uncertainty >= 0 {
		se, err := ParseAmount(record[t.uncertainty])
		if err != nil {
			err = t.fault(t.uncertainty, err)
		}
		return se, err
	}
	if t.deviation < 0 || t.chunks < 0 {
		return 0, nil
	}
	deviation, err := ParseAmount(record[t.deviation])
	if err != nil {
		return 0, t.fault(t.deviation, err)
	}
	n, err := ParseAmount(record[t.chunks])
	if err != nil {
		return 0, t.fault(t.chunks, err)
	}
	return deviation / math.Sqrt(n), nil
}
