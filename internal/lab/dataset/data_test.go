package dataset

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// TestData: the identities of the project's data, which other machines must find too. All but those of reymont, images and
// speech were computed by a program of a few lines in Python as well.
func TestData(t *testing.T) {
	for _, c := range []struct {
		spec   Spec
		kind   Kind
		chunks int
		bytes  int64
		id     string // its beginning
	}{
		{Spec{Source: "text/enwik7.gz"}, Text, 2048, 4194304, "b26e436eefeeed30"},
		{Spec{Source: "text/enwik7.gz", Count: -1}, Text, 4883, 10000000, "8bd62f79c04ea544"},
		{Spec{Source: "corpora/silesia/mr.zip", Count: -1}, Bytes, 4869, 9970564, "f55cf9830320fc63"},
		{Spec{Source: "corpora/silesia/reymont.zip"}, Text, 2048, 4194304, "fbf055830f40c74d"},
		{Spec{Source: "corpora/logs/loghub_2k.tar.gz", PerFile: 30}, Text, 480, 983040, "55e9005a4c917d52"},
		{Spec{Source: "corpora/json", Kind: Text}, Text, 2048, 4194304, "2d25bcc6d25cd945"},
		{Spec{Source: "corpora/canterbury/calgary", Count: -1}, Text, 1589, 3252354, "ee18c3f263a2b01b"},
		{Spec{Source: "further/genome"}, DNA, 2048, 4194304, "56686caa2703bdd4"},
		{Spec{Source: "further/video/CiscoVT2people_320x192_12fps.yuv", Kind: Video, Width: 320, Height: 192}, Video, 405, 829440, "7e3ed1bd7473b77e"},
		{Spec{Source: "further/timeseries/NAB-data.tar.gz", Kind: Float32}, Float32, 714, 1462232, "b4dc520a29b0a19d"},
		{Spec{Source: "further/timeseries/uci_beijing_pm25_pollution.csv.gz", Kind: Float32, Columns: "TEMP,PRES"}, Float32, 172, 350592, "b447d534a47d6704"},
		{Spec{Source: "further/timeseries/uci_beijing_pm25_pollution.csv.gz", Kind: Int16, Columns: "Iws"}, Int16, 43, 87648, "dd1b2ab886874a58"},
		{Spec{Source: "images/kodak"}, Image, 2048, 4194304, "ed99559fb96eb14a"},
		{Spec{Source: "speech/librispeech_train-clean-100"}, Speech, 2048, 4194304, "89c556a770410e58"},
	} {
		t.Run(c.spec.Source, func(t *testing.T) {
			name := c.spec.Source
			c.spec.Source = filepath.Join(projectData(), filepath.FromSlash(name))
			if _, err := os.Stat(c.spec.Source); os.IsNotExist(err) {
				t.Skipf("%s is not in %s: LMZ_SHARED names the directory of the project's data", name, projectData())
			}
			id := identify(t, c.spec)
			if got := hex.EncodeToString(id.ID[:8]); got != c.id || id.Kind != c.kind || id.Chunks != c.chunks || id.Bytes != c.bytes {
				t.Errorf("%s, %d, %d, %q", id.Kind, id.Chunks, id.Bytes, got)
			}
		})
	}
}
