package store

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var (
	allTables  = []Table{Datasets, Cells, Chunks, Tokens} // in the order in which they can be imported
	allFormats = []Format{CSV, JSONL, Parquet}
)

// exported is a table as a file.
func exported(t *testing.T, s *Store, table Table, f Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Export(t.Context(), &b, table, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// example is a store with all that files must hold: texts with quotes and lines, the largest seed, numbers that are not
// known, a failed cell.
func example(t *testing.T) *Store {
	t.Helper()
	s, ctx := fresh(t), t.Context()
	measured(t, s, "a", 4)
	odd := someCell("ж \"odd\", <name>")
	odd.Seed, odd.Name, odd.Whole = math.MaxUint64, "\u2028=1+1, \"x\"\n\\N\ttrue", true
	odd.ID = CellID(odd.Subject, odd.Data, odd.Protocol, true)
	c, err := s.Claim(ctx, odd)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Put(ctx, "", someChunks("", 0, 5)); err != nil {
		t.Fatal(err)
	}
	odd = finished(odd, 5)
	odd.Low, odd.High, odd.Ratio, odd.MeanRatio, odd.CodeLength = 0.1, 1e300, math.SmallestNonzeroFloat64, 1e6, 1<<53+1
	odd.Window, odd.Params, odd.RawBytes = 1<<31-1, math.MaxInt64, 123456789012
	if err := c.Finish(ctx, odd); err != nil {
		t.Fatal(err)
	}
	if c, err = s.Claim(ctx, someCell("failed")); err != nil {
		t.Fatal(err)
	}
	if err := c.Fail(ctx, fmt.Errorf("lm: no memory")); err != nil {
		t.Fatal(err)
	}
	if err := s.PutDataset(ctx, Dataset{ID: "d", Spec: `{"source":"a \"b\""}`, Chunks: 3, Bytes: 6144, Sources: "[]", Skipped: "[]"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRoundTrip(t *testing.T) {
	s := example(t)
	for _, f := range allFormats {
		t.Run(string(f), func(t *testing.T) {
			to := fresh(t)
			for _, table := range allTables {
				file := exported(t, s, table, f)
				done, err := to.Import(t.Context(), iotest.HalfReader(strings.NewReader(file)), f)
				if err != nil {
					t.Fatalf("%s: %v", table, err)
				}
				if done.Table != table || done.New == 0 || done.Rows < done.New {
					t.Errorf("%s: %+v", table, done)
				}
				if again := exported(t, to, table, f); again != file {
					t.Errorf("%s came back as\n%q\nwas\n%q", table, again, file)
				}
				again, err := to.Import(t.Context(), strings.NewReader(file), f)
				if want := (Imported{table, done.Rows, 0}); err != nil || again != want {
					t.Errorf("a second import: %+v %v, want %+v", again, err, want)
				}
			}
			for _, table := range allTables {
				if exported(t, to, table, CSV) != exported(t, s, table, CSV) {
					t.Errorf("%s differs", table)
				}
			}
		})
	}
}

// TestColumnOrder checks that a file's columns may be in any order, which programs change.
func TestColumnOrder(t *testing.T) {
	s := example(t)
	to := fresh(t)
	var b strings.Builder
	for line := range strings.Lines(exported(t, s, Datasets, CSV)) {
		fields := strings.SplitN(strings.TrimSpace(line), ",", 2)
		fmt.Fprintf(&b, "%s,%s\n", fields[1], fields[0])
	}
	if _, err := to.Import(t.Context(), strings.NewReader("\ufeff"+b.String()), CSV); err != nil {
		t.Fatal(err)
	}
	if got, want := exported(t, to, Datasets, JSONL), exported(t, s, Datasets, JSONL); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestImportRefusesOtherContent(t *testing.T) {
	s, ctx := example(t), t.Context()
	before := map[Table]string{}
	for _, table := range allTables {
		before[table] = exported(t, s, table, CSV)
	}
	id := someCell("a").ID
	for _, c := range []struct {
		table     Table
		old, new  string
		wantError string
	}{
		{Cells, `"ratio":0.341796875`, `"ratio":0.25`, `cell ` + id + `: ratio is "0.25" in the file, "0.341796875" in the store`},
		{Cells, `"bits_per_byte_low":null`, `"bits_per_byte_low":0`, `: bits_per_byte_low is "0" in the file, "" in the store`},
		{Chunks, `"chunk":2,"raw_bytes":2048`, `"chunk":2,"raw_bytes":2047`, `chunk 2: raw_bytes is "2047" in the file, "2048" in the store`},
		{Tokens, `"size":3,"bits":0.42857143`, `"size":3,"bits":0.5`, "chunk 3: the file has another profile"},
		{Datasets, `"bytes":6144`, `"bytes":6145`, `data d: bytes is "6145" in the file, "6144" in the store`},
	} {
		file := exported(t, s, c.table, JSONL)
		changed := strings.Replace(file, c.old, c.new, 1)
		if changed == file {
			t.Errorf("%s has no %s:\n%s", c.table, c.old, file)
		}
		_, err := s.Import(ctx, strings.NewReader(changed), JSONL)
		wantError(t, err, nil, c.wantError)
	}
	_, err := s.Import(ctx, strings.NewReader(strings.Replace(exported(t, s, Datasets, JSONL), "source", "elsewhere", 1)), JSONL)
	if err != nil {
		t.Errorf("the same data from elsewhere: %v", err)
	}
	for _, table := range allTables {
		if exported(t, s, table, CSV) != before[table] {
			t.Errorf("%s was changed", table)
		}
	}
}

// TestImportRefusesHalves checks what can be wrong with files of which each line is right.
func TestImportRefusesHalves(t *testing.T) {
	s, ctx := example(t), t.Context()
	file := func(table Table) []string {
		return slices.Collect(strings.Lines(exported(t, s, table, JSONL)))
	}
	load := func(to *Store, lines []string) error {
		_, err := to.Import(ctx, strings.NewReader(strings.Join(lines, "")), JSONL)
		return err
	}
	allCells, allChunks, allTokens := file(Cells), file(Chunks), file(Tokens)
	to := fresh(t)
	wantError(t, load(to, allChunks), nil, "lacks the cells: import them first")
	if err := load(to, allCells); err != nil {
		t.Fatal(err)
	}
	wantError(t, load(to, allTokens), nil, "lacks the chunks: import them first")
	wantError(t, load(to, slices.Delete(slices.Clone(allChunks), 1, 2)), nil, "the file has a gap")
	wantError(t, load(to, allChunks[1:]), nil, "the file has a gap")
	wantError(t, load(to, append(slices.Clone(allChunks), allChunks[2])), nil, "line 10: cell ")
	wantError(t, load(to, append(slices.Clone(allChunks), allChunks[2])), nil, ", chunk 2 is there twice")
	if n := strings.Count(exported(t, to, Chunks, JSONL), "\n"); n != 0 {
		t.Errorf("%d chunks of refused files are stored", n)
	}
	if err := load(to, allChunks[:4]); err != nil { // of one of the cells, which has 4 or 5
		t.Fatal(err)
	}
	if err := load(to, allChunks); len(allChunks) != 9 || err == nil != strings.Contains(allChunks[4], `"chunk":0`) {
		t.Errorf("the other cell's chunks, or a fifth of a finished cell: %v", err)
	}
	wantError(t, load(to, allTokens[1:]), nil, "want token ")
	wantError(t, load(fresh(t), append(slices.Clone(allCells), allCells[0])), nil, "is there twice")

	running := fresh(t)
	if err := load(running, allCells); err != nil {
		t.Fatal(err)
	}
	failed := someCell("failed")
	c, err := running.Claim(ctx, failed)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.ReplaceAll(strings.Join(allChunks, ""), someCell("a").ID, failed.ID)
	_, err = running.Import(ctx, strings.NewReader(other), JSONL)
	wantError(t, err, ErrBusy, failed.ID)
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err = running.Import(ctx, strings.NewReader(other), JSONL); err != nil {
		t.Error(err)
	}
}

func TestImportOfDamagedText(t *testing.T) {
	s := example(t)
	chunksCSV, chunksJSONL, cellsJSONL := exported(t, s, Chunks, CSV), exported(t, s, Chunks, JSONL), exported(t, s, Cells, JSONL)
	replace := func(file, old, new string) string {
		if !strings.Contains(file, old) {
			t.Fatalf("no %q in %q", old, file)
		}
		return strings.Replace(file, old, new, 1)
	}
	for name, c := range map[string]struct {
		format    Format
		file      string
		wantError string
	}{
		"empty CSV":     {CSV, "", "the file is empty"},
		"empty JSONL":   {JSONL, "\n\n", "the file is empty"},
		"foreign":       {CSV, "a,b\n1,2\n", `line 1: the columns are those of no table`},
		"no column":     {CSV, replace(chunksCSV, "raw_bytes", "rawbytes"), `line 1: the columns are those of no table; nearest is chunks, but there is no raw_bytes, an unknown "rawbytes"`},
		"column twice":  {CSV, replace(chunksCSV, "raw_bytes", "tokens"), `tokens twice`},
		"word":          {CSV, replace(chunksCSV, ",0,2048,", ",0,many,"), `line 2, column 68: raw_bytes is "many", want an integer`},
		"too large":     {CSV, replace(chunksCSV, ",0,2048,", ",0,9223372036854775808,"), `line 2, column 68: raw_bytes is "9223372036854775808", want an integer`},
		"infinite":      {CSV, replace(chunksCSV, "411.5", "Inf"), `line 2, column 82: code_length_bits is +Inf, want a finite number`},
		"short":         {CSV, replace(chunksCSV, ",0,2048,", ",0,"), `line 2, column 1: wrong number of fields`},
		"cut":           {CSV, chunksCSV[:len(chunksCSV)-30], `line 10, column 1: wrong number of fields`},
		"bare quote":    {CSV, replace(chunksCSV, ",0,2048,", `,0,20"48,`), `line 2, column 70: bare "`},
		"quote":         {CSV, replace(chunksCSV, ",0,2048,", `,0,"2048,`), `extraneous or missing "`},
		"cut JSON":      {JSONL, chunksJSONL[:len(chunksJSONL)-30], "line 9, column "},
		"no JSON":       {JSONL, chunksCSV, "line 1, column 1: invalid character"},
		"binary":        {JSONL, "SQLite format 3\x00", "line 1, column 1: invalid character"},
		"array":         {JSONL, "[1]\n", "line 1, column 2: [, want an object"},
		"nested":        {JSONL, replace(chunksJSONL, `"raw_bytes":2048`, `"raw_bytes":[2048]`), `"raw_bytes" holds [, want a plain value`},
		"key twice":     {JSONL, replace(chunksJSONL, `"tokens":501`, `"tokens":501,"tokens":501`), `line 2, column 149: "tokens", which is unknown in chunks or there twice`},
		"key away":      {JSONL, replace(chunksJSONL, `"tokens":501,`, ``), `line 2: there is no tokens`},
		"null":          {JSONL, replace(chunksJSONL, `"tokens":501`, `"tokens":null`), `tokens is <nil>, want INTEGER`},
		"text":          {JSONL, replace(chunksJSONL, `"tokens":501`, `"tokens":"501"`), `want INTEGER`},
		"number":        {JSONL, replace(cellsJSONL, `"kind":"baseline"`, `"kind":5`), `want TEXT`},
		"more":          {JSONL, replace(chunksJSONL, "}\n", "}}\n"), "line 1, column "},
		"identity":      {JSONL, replace(cellsJSONL, `"protocol":"lossless/1"`, `"protocol":"lossless/2"`), "have the identity"},
		"status":        {JSONL, replace(cellsJSONL, `"status":"done"`, `"status":"ready"`), `status is "ready", want running, done or failed`},
		"huge number":   {JSONL, replace(chunksJSONL, `"tokens":501`, `"tokens":1e400`), `tokens is "1e400", want an integer`},
		"negative seed": {JSONL, replace(cellsJSONL, `"seed":18446744073709551614`, `"seed":-2`), `seed is "-2", want an integer from 0 to 18446744073709551615`},
		"no format":     {"xlsx", "", `format "xlsx", want csv, jsonl or parquet`},
	} {
		t.Run(name, func(t *testing.T) {
			to := fresh(t)
			if strings.HasPrefix(c.file, `cell,chunk`) || strings.HasPrefix(c.file, `{"cell":"`+someCell("a").ID[:8]) {
				if _, err := to.Import(t.Context(), strings.NewReader(cellsJSONL), JSONL); err != nil {
					t.Fatal(err)
				}
			}
			before := exported(t, to, Cells, CSV)
			_, err := to.Import(t.Context(), strings.NewReader(c.file), c.format)
			wantError(t, err, nil, c.wantError)
			if err != nil && !strings.HasPrefix(err.Error(), "store: ") {
				t.Errorf("%v does not begin with the room", err)
			}
			if exported(t, to, Cells, CSV) != before || strings.Count(exported(t, to, Chunks, CSV), "\n") != 1 {
				t.Error("something was imported")
			}
		})
	}
}

// TestImportOfDamagedParquet cuts and changes a file everywhere: there may be errors, not panics.
func TestImportOfDamagedParquet(t *testing.T) {
	s := example(t)
	file := []byte(exported(t, s, Cells, Parquet))
	to := fresh(t)
	for n := 0; n < len(file); n += 1 + len(file)/50 {
		if _, err := to.Import(t.Context(), bytes.NewReader(file[:n]), Parquet); err == nil {
			t.Errorf("%d of %d bytes are read without an error", n, len(file))
		}
	}
	if exported(t, to, Cells, JSONL) != "" {
		t.Error("something of a cut file was imported")
	}
	for at := 0; at < len(file); at += 1 + len(file)/200 {
		damaged := bytes.Clone(file)
		damaged[at] ^= 0xff
		if _, err := to.Import(t.Context(), bytes.NewReader(damaged), Parquet); err != nil && !strings.HasPrefix(err.Error(), "store: ") {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	s := example(t)
	wantError(t, s.Export(t.Context(), io.Discard, "leases", CSV), nil, `table "leases", want cells, chunks, tokens or datasets`)
	wantError(t, s.Export(t.Context(), io.Discard, Cells, "xlsx"), nil, `format "xlsx"`)
	full := fmt.Errorf("the disk is full")
	for _, f := range allFormats {
		wantError(t, s.Export(t.Context(), iotestWriter{full}, Chunks, f), full, "store: writing chunks as "+string(f))
	}
	if f, err := FormatOf("a/b.c/cells.Parquet"); f != Parquet || err != nil {
		t.Errorf("%s %v", f, err)
	}
	_, err := FormatOf("cells.xlsx")
	wantError(t, err, nil, "ends in no format")
}

// iotestWriter fails.
type iotestWriter struct{ err error }

func (w iotestWriter) Write([]byte) (int, error) { return 0, w.err }
