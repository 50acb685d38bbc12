package lmz_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers is the map of the house, as in the Go tree's go/build/deps_test.go. A line is a room and,
// after <, the rooms and the modules of others that its code (tests aside) may import beside the
// standard library. Imports run downward only: a room imports none of its own floor and none above.
// A name that ends in /* stands for all rooms below it, and . is package lmz itself.
//
// The compressor wing stands on the standard library and golang.org/x alone; of the laboratory,
// internal/lab, it knows nothing.
const layers = `
floor 0
	internal/amx < golang.org/x

floor 1
	internal/coder      <
	internal/container  <
	internal/tokenizer  <
	internal/checkpoint <
	internal/levenshtein <
	internal/mix        <
	internal/kernels    < internal/amx golang.org/x
	internal/lab/gemm   < internal/amx golang.org/x
	internal/lab/dataset   < github.com/ulikunitz/xz github.com/klauspost/compress github.com/mewkiz/flac
	internal/lab/baseline  < github.com/andybalholm/brotli
	internal/lab/store     < modernc.org/sqlite github.com/parquet-go/parquet-go
	internal/lab/bootstrap <
	internal/lab/table     <
	internal/lab/fit       < gonum.org/v1/gonum
	internal/lab/figure    < golang.org/x
	models              <
	internal/hub/hubtest <

floor 2
	internal/hub     < internal/levenshtein golang.org/x
	internal/cumfreq < internal/kernels
	internal/model   < internal/kernels internal/checkpoint
	internal/lab/bpe < internal/tokenizer
	internal/lab/law < internal/lab/fit internal/lab/store internal/lab/table
	studies/compressors < internal/lab/table github.com/mewkiz/flac

floor 3
	internal/codec     < internal/coder internal/cumfreq internal/kernels internal/mix
	internal/lab/train < internal/model internal/kernels internal/checkpoint internal/tokenizer internal/lab/gemm

floor 4
	internal/codec/codectest < internal/codec
	internal/lm              < internal/model internal/cumfreq internal/kernels internal/tokenizer internal/checkpoint internal/hub internal/codec models

floor 5
	. < internal/container internal/codec internal/tokenizer internal/lm
	internal/lab/generate < internal/lab/dataset internal/codec internal/cumfreq internal/kernels internal/lm internal/tokenizer

floor 6
	internal/lab/measure < . internal/codec internal/kernels internal/lm internal/model internal/tokenizer internal/lab/dataset internal/lab/baseline internal/lab/store internal/lab/bootstrap
	internal/lab/bench < . internal/codec internal/container internal/lm internal/model internal/kernels internal/checkpoint internal/lab/gemm internal/lab/train
	internal/lab/surprisal < . internal/codec internal/container internal/kernels internal/lm internal/model internal/tokenizer internal/lab/dataset

floor 7
	internal/lab/study < internal/lab/measure internal/lab/table internal/lab/baseline internal/lab/dataset internal/lab/store internal/lab/bootstrap internal/hub internal/levenshtein internal/lm internal/model github.com/goccy/go-yaml github.com/pelletier/go-toml

floor 8
	internal/lab/study/queuetest < internal/lab/study internal/lab/measure internal/lab/dataset internal/lab/store
	internal/lab/cluster < . internal/container internal/hub internal/kernels internal/lm internal/model internal/lab/measure internal/lab/study internal/lab/store internal/lab/dataset github.com/nats-io/nats.go
	internal/lab/report < internal/lab/study internal/lab/store internal/lab/table internal/lab/bootstrap internal/lab/fit internal/lab/law internal/lab/figure internal/lab/surprisal internal/lab/dataset

floor 9
	internal/cli < . internal/* models github.com/spf13/cobra github.com/vbauerster/mpb golang.org/x

floor 10
	cmd/lmz < internal/cli
`

// codingPath are the rooms whose arithmetic decides the bytes of a file. The functions of package math
// named in inexact give other bits on other machines, so those rooms do without; the exceptions
// only report.
var (
	codingPath = []string{"internal/coder", "internal/mix", "internal/cumfreq", "internal/kernels", "internal/model", "internal/codec", "internal/lm", "internal/container", "internal/tokenizer", "."}
	inexact    = strings.Fields(`Acos Acosh Asin Asinh Atan Atan2 Atanh Cbrt Cos Cosh Erf Erfc Erfcinv Erfinv Exp Exp2 Expm1 FMA
		Gamma Hypot J0 J1 Jn Lgamma Log Log10 Log1p Log2 Pow Sin Sincos Sinh Tan Tanh Y0 Y1 Yn`)
	reporting = []string{"internal/cumfreq.CodeLength: math.Log2", "internal/mix.CodeLength: math.Log2"}
)

const module = "lmz"

// room is one line of layers.
type room struct {
	floor int
	may   []string
}

