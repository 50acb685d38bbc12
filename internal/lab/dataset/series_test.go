package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// pm25 is like the file of Beijing's air in UCI's repository.
const pm25 = "No,pm2.5,TEMP,wind,Iws\n1,NA,-11,NW,1.79\n2,129.5,-12.25,NE,585.60\n3,,-4,SE,.5\n"

func floats(values ...float64) (b []byte) {
	for _, v := range values {
		bits := math.Float32bits(float32(v))
		if v != v {
			bits = 0x7fc00000
		}
		b = binary.LittleEndian.AppendUint32(b, bits)
	}
	return b
}

func ints(values ...int16) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func TestFloat32(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		content, columns string
		want             []float64
	}{
		{pm25, "", []float64{1, nan, -11, 1.79, 2, 129.5, -12.25, 585.60, 3, nan, -4, .5}},
		{pm25, "TEMP", []float64{-11, -12.25, -4}},
		{pm25, "TEMP,1", []float64{-11, 1, -12.25, 2, -4, 3}},
		{pm25, " pm2.5 , Iws", []float64{nan, 1.79, 129.5, 585.60, nan, .5}},
		{"\ufeff" + pm25, "No", []float64{1, 2, 3}},
		{strings.ReplaceAll(pm25, "\n", "\r\n"), "Iws", []float64{1.79, 585.60, .5}},
		{strings.ReplaceAll(pm25, ",", "\t"), "Iws", []float64{1.79, 585.60, .5}},
		{strings.ReplaceAll(pm25, ",", ";"), "Iws", []float64{1.79, 585.60, .5}},
		{strings.ReplaceAll(strings.ReplaceAll(pm25, ",", ";"), ".", ","), "Iws", []float64{1.79, 585.60, .5}},
		{"1,2\n3,4\n", "", []float64{1, 2, 3, 4}},
		{"1,2\n3,4\n", "2", []float64{2, 4}},
		{"1\n2\n\n3", "", []float64{1, 2, 3}},
		{"2014,2015\n1,2\n", "2015", nil}, // no header: a year is a number
		{"a,2015\n1,2\n", "2015", nil},
		{"\"a;1\",b\n\"1\",\" 2\"\n", "", []float64{1, 2}},
		{"a\n1e3\n-2.5E-3\n+7\n1e-60\n", "", []float64{1000, -.0025, 7, 0}},
		{"a\nnan\nNULL\n?\nN/A\n5\n", "", []float64{nan, nan, nan, nan, 5}},
	} {
		spec := Spec{Source: put(t, "a.csv", []byte(c.content)), Kind: Float32, Columns: c.columns, Chunk: 1 << 20}
		if c.want == nil {
			refused(t, spec, "a.csv", "no column 2015")
			continue
		}
		if got := chunksOf(t, spec)[0]; !bytes.Equal(got, floats(c.want...)) {
			t.Errorf("%q, columns %q: % x, want % x", c.content, c.columns, got, floats(c.want...))
		}
	}
}

func TestInt16(t *testing.T) {
	for _, c := range []struct {
		content string
		want    []int16
		scale   Column
	}{
		{"1\n-2\n32767\n-32768\n", []int16{1, -2, 32767, -32768}, Column{}},
		{"1.5\n2\n-0.25\n", []int16{150, 200, -25}, Column{Decimals: 2}},
		{"1.50\n2.00\n", []int16{15, 20}, Column{Decimals: 1}},
		{"0.45\n585.60\n.9\n", []int16{-32768, 25747, -32723}, Column{Decimals: 2, Offset: 45 + 32768}},
		{"100000\n165535\n", []int16{-32768, 32767}, Column{Offset: 100000 + 32768}},
		{"-9e18\n-9e18\n", nil, Column{}},
		{"1e3\n15e-1\n", []int16{10000, 15}, Column{Decimals: 1}},
		{"0\n0.000\n-0\n", []int16{0, 0, 0}, Column{}},
		{"1000000000000000000\n1000000000000000001\n", []int16{-32768, -32767}, Column{Offset: 1e18 + 32768}},
		{"0\n65536\n", nil, Column{}},
		{"0.123456\n1\n", nil, Column{}},
		{"99999999999999999999\n", nil, Column{}},
		{"1\n0.0000000000000000001\n", nil, Column{}},
		{"1e400\n", nil, Column{}},
	} {
		spec := Spec{Source: put(t, "a.csv", []byte("x\n"+c.content)), Kind: Int16, Chunk: 1 << 20}
		if c.want == nil {
			refused(t, spec, "a.csv", "column 1 (x)", "kind float32")
			continue
		}
		c.scale.File, c.scale.Name = "a.csv", "x"
		id := identify(t, spec)
		if !slices.Equal(id.Columns, []Column{c.scale}) || id.Signal != (Signal{SampleBytes: 2}) {
			t.Errorf("%q: %+v, %+v, want %+v", c.content, id.Columns, id.Signal, c.scale)
		}
		if got := chunksOf(t, spec)[0]; !bytes.Equal(got, ints(c.want...)) {
			t.Errorf("%q: % x, want % x", c.content, got, ints(c.want...))
		}
	}
}

