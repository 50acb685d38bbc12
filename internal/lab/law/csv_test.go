package law_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"lmz/internal/hub"
	"lmz/internal/lab/law"
)

func read(text string, columns law.Columns, c law.Convention) (*law.Data, error) {
	return law.ReadCSV(strings.NewReader(text), "f.csv", columns, c)
}

// TestReadCSV: columns are found by their usual names or by the names that are given, and values are read as people write them.
func TestReadCSV(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		columns law.Columns
		c       law.Convention
		p, s    float64
		params  law.Convention
	}{
		"numbers":             {text: "params,steps,ratio\n70e6,1000,0.2\n", p: 70e6, s: 1000, params: law.AsGiven},
		"names":               {text: "model,checkpoint,compression_ratio\npythia-70m,step1000,0.2\n", p: 70e6, s: 1000, params: law.Nominal},
		"units":               {text: "P,S,CR\n1.4b,143k,0.2\n", p: 1.4e9, s: 143e3, params: law.AsGiven},
		"total":               {text: "model,step,ratio\nEleutherAI/pythia-70m,1000,0.2\n", c: law.Total, p: 70426624, s: 1000, params: law.Total},
		"body":                {text: "model,step,ratio\npythia-1.4b-deduped,1000,0.2\n", c: law.NonEmbedding, p: 1208602624, s: 1000, params: law.NonEmbedding},
		"body column":         {text: "params,params_body,step,ratio\n70,20,1000,0.2\n", c: law.NonEmbedding, p: 20, s: 1000, params: law.NonEmbedding},
		"total column":        {text: "params,params_body,step,ratio\n70,20,1000,0.2\n", c: law.Total, p: 70, s: 1000, params: law.Total},
		"nominal, not params": {text: "params,model,step,ratio\n70426624,pythia-70m,1000,0.2\n", c: law.Nominal, p: 70e6, s: 1000, params: law.Nominal},
		"given names":         {text: "A,B,C\n7b,100,0.2\n", columns: law.Columns{Params: "A", Steps: "B", Ratio: "C"}, p: 7e9, s: 100, params: law.AsGiven},
		"tabs":                {text: "\ufeffparams\tsteps\tratio\n7e7\t100\t0.2\n", p: 7e7, s: 100, params: law.AsGiven},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := read(test.text, test.columns, test.c)
			if err != nil {
				t.Fatal(err)
			}
			x := d.Groups[0].Points[0]
			if x.Params != test.p || x.Steps != test.s || x.Ratio != 0.2 || d.Params != test.params {
				t.Errorf("found %+v, P %s, want P %v, %s, S %v", x, d.Params, test.p, test.params, test.s)
			}
		})
	}
}

