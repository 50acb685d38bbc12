package lmz_test

import (
	"cmp"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"lmz"
)

// data is the beginning of a file of the project's data, which LMZ_SHARED or ../shared holds. It skips
// the test where there is none.
func data(t *testing.T, name string, limit int64) []byte {
	t.Helper()
	dir := filepath.Join(cmp.Or(os.Getenv("LMZ_SHARED"), filepath.Join("..", "shared")), "data")
	file, err := os.Open(filepath.Join(dir, name))
	if os.IsNotExist(err) {
		t.Skipf("%s is not in %s: LMZ_SHARED names the directory of the project's data", name, dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if filepath.Ext(name) == ".gz" {
		if r, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestData: real files come back, none is much larger than it was, and text is much smaller: of
// enwik8's first 10,000 bytes 31% at most.
func TestData(t *testing.T) {
	if testing.Short() {
		t.Skip("80 kB through the default model")
	}
	for name, percent := range map[string]int{
		"text/enwik7.gz":                                           31,
		"corpora/canterbury/canterbury/cp.html":                    100,
		"corpora/canterbury/canterbury/sum":                        101,
		"corpora/canterbury/calgary/geo":                           101,
		"images/kodak/01.png":                                      101,
		"speech/librispeech_train-clean-100/1034-121119-0000.flac": 101,
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			raw := data(t, name, 10000)
			file := compress(t, lmz.Options{}, raw)
			mustDecompress(t, lmz.Options{}, file, raw)
			if len(file)*100 > len(raw)*percent || len(file) > len(raw)+len(raw)/1000+64 {
				t.Errorf("%d bytes become %d, want at most %d%%", len(raw), len(file), percent)
			}
		})
	}
}