// house parses layers.
func house(t *testing.T) map[string]room {
	rooms := map[string]room{}
	floor := -1
	for line := range strings.Lines(layers) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if number, ok := strings.CutPrefix(line, "floor "); ok {
			n, err := strconv.Atoi(strings.TrimSpace(number))
			if err != nil || n != floor+1 {
				t.Fatalf("%q: want floor %d", line, floor+1)
			}
			floor = n
			continue
		}
		name, may, ok := strings.Cut(line, "<")
		if !ok {
			t.Fatalf("%q: want ROOM < IMPORTS", line)
		}
		rooms[strings.TrimSpace(name)] = room{floor, strings.Fields(may)}
	}
	return rooms
}

// matches reports whether an import is what a name of layers stands for.
func matches(name, imported string) bool {
	if below, ok := strings.CutSuffix(name, "*"); ok {
		return strings.HasPrefix(imported, below)
	}
	if strings.Contains(name, ".") && name != "." { // a module of others
		return imported == name || strings.HasPrefix(imported, name+"/")
	}
	return imported == name
}

// TestMap checks that the map itself says what the words above it say.
func TestMap(t *testing.T) {
	rooms := house(t)
	for name, r := range rooms {
		laboratory := strings.HasPrefix(name, "internal/lab/") || strings.HasPrefix(name, "studies/") || name == "internal/cli" || name == "cmd/lmz"
		for _, may := range r.may {
			below, known := rooms[may]
			switch {
			case known && below.floor >= r.floor:
				t.Errorf("%s on floor %d may import %s on floor %d", name, r.floor, may, below.floor)
			case laboratory || known:
			case may != "golang.org/x":
				t.Errorf("%s, in the compressor wing, may import %s", name, may)
			}
			if !laboratory && strings.HasPrefix(may, "internal/lab") {
				t.Errorf("%s, in the compressor wing, may import %s", name, may)
			}
		}
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s is on the map and not in the tree", name)
		}
	}
}

// TestLayers checks the imports of every package, whatever its build constraints, against the map.
func TestLayers(t *testing.T) {
	rooms := house(t)
	for _, name := range packages(t) {
		r, ok := rooms[name]
		if !ok {
			t.Errorf("%s is not on the map: give it a line in layers", name)
			continue
		}
		for imported, file := range imports(t, name) {
			may := slices.ContainsFunc(r.may, func(n string) bool { return matches(n, imported) })
			if below, ok := rooms[imported]; !may || ok && below.floor >= r.floor {
				t.Errorf("%s: %s imports %s, the map allows %v", file, name, imported, r.may)
			}
		}
	}
}

// TestExactArithmetic checks that the coding path calls no function that is inexact.
func TestExactArithmetic(t *testing.T) {
	found := map[string]bool{}
	for _, name := range packages(t) {
		if !slices.Contains(codingPath, name) {
			continue
		}
		for file, parsed := range parse(t, name, parser.SkipObjectResolution) {
			for _, declaration := range parsed.Decls {
				where := name
				if f, ok := declaration.(*ast.FuncDecl); ok {
					where += "." + f.Name.Name
				}
				ast.Inspect(declaration, func(n ast.Node) bool {
					selector, ok := n.(*ast.SelectorExpr)
					if !ok {
						return true
					}
					p, ok := selector.X.(*ast.Ident)
					if !ok || p.Name != "math" || !slices.Contains(inexact, selector.Sel.Name) {
						return true
					}
					use := fmt.Sprintf("%s: math.%s", where, selector.Sel.Name)
					found[use] = true
					if !slices.Contains(reporting, use) {
						t.Errorf("%s: %s differs between machines", file, use)
					}
					return true
				})
			}
		}
	}
	for _, use := range reporting {
		if !found[use] {
			t.Errorf("%s is excepted and not in the tree", use)
		}
	}
}

// packages lists the directories with Go code that is not of tests, other modules left out.
func packages(t *testing.T) []string {
	found := map[string]bool{}
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." {
			_, err := os.Stat(path.Join(file, "go.mod"))
			if base := d.Name(); err == nil || base == "testdata" || base[0] == '.' || base[0] == '_' {
				return fs.SkipDir
			}
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			found[path.Dir(file)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found))
}

// parse parses the files of a package that are not tests.
func parse(t *testing.T, dir string, mode parser.Mode) map[string]*ast.File {
	files := map[string]*ast.File{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		name := path.Join(dir, e.Name())
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = parsed
	}
	return files
}

// imports maps what a package imports beyond the standard library, rooms by their directory, to a
// file that does.
func imports(t *testing.T, dir string) map[string]string {
	found := map[string]string{}
	for file, parsed := range parse(t, dir, parser.ImportsOnly) {
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, rest, _ := strings.Cut(name, "/")
			switch {
			case name == module:
				found["."] = file
			case first == module:
				found[rest] = file
			case strings.Contains(first, "."):
				found[name] = file
			}
		}
	}
	return found
}