// TestColumns: columns that are left out are listed, and each file of many has its own.
func TestColumns(t *testing.T) {
	dir := t.TempDir()
	putIn(t, dir, "a.csv", []byte("time,value\n2014-04-01,1.5\n2014-04-02,2\n"))
	putIn(t, dir, "b.tsv", []byte("value\tvoid\n-3\tNA\n"))
	putIn(t, dir, "c.csv", nil)
	putIn(t, dir, "README.md", []byte("1,2\n"))
	id := identify(t, Spec{Source: dir, Kind: Int16})
	if id.ID != idOf(ints(15, 20, -3)) {
		t.Errorf("%d bytes", id.Bytes)
	}
	if want := []Column{{"a.csv", "value", 1, 0}, {"b.tsv", "value", 0, 0}}; !slices.Equal(id.Columns, want) {
		t.Errorf("columns %v, want %v", id.Columns, want)
	}
	if want := []Skipped{
		{"README.md", "not called .csv or .tsv"},
		{"a.csv: column 1 (time)", `"2014-04-01" in line 2 is no number`},
		{"b.tsv: column 2 (void)", "no number in it"},
		{"c.csv", "no rows"},
	}; !slices.Equal(id.Skipped, want) {
		t.Errorf("skipped %v, want %v", id.Skipped, want)
	}
}

// A tar may hold two files of one name, each with its own columns.
func TestSameName(t *testing.T) {
	packed := tarOf(t, member{"a.csv", "x,y\n1,2\n3,4\n"}, member{"a.csv", "x,y,z\n1.5,-,2\n"}, member{"a.csv", "x\n7\n"})
	id := identify(t, Spec{Source: put(t, "a.tar", packed), Kind: Int16})
	if id.ID != idOf(ints(1, 2, 3, 4, 15, 2, 7)) {
		t.Errorf("%d bytes of %v", id.Bytes, id.Columns)
	}
}

func TestRefusedSeries(t *testing.T) {
	for _, c := range []struct {
		content, columns string
		kind             Kind
		words            []string
	}{
		{pm25, "wind", Float32, []string{"line 2, column 4 (wind)", `"NW" is no number`}},
		{pm25, "wnd", Float32, []string{"no column is called wnd", "No, pm2.5, TEMP, wind, Iws"}},
		{pm25, "6", Float32, []string{"no column 6: there are 5"}},
		{pm25, "0", Float32, []string{"no column 0"}},
		{pm25, "", Int16, []string{"column 2 (pm2.5)", "no value in line 2"}},
		{pm25 + "4,1\n", "", Float32, []string{"line 5", "2 columns"}},
		{pm25 + "4,\"1,2,3,4\n", "", Float32, []string{"line 5"}},
		{pm25 + "4,1,inf,NW,1\n", "TEMP", Float32, []string{"line 5, column 3 (TEMP)", `"inf" is no number`}},
		{pm25 + "4,1,0x10,NW,1\n", "TEMP", Float32, []string{`"0x10" is no number`}},
		{"a\n1\n1e39\n", "", Float32, []string{"line 3, column 1 (a)", "1e39", "no float32 is near"}},
		{"a,a\n1,2\n", "a", Float32, []string{"two columns are called a"}},
		{"a,b\nx,y\n", "", Float32, []string{"no column of numbers among 2"}},
		{"a,b\n", "", Float32, []string{"no column of numbers among 2"}},
		{"", "", Float32, []string{"no chunk", "no rows"}},
		{strings.Repeat(",", maxColumns) + "\n", "", Float32, []string{"16385 columns"}},
		{"a\n1\n" + strings.Repeat("9", 2*maxRow), "", Float32, []string{"after that of line 2", "more than 1048576 bytes"}},
	} {
		refused(t, Spec{Source: put(t, "a.csv", []byte(c.content)), Kind: c.kind, Columns: c.columns}, append(c.words, "a.csv")...)
	}
}

// FuzzDecimal: a number is what math/big says, or does not fit.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-1.50", "1e3", "12345678901234567890", ".5e-3", "5.", "0.1e18", "-9223372036854775808", "1e18", "100e-20", "+0e99", "0x1", "1_0", "--1", "1e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 40 || !isNumber(s) {
			return
		}
		d, ok := parseDecimal(s)
		if !ok {
			return
		}
		want, known := new(big.Rat).SetString(s)
		if !known {
			t.Fatalf("%q is a number", s)
		}
		got := new(big.Rat).SetFrac(big.NewInt(d.mantissa), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.places)), nil))
		if got.Cmp(want) != 0 || d.places < 0 || d.places > maxPlaces || d.places > 0 && d.mantissa%10 == 0 {
			t.Errorf("%q: %d / 10^%d", s, d.mantissa, d.places)
		}
	})
}

// Numbers that fit are not refused.
func TestDecimalFits(t *testing.T) {
	for _, m := range []int64{0, 1, -1, 10, 12345, -65536, math.MaxInt64, math.MinInt64, 1e18} {
		for places := range maxPlaces + 1 {
			cell := fmt.Sprintf("%de-%d", m, places)
			if _, ok := parseDecimal(cell); !ok {
				t.Errorf("%s is refused", cell)
			}
			if written := exactly(m, places); !isNumber(written) {
				t.Errorf("%s is written %s", cell, written)
			} else if a, _ := parseDecimal(cell); true {
				if b, ok := parseDecimal(written); !ok || a != b {
					t.Errorf("%s is written %s", cell, written)
				}
			}
		}
	}
}