// TestReadCSVErrors: what cannot be used is an error with its line and what to do.
func TestReadCSVErrors(t *testing.T) {
	const head = "params,steps,ratio\n"
	for name, test := range map[string]struct {
		text    string
		columns law.Columns
		c       law.Convention
		want    string
	}{
		"empty":          {text: "", want: "f.csv: is empty"},
		"no rows":        {text: head, want: "no rows"},
		"no ratio":       {text: "params,steps,x\n1,2,3\n", want: "line 1: no column is called as that of the ratio usually is (ratio, compression_ratio, cr, bits_per_byte, bpb, loss, rate); there are params, steps, x: name one with --ratio-column"},
		"no such column": {text: head + "1,2,3\n", columns: law.Columns{Steps: "tokens"}, want: "--steps-column tokens: no such column, there are params, steps, ratio"},
		"NaN":            {text: head + "1,2,3\n1,2,NaN\n", want: `line 3: column ratio: "NaN", want a finite number above 0`},
		"infinite":       {text: head + "1,1e999,3\n", want: `line 2: column steps: "1e999"`},
		"overflow":       {text: head + "1,1e307b,3\n", want: `line 2: column steps: "1e307b"`},
		"zero":           {text: head + "0,2,3\n", want: `line 2: column params: "0"`},
		"negative":       {text: head + "1,-2,3\n", want: `line 2: column steps: "-2"`},
		"blank":          {text: head + "1,,3\n", want: `line 2: column steps: ""`},
		"short row":      {text: head + "1,2,3\n1,2\n", want: "line 3: 2 columns, want 3"},
		"size 0":         {text: "model,step,ratio\npythia-0m,1,1\n", want: `line 2: column model: "0m", want a finite number above 0`},
		"no size":        {text: "model,step,ratio\npythia,1,1\n", want: `line 2: column model: "pythia" tells no size, or several`},
		"two sizes":      {text: "model,step,ratio\na-7b-70m,1,1\n", want: "or several"},
		"mixed":          {text: "model,step,ratio\npythia-70m,1,1\n7e7,1,1\n", want: "line 3: column model: \"7e7\" is a size as given, where those before are nominal"},
		"unknown body":   {text: "model,step,ratio\nllama-7b,1,1\n", c: law.NonEmbedding, want: `"llama-7b" is no model of the Pythia suite`},
		"no body":        {text: head + "1,2,3\n", c: law.NonEmbedding, want: "no column of parameters without embeddings"},
		"two of a name":  {text: "params,steps,ratio,steps\n1,2,3,4\n", columns: law.Columns{Steps: "steps"}, want: "two columns of that name"},
		"two steps":      {text: "params,steps,ratio,Steps\n1,2,3,4\n", want: "line 1: two columns are called steps: leave one out"},
		"an export":      {text: "cell,protocol,params,step,ratio\n1,2,3,4,5\n", want: "give the store itself"},
		"quote":          {text: head + "1,\"2,3\n", want: "f.csv: parse error on line 2"},
		"many groups":    {text: "params,steps,ratio,dataset\n" + manyGroups(), want: "line 66: more than 64 groups"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(test.text, test.columns, test.c)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "law: f.csv: ") {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}

func manyGroups() string {
	var b strings.Builder
	for i := range 70 {
		fmt.Fprintf(&b, "1,2,3,g%d\n", i)
	}
	return b.String()
}

// TestCopies: a row that stands twice is one measurement; another of the same model and step is a second one.
func TestCopies(t *testing.T) {
	d, err := read("params,steps,ratio\n1,2,3\n1,2,3\n1,2,4\n5,6,7\n", law.Columns{}, "")
	if err != nil {
		t.Fatal(err)
	}
	g := d.Groups[0]
	if len(g.Points) != 3 || len(g.Models) != 3 || len(g.Remarks) != 2 {
		t.Errorf("%d points and the remarks %q, want 3 and 2", len(g.Points), g.Remarks)
	}
}

// TestMillionRows: too many points are refused with what can be done.
func TestMillionRows(t *testing.T) {
	if testing.Short() {
		t.Skip("not under the race detector: it takes long, and nothing in it is concurrent that others have not")
	}
	text := "params,steps,ratio\n" + strings.Repeat("7e7,1000,0.2\n", 1_000_000)
	if d, err := read(text, law.Columns{}, ""); err != nil || len(d.Groups[0].Points) != 1 {
		t.Fatalf("a million copies of a row: error %v, want one point", err)
	}
	var b strings.Builder
	b.WriteString("params,steps,ratio\n")
	for i := range 1_000_000 {
		fmt.Fprintf(&b, "7e7,%d,0.2\n", i+1)
	}
	if _, err := read(b.String(), law.Columns{}, ""); err == nil || !strings.Contains(err.Error(), "line 5002: more than 5000 points of all points: average") {
		t.Errorf("a million points: error %v", err)
	}
}

// TestStandardErrors: a deviation over the root of the chunks, or what a column says.
func TestStandardErrors(t *testing.T) {
	for text, want := range map[string]float64{
		"params,steps,ratio,std,chunks\n1,2,3,0.5,100\n": 0.05,
		"params,steps,ratio,se\n1,2,3,0.25\n":            0.25,
		"params,steps,ratio,std\n1,2,3,0.5\n":            0,
	} {
		d, err := read(text, law.Columns{}, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Groups[0].Points[0].SE; math.Abs(got-want) > 1e-15 {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestPythia: the table is what the shapes of the models give.
func TestPythia(t *testing.T) {
	for _, p := range hub.PythiaSuite() {
		total, body := p.Parameters()
		for c, want := range map[law.Convention]int64{law.Total: total, law.NonEmbedding: body} {
			d, err := read(fmt.Sprintf("model,step,ratio\n%s,1,1\n", p.Repo), law.Columns{}, c)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Groups[0].Points[0].Params; got != float64(want) {
				t.Errorf("%s: %s parameters %v, want %d", p.Repo, c, got, want)
			}
		}
	}
}

// endless is a file that is one long row.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestEndless: a file without an end is refused.
func TestEndless(t *testing.T) {
	if _, err := law.ReadCSV(endless{}, "f.csv", law.Columns{}, ""); err == nil || !strings.Contains(err.Error(), "law: f.csv: line 1 has 65536 bytes or more") {
		t.Errorf("error %v", err)
	}
	if _, err := law.ReadPublished(endless{}, "f.csv"); err == nil || !strings.Contains(err.Error(), "law: f.csv: more than 1 MiB") {
		t.Errorf("coefficients: error %v", err)
	}
}

// FuzzReadCSV: what is read can be fitted, or is an error.
func FuzzReadCSV(f *testing.F) {
	f.Add("model,checkpoint,dataset,compression_ratio,compression_std,chunks_processed\npythia-70m,step1000,a,0.2,0.1,10\n")
	f.Add("\ufeffP;S;CR\n1e6;1k;0.5\n")
	f.Add("params,steps,ratio,se\n1,2,3,4\n1,2,3,4\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range append(law.Conventions(), "") {
			d, err := read(text, law.Columns{}, c)
			if err != nil {
				continue
			}
			for _, g := range d.Groups {
				for _, x := range g.Points {
					if !(x.Params > 0 && x.Steps > 0 && x.Ratio > 0 && x.SE >= 0) || math.IsInf(x.Params+x.Steps+x.Ratio+x.SE, 0) {
						t.Fatalf("%q: %+v", text, x)
					}
				}
			}
		}
	})
}

// TestReadCSVNames: a name is one line, however it is written in the file.
func TestReadCSVNames(t *testing.T) {
	d, err := read("\"model\nsize\",steps,ratio,dataset\n70m,1,0.2,\"tales\n\nall claims stand\"\n", law.Columns{Params: "model\nsize"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if d.Groups[0].Name != "tales all claims stand" || d.From != "column model size" {
		t.Errorf("group %q from %q, want names without line ends", d.Groups[0].Name, d.From)
	}
}
